// Runs one of our scripts on a machine that has nothing but some version of Node.js. It installs the packages in the
// lock file, then continues with the Node.js among them. Plain JavaScript, because an older Node.js can't run the rest.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { withId } from "../analysis/fault-ids.js";
import { printableMessage } from "../analysis/printable.js";
import { compileCacheFolder } from "../components/host/compile-cache.js";
import { withLock } from "../components/host/lock.js";
import { makePrivateFolder, refuseWritable } from "../components/host/private-folder.js";
import { environmentFor } from "./environment.js";
import { nodePackageFor, thisMachine } from "./node-package.js";
import { exceptThisMachine } from "./proxy.js";

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(project, "node_modules");
const stamp = join(modules, ".pi-speedup-installed");
const lock = join(project, ".pi-speedup", "locks", "install");

/** @param {import("../analysis/fault-ids.js").FaultId} id @param {string} text @returns {never} */
function fail(id, text) {
  return end(withId(id, text));
}

/** @param {string} message @returns {never} */
function end(message) {
  console.error(printableMessage(message));
  process.exit(1);
}

/** Installs the packages in the lock file unless they are present, one process at a time. */
/** @param {string} nodePackage the one with this machine's Node.js, because two machines may share a checkout */
async function install(nodePackage) {
  const lockFile = createHash("sha256")
    .update(readFileSync(join(project, "package-lock.json")))
    .digest("hex");
  const wanted = `${lockFile} ${nodePackage}`;
  const installed = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (installed()) return;
  /** @type {import("../components/host/lock.js").AnnounceWait} */
  const announceWait = (holder, sentence = `Waiting for process ${holder}, which is installing the packages …`) =>
    console.error(printableMessage(sentence));
  await withLock(lock, announceWait, async (heldBy) => {
    if (installed()) return;
    console.error("Installing the packages that package-lock.json names …");
    const begun = performance.now();
    await npmCi(heldBy);
    packagedNode(nodePackage);
    writeFileSync(`${stamp}.part`, wanted);
    renameSync(`${stamp}.part`, stamp);
    console.error(`  done in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  });
}

/**
 * None of our packages needs an install script. And the user's npm settings must not leave anything out, or reject a
 * Node.js that we are about to replace.
 */
const npmArguments = [
  "ci",
  "--ignore-scripts",
  "--include=dev",
  "--include=optional",
  "--bin-links=true",
  "--package-lock=true",
  "--engine-strict=false",
  "--no-audit",
  "--no-fund",
  "--loglevel=error",
];

/** @param {(pid: number) => Promise<void>} heldBy keeps the lock while npm runs, even if this process is killed */
async function npmCi(heldBy) {
  const npm = spawn("npm", npmArguments, {
    cwd: project,
    stdio: ["ignore", "ignore", "pipe"],
    env: environmentFor("npm"),
  });
  // Before the first pause: the end of an npm that fails at once would be missed, and this script would end as if all were well.
  const closed = new Promise((resolve, reject) => {
    npm.once("error", reject);
    npm.once("close", resolve);
  });
  const ended = Promise.all([closed, endOf(npm.stderr)]).catch((error) =>
    fail(
      "npm-missing",
      `npm could not be started (${error.message}). Install Node.js 20 or newer with npm, and run this again.`,
    ),
  );
  const stop = () => npm.kill();
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.once(signal, stop);
  if (npm.pid !== undefined) {
    await heldBy(npm.pid).catch((error) => {
      stop();
      throw error;
    });
  }
  const [code, stderr] = await ended;
  if (code === 0) return;
  const last = stderr.trim().split("\n").slice(-8).join("\n");
  fail(
    "npm-failed",
    `npm could not install the packages in package-lock.json (\`npm ci\` ended with exit code ${code}). Fix what it says, and run this again. Its last words were:\n${last}`,
  );
}

/** Number of characters to keep from the end of npm's output. */
const mostWords = 64_000;

/** @param {NodeJS.ReadableStream} stream @returns {Promise<string>} */
async function endOf(stream) {
  let end = "";
  for await (const chunk of stream.setEncoding("utf8")) end = (end + chunk).slice(-mostWords);
  return end;
}

/** @param {string} name of the package that contains it @returns {string} the Node.js among the packages */
function packagedNode(name) {
  try {
    const manifest = createRequire(join(project, "package.json")).resolve(`${name}/package.json`);
    const node = join(dirname(manifest), "bin", "node");
    accessSync(node, constants.X_OK);
    return node;
  } catch {
    return fail(
      "node-package-missing",
      `The package ${name}, which holds the Node.js that pi-speedup runs on, is not in ${modules}. Remove that folder, check that npm is not told to leave packages out (\`npm config list\`), and run this again.`,
    );
  }
}

const [script, ...args] = process.argv.slice(2);
if (script === undefined) end("Usage: node toolchain/start.cjs SCRIPT [ARGUMENT …]");

const found = nodePackageFor(thisMachine());
if ("refusal" in found) fail(found.refusal.id, found.refusal.text);
/**
 * Prepares the folders that programs and compiled code are run from.
 * @returns {Promise<string | undefined>} where compiled code is kept; nothing if no folder can be created for it
 */
async function prepareFolders() {
  await refuseWritable(project);
  if (existsSync(modules)) await refuseWritable(modules);
  await makePrivateFolder(join(project, ".pi-speedup"));
  return compileCacheFolder();
}

const compileCache = await prepareFolders()
  .then(async (folder) => {
    await install(found.name);
    await refuseWritable(modules);
    return folder;
  })
  .catch((error) => end(error instanceof Error ? error.message : String(error)));
const node = packagedNode(found.name);
const child = spawn(node, [join(project, script), ...args], {
  cwd: project,
  stdio: "inherit",
  env: {
    ...exceptThisMachine(process.env),
    // By its folder, because npm 10 does not link it next to the other packages' programs.
    PATH: [dirname(node), join(modules, ".bin"), process.env.PATH].join(delimiter),
    // Compiled code is kept, because Pulumi starts several of our programs, and each loads large libraries.
    NODE_COMPILE_CACHE: compileCache,
  },
});
// The terminal also sends Ctrl-C to the child. Signals that only we receive are forwarded, and we end when the child
// ends.
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => {
    if (signal !== "SIGINT") child.kill(signal);
  });
}
child.once("error", (error) =>
  fail(
    "node-unusable",
    `The packaged Node.js cannot be run (${node}: ${error.message}). Remove ${modules} and run this again.`,
  ),
);
child.once("exit", (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 130;
});
