// All programs by the names in states. A name that was ever used stays.
import type { Program } from "./program.ts";

/** Imported only when named, because the collector's libraries take long to load. */
export const programs: Record<string, () => Promise<Program>> = {
  "draw-identity": async () => (await import("../cluster/embedded/identity-program.ts")).drawIdentity,
  "create-cluster": async () => (await import("../cluster/embedded/cluster-programs.ts")).createCluster,
  "update-cluster": async () => (await import("../cluster/embedded/cluster-programs.ts")).updateCluster,
  "delete-cluster": async () => (await import("../cluster/embedded/cluster-programs.ts")).deleteCluster,
  "load-image": async () => (await import("../cluster/embedded/image-program.ts")).loadImage,
  "measure-baseline": async () => (await import("../measurement/baseline/program.ts")).measureBaseline,
  "collect-results": async () => (await import("../measurement/collector/program.ts")).collectResults,
};
