// Runs one of our scripts on a machine that has nothing but some Node.js: installs what the lock file names,
// then hands over to the Node that came with it. Plain JavaScript, since an older Node can't run the rest.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(project, "node_modules");
const stamp = join(modules, ".pi-speedup-installed");
const lock = join(project, ".pi-speedup", "install.lock");

/** @param {string} sentence @returns {never} */
function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

function install() {
  const wanted = createHash("sha256")
    .update(readFileSync(join(project, "package-lock.json")))
    .digest("hex");
  const installed = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (installed()) return;
  takeLock();
  try {
    if (installed()) return;
    console.error("Installing the packages that package-lock.json names …");
    const begun = Date.now();
    const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: project,
      encoding: "utf8",
    });
    if (npm.error)
      fail(`npm can't be run (${npm.error.message}): install Node.js 20 or newer with npm and run this again.`);
    if (npm.status !== 0)
      fail(
        `npm ci failed with exit code ${npm.status}; mend the cause and run this again:\n${npm.stderr.trim().split("\n").slice(-8).join("\n")}`,
      );
    writeFileSync(stamp, wanted);
    console.error(`  done in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Two at once would spoil each other's node_modules; a lock whose holder is dead counts for nothing. */
function takeLock() {
  mkdirSync(dirname(lock), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const holder = Number(existsSync(lock) ? readFileSync(lock, "utf8") : 0);
    if (holder > 0 && !isRunning(holder)) rmSync(lock, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 20)
  fail(`Node.js ${process.versions.node} was found, 20 or newer is needed: install it and run this again.`);
const [script, ...args] = process.argv.slice(2);
if (script === undefined) fail("Usage: node toolchain/bootstrap.js SCRIPT [ARGUMENT …]");

install();
const caches =
  process.env.PI_SPEEDUP_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pi-speedup");
const child = spawn(join(modules, "node", "bin", "node"), [join(project, script), ...args], {
  cwd: project,
  stdio: "inherit",
  env: {
    ...process.env,
    PATH: [join(modules, ".bin"), process.env.PATH].join(delimiter),
    // Compiled code is kept: Pulumi starts several programs of ours, and each loads large libraries.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE || join(caches, "node"),
  },
});
// The terminal sends Ctrl-C to the child as well; what only we receive is passed on, and the child's end is ours.
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => {
    if (signal !== "SIGINT") child.kill(signal);
  });
}
child.once("error", (error) =>
  fail(`The packaged Node can't be run (${error.message}): remove node_modules and run this again.`),
);
child.once("exit", (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 130;
});
