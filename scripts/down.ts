// Removes everything that `up` created, and lists what stays.
import { existsSync } from "node:fs";
import { printLine } from "../components/program/print-line.ts";
import { cacheFolder } from "../toolchain/cache.ts";
import { ensureDocker, ownDaemon } from "../toolchain/docker.ts";
import { imagesLeft } from "../toolchain/offline/images.ts";
import { removeLeftovers } from "./stack/leftovers.ts";
import { historyFile, reportFolder } from "./stack/publish-results.ts";
import { runScript } from "./stack/run-script.ts";
import { openStack } from "./stack/stack.ts";

await runScript(async (temporaryFolder) => {
  const stack = await openStack(temporaryFolder);
  // A cluster can't be removed while Docker is stopped.
  const { cluster, identity } = await stack.recorded();
  const embedded = cluster !== undefined;
  if (embedded) await ensureDocker();
  await stack.pulumi.show(["destroy"], "--yes", "--skip-preview", ...stack.pulumiArgs);
  await stack.pulumi.show(["stack", "rm"], "--yes", "--preserve-config");
  await removeLeftovers(stack.name, identity, embedded || stack.requirements.cluster === "embedded");
  const images = embedded ? await imagesLeft() : [];
  const daemon = ownDaemon();
  printLine(
    [
      `Nothing of the stack "${stack.name}" is left on this machine. Kept for the next time: the tools in ${cacheFolder()}.`,
      ...(existsSync(historyFile)
        ? [
            `Kept as well: earlier runs in ${historyFile} (\`npm run history\`), and the last reports in ${reportFolder}.`,
          ]
        : []),
      ...(images.length === 0
        ? []
        : [`Kept in Docker: ${images.join(", ")}; \`docker image rm NAME\` removes what nobody else needs.`]),
      ...(daemon === undefined
        ? []
        : [`The Docker daemon that was started for it runs on; \`kill ${daemon}\` ends it.`]),
    ].join("\n"),
  );
});
