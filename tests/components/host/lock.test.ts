import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { Failure } from "../../../analysis/failure.js";
import { isHeld, isRunning, withLock } from "../../../components/host/lock.js";
import { runTool } from "../../../components/host/run-tool.ts";
import { assertFault } from "../../helpers/faults.ts";
import { thorough } from "../../helpers/thorough.ts";

const module = fileURLToPath(new URL("../../../components/host/lock.js", import.meta.url));
const contender = fileURLToPath(new URL("../../fixtures/lock-contender.js", import.meta.url));

function lockIn(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return join(folder, "locks", "x");
}

/** The text of a lock as a process of this machine would have written it. */
async function textOfLock(lock: string, change: Record<string, unknown> = {}): Promise<string> {
  const text = await withLock(
    lock,
    () => {},
    async () => readFileSync(lock, "utf8"),
  );
  return JSON.stringify({ ...JSON.parse(text), ...change });
}

/** Takes the lock, and fails rather than waits. */
async function takeAtOnce(t: ExecutionContext, lock: string): Promise<void> {
  let waited = false;
  const taken = await Promise.race([
    withLock(
      lock,
      () => (waited = true),
      async () => true,
    ),
    // The test does not wait for its end.
    sleep(30_000, false, { ref: false }),
  ]);
  t.true(taken === true && !waited);
  t.deepEqual(readdirSync(join(lock, "..")), []);
}

/** Number of a process that has ended. */
const ended = spawnSync("true").pid;

function contend(t: ExecutionContext, lock: string): ChildProcess {
  const child = fork(contender, [module, lock, `${lock}-marker`]);
  t.teardown(() => child.kill("SIGKILL"));
  return child;
}

/** Whether a contender was alone. One that ends with its own error has no more to report. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const failed = new AbortController();
  const onExit = (code: number | null) => failed.abort(new Error(`A contender ended with exit code ${code}.`));
  child.once("exit", onExit);
  const [alone] = await once(child, "message", { signal: failed.signal });
  child.off("exit", onExit);
  return alone;
}

test("of several processes that find a stale lock, never two hold it, however often they try", async (t) => {
  const lock = lockIn(t);
  const stale = await textOfLock(lock, { pid: ended });
  const children = Array.from({ length: 4 }, () => contend(t, lock));
  for (let round = 0; round < (thorough ? 300 : 20); round++) {
    writeFileSync(lock, stale.replace(/"nonce":"[^"]*"/, `"nonce":"${round}"`));
    const answers = children.map(answerOf);
    for (const child of children) child.send("take");
    for (const alone of await Promise.all(answers)) t.true(alone, `round ${round}`);
  }
  t.deepEqual(readdirSync(join(lock, "..")), []);
});

test("a process that is killed while it holds the lock is followed by another", async (t) => {
  const lock = lockIn(t);
  const [first, second] = [contend(t, lock), contend(t, lock)];
  first.send("hang");
  await once(first, "message");
  const answer = once(second, "message");
  second.send("take");
  first.kill("SIGKILL");
  const [alone] = await answer;
  t.true(alone);
});

test("a waiting process is told once whom it waits for", async (t) => {
  const lock = lockIn(t);
  const told: number[] = [];
  const held = Promise.withResolvers<void>();
  const first = withLock(
    lock,
    () => {},
    async () => {
      held.resolve();
      await sleep(400);
    },
  );
  await held.promise;
  await withLock(
    lock,
    (holder) => told.push(holder),
    async () => {},
  );
  await first;
  t.deepEqual(told, [process.pid]);
});

test("a lock is released if its work fails", async (t) => {
  const lock = lockIn(t);
  await t.throwsAsync(
    withLock(
      lock,
      () => {},
      async () => {
        throw new Error("no");
      },
    ),
    { message: "no" },
  );
  await takeAtOnce(t, lock);
});

const abandoned: [what: string, change: Record<string, unknown>][] = [
  ["whose process has ended", { pid: ended }],
  ["whose process number some other process has by now", { started: "1" }],
  ["of this machine before it was started again", { boot: "another" }],
  ["without a process number", { pid: 0 }],
  ["with a process number that is text", { pid: "1" }],
];
for (const [what, change] of abandoned) {
  test(`a lock ${what} is taken over at once`, async (t) => {
    const lock = lockIn(t);
    writeFileSync(lock, await textOfLock(lock, change));
    await takeAtOnce(t, lock);
  });
}

const damaged: [what: string, make: (lock: string) => void][] = [
  ["empty", (lock) => writeFileSync(lock, "")],
  ["a number", (lock) => writeFileSync(lock, "1")],
  ["our own number", (lock) => writeFileSync(lock, String(process.pid))],
  ["four NUL bytes", (lock) => writeFileSync(lock, "\0\0\0\0")],
  ["cut off", (lock) => writeFileSync(lock, '{"pid":1,"star')],
  ["null", (lock) => writeFileSync(lock, "null")],
  ["of a megabyte", (lock) => writeFileSync(lock, "x".repeat(1e6))],
  ["a folder", (lock) => mkdirSync(lock)],
  ["a link to nowhere", (lock) => symlinkSync("/nowhere", lock)],
  ["a link to a device that never ends", (lock) => symlinkSync("/dev/zero", lock)],
];
for (const [what, make] of damaged) {
  test(`a lock that is ${what} is taken over at once`, async (t) => {
    const lock = lockIn(t);
    mkdirSync(join(lock, ".."));
    make(lock);
    await takeAtOnce(t, lock);
  });
}

test("the next holder of a lock removes what killed processes left beside it", async (t) => {
  const lock = lockIn(t);
  const left = await textOfLock(lock, { pid: ended });
  writeFileSync(`${lock}.0123456789abcdef`, left);
  writeFileSync(`${lock}.another`, "");
  await takeAtOnce(t, lock);
});

test("a lock of another container is respected until its holder is known to be dead", async (t) => {
  const lock = lockIn(t);
  writeFileSync(lock, await textOfLock(lock, { namespace: "pid:[1]", pid: 4_000_000 }));
  let waited = 0;
  const taken = await Promise.race([
    withLock(
      lock,
      () => waited++,
      async () => true,
    ),
    new Promise((resolve) => setTimeout(resolve, 3000, false)),
  ]);
  t.false(taken);
  t.is(waited, 1);
  rmSync(lock);
});

test("the folder of locks is made private to the user", async (t) => {
  const lock = lockIn(t);
  const folder = join(lock, "..");
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  await takeAtOnce(t, lock);
  t.is(statSync(folder).mode & 0o777, 0o700);
});

test("a link in place of the folder of locks is refused, and says how to go on", async (t) => {
  const lock = lockIn(t);
  symlinkSync(tmpdir(), join(lock, ".."));
  const error = await t.throwsAsync(
    withLock(
      lock,
      () => {},
      async () => {},
    ),
    { instanceOf: Failure },
  );
  assertFault(t, "folder-unsafe", error.message);
});

test("a process runs until it has ended, collected by its parent or not", async (t) => {
  t.true(isRunning(process.pid));
  t.false(isRunning(ended));
  const { stdout } = spawnSync(
    "sh",
    ["-c", "sh -c 'exit 0' & pid=$!; sleep 0.3; echo $pid; cat /proc/$pid/stat 2>/dev/null"],
    {
      encoding: "utf8",
    },
  );
  const [pid, status = ""] = stdout.split("\n");
  t.false(isRunning(Number(pid)), status);
});

test("nobody else can read a lock", async (t) => {
  const lock = lockIn(t);
  await withLock(
    lock,
    () => {},
    async () => t.is(statSync(lock).mode & 0o777, 0o600),
  );
});

test("after a long wait, the user is told once which file to remove (lock-held-long)", async (t) => {
  const lock = lockIn(t);
  const held = Promise.withResolvers<void>();
  const explained = Promise.withResolvers<void>();
  const first = withLock(
    lock,
    () => {},
    async () => {
      held.resolve();
      await explained.promise;
      await sleep(300);
    },
  );
  await held.promise;
  const told: (string | undefined)[] = [];
  await withLock(
    lock,
    (_, sentence) => {
      told.push(sentence);
      if (sentence !== undefined) explained.resolve();
    },
    async () => {},
    { explain: 100 },
  );
  await first;
  t.is(told.length, 2);
  t.is(told[0], undefined);
  assertFault(t, "lock-held-long", told[1] ?? "");
  t.true(told[1]?.includes(`"${lock}"`), told[1]);
});

const strangers: [what: string, where: string, change: Record<string, unknown>][] = [
  ["another container", "process 4000000 in another container", { namespace: "pid:[1]" }],
  ["another machine", "process 4000000 on elsewhere", { boot: "another", host: "elsewhere 0123" }],
];
for (const [what, where, change] of strangers) {
  test(`a lock of ${what} is told as one, and counts for nothing once its holder is silent`, async (t) => {
    const lock = lockIn(t);
    writeFileSync(lock, await textOfLock(lock, { pid: 4_000_000, ...change }));
    const told: (string | undefined)[] = [];
    await withLock(
      lock,
      (_, sentence) => told.push(sentence),
      async () => {},
      { explain: 100, silence: 3000 },
    );
    t.true(told[1]?.includes(where), told[1]);
  });

  test(`a lock of ${what} whose holder shows that it lives is waited for`, async (t) => {
    const lock = lockIn(t);
    writeFileSync(lock, await textOfLock(lock, { pid: 4_000_000, ...change }));
    const alive = setInterval(() => utimesSync(lock, new Date(), new Date()), 50);
    const taken = await Promise.race([
      withLock(
        lock,
        () => {},
        async () => true,
        { silence: 2000 },
      ),
      sleep(5000, false),
    ]);
    t.false(taken);
    clearInterval(alive);
    rmSync(lock);
  });
}

test("a holder touches its lock, so that other containers see that it is alive", async (t) => {
  const lock = lockIn(t);
  await withLock(
    lock,
    () => {},
    async () => {
      const before = statSync(lock).mtimeMs;
      while (statSync(lock).mtimeMs === before) await sleep(20);
      t.pass();
    },
    { touch: 50 },
  );
});

test("a machine whose clock is an hour off does not lose its lock", async (t) => {
  const lock = lockIn(t);
  writeFileSync(lock, await textOfLock(lock, { boot: "another", host: "elsewhere 0123" }));
  const hourAgo = new Date(Date.now() - 3_600_000);
  utimesSync(lock, hourAgo, hourAgo);
  t.true(await isHeld(lock));
  const dayAgo = new Date(Date.now() - 25 * 3_600_000);
  utimesSync(lock, dayAgo, dayAgo);
  t.false(await isHeld(lock));
});

/** The result of taking a lock by a process that can make files, and write nothing into them. */
async function takeWithoutSpace(lock: string): Promise<string> {
  const code = `const { withLock } = await import(${JSON.stringify(module)});
    await withLock(${JSON.stringify(lock)}, () => {}, async () => {}).catch((error) => console.log(error.message));`;
  const shell = ["-c", 'ulimit -f 0; exec "$0" --input-type=module --eval "$1"', process.execPath, code];
  return (await runTool("sh", shell, { seconds: 600 })).stdout;
}

test("a lock that can't be written is reported, and nothing of it is left (lock-unwritable)", async (t) => {
  const lock = lockIn(t);
  // As on a full disk: the file is made, and what is to be in it is refused.
  assertFault(t, "lock-unwritable", await takeWithoutSpace(lock));
  t.deepEqual(readdirSync(join(lock, "..")), []);
  await takeAtOnce(t, lock);
});

/** Whether we may mount: root may not in every container. */
function mountSmall(folder: string): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", "size=16k", "none", folder]).status === 0;
}

test("a full disk is reported, and the lock can be taken once there is space", async (t) => {
  const lock = lockIn(t);
  const disk = join(lock, "..", "..");
  if (!mountSmall(disk)) {
    t.pass("needs the right to mount");
    return;
  }
  t.teardown(() => spawnSync("umount", [disk]));
  mkdirSync(join(lock, ".."));
  spawnSync("sh", ["-c", `cat /dev/zero > ${join(disk, "full")}`]);
  const error = await t.throwsAsync(
    withLock(
      lock,
      () => {},
      async () => {},
    ),
  );
  assertFault(t, "lock-unwritable", error.message);
  rmSync(join(disk, "full"));
  await takeAtOnce(t, lock);
  spawnSync("umount", [disk]);
});

/** The result of taking a lock as a user who is not root. */
async function takeAsNobody(folder: string, lock: string): Promise<string> {
  const code = `const { withLock } = await import(${JSON.stringify(module)});
    await withLock(${JSON.stringify(lock)}, () => {}, async () => {}).catch((error) => console.log(error.message));`;
  const options = { uid: 65_534, gid: 65_534, cwd: folder, encoding: "utf8" } as const;
  return spawnSync(process.execPath, ["--input-type=module", "--eval", code], options).stdout;
}

(process.getuid?.() === 0 ? test : test.skip)("a lock of another user is told (lock-foreign)", async (t) => {
  const lock = lockIn(t);
  const locks = join(lock, "..");
  mkdirSync(locks);
  writeFileSync(lock, "", { mode: 0o600 });
  chmodSync(join(locks, ".."), 0o755);
  chownSync(locks, 65_534, 65_534);
  assertFault(t, "lock-foreign", await takeAsNobody(locks, lock));
});
