import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { isRunning } from "../../../components/host/lock.js";
import { delays, lastLine, pipeTools, runTool, ToolNotFound } from "../../../components/host/run-tool.ts";
import { run } from "../../../toolchain/run.ts";
import { assertFault } from "../../helpers/faults.ts";

/** Seconds, for a tool that should end by itself. */
const seconds = 60;
const shell = (script: string, options = {}) => runTool("sh", ["-c", script], { seconds, ...options });

// Milliseconds. A tool that ignores SIGTERM does so for as long as it is let.
delays.kill = 1_500;

/** For one test that runs alone. */
function closePipesAfter(t: ExecutionContext, milliseconds: number): void {
  const { pipes } = delays;
  delays.pipes = milliseconds;
  t.teardown(() => {
    delays.pipes = pipes;
  });
}

/** How many seconds something takes. */
async function timed<T>(work: Promise<T>): Promise<{ result: T; seconds: number }> {
  const begun = performance.now();
  const result = await work;
  return { result, seconds: (performance.now() - begun) / 1000 };
}

test("a tool's exit code and all that it prints are returned as they are", async (t) => {
  const result = await shell("printf 'a\\nb\\n\\n'; printf c >&2; exit 3");
  t.deepEqual(result, { code: 3, stdout: "a\nb\n\n", stderr: "c", timedOut: false, interrupted: false });
});

test("arguments reach a tool as they are, whatever a shell would make of them", async (t) => {
  const odd = ["a b", "$HOME", "`id`", "*", "", "'\"\\"];
  const { stdout } = await runTool("printf", ["%s\\n", ...odd], { seconds });
  t.deepEqual(stdout.split("\n").slice(0, -1), odd);
});

test("a tool reads its input, and may end before it has read it", async (t) => {
  const long = "x".repeat(1_000_000);
  t.is((await runTool("cat", [], { input: long, seconds })).stdout, long);
  t.is((await shell("exit 4", { input: long, seconds })).code, 4);
});

test("a tool has the environment and the folder that it is given", async (t) => {
  const { stdout } = await shell("echo $GIVEN$HOME; pwd", { env: { PATH: process.env.PATH, GIVEN: "x" }, cwd: "/" });
  t.is(stdout, "x\n/\n");
});

test("each line of stdout and stderr is reported as it arrives", async (t) => {
  const heard: string[] = [];
  await shell("echo one; echo two >&2; printf three", { onLine: (line: string) => heard.push(line) });
  t.deepEqual(heard.sort(), ["one", "three", "two"]);
});

test("a missing tool is reported, with the way to install it", async (t) => {
  const missing = await t.throwsAsync(runTool("no-such-tool", [], { seconds }), { instanceOf: ToolNotFound });
  assertFault(t, "tool-missing", missing.message);
  const docker = await t.throwsAsync(runTool("docker", [], { seconds, env: { PATH: "/nowhere" } }));
  assertFault(t, "docker-missing", docker.message);
});

test("a tool that has ended does not wait for a child that holds its pipes", async (t) => {
  const { result, seconds } = await timed(shell("sleep 50 & echo done"));
  t.deepEqual(result, { code: 0, stdout: "done\n", stderr: "", timedOut: false, interrupted: false });
  t.true(seconds < 25, `${seconds} s`);
});

test("a tool whose time was up says so in its last line, and has failed even if it ends well then", async (t) => {
  const { result } = await timed(shell("trap 'exit 0' TERM; echo begun >&2; sleep 60 & wait", { seconds: 2 }));
  t.like(result, { code: -1, timedOut: true });
  t.is(result.stderr, "begun\n\nsh was not done after 2 s, so it was ended\n");
});

test.serial("a deadline that passes while only such a child runs does not count for the tool", async (t) => {
  // The tool has time to start on a busy machine, and the deadline passes before the pipes are closed.
  closePipesAfter(t, 3_000);
  const { result } = await timed(shell("sleep 50 & echo done; exit 3", { seconds: 2 }));
  t.false(result.timedOut);
  t.is(result.code, 3);
  t.is(result.stdout, "done\n");
});

test("a long output is complete even if a child holds the pipe", async (t) => {
  const { stdout } = await shell("sleep 50 & head -c 3000000 /dev/zero | tr '\\0' x");
  t.is(stdout.length, 3_000_000);
});

test("a tool that is not done in time is ended", async (t) => {
  const { result, seconds } = await timed(shell("echo begun; exec sleep 60", { seconds: 2 }));
  t.true(result.timedOut);
  t.is(result.code, -1);
  t.is(result.stdout, "begun\n");
  t.true(seconds < 40, `${seconds} s`);
});

test("a tool that ignores SIGTERM is ended all the same", async (t) => {
  const stubborn = "trap '' TERM; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1; done";
  const { result, seconds } = await timed(shell(stubborn, { seconds: 0.5 }));
  t.true(result.timedOut);
  t.is(result.code, -1);
  t.true(seconds < 12, `${seconds} s`);
});

for (const forever of [Number.POSITIVE_INFINITY, 1e9]) {
  test(`a tool that may take ${forever} s is not ended by a timer that can't count so far`, async (t) => {
    const { code, timedOut } = await shell("sleep 0.3", { seconds: forever });
    t.is(code, 0);
    t.false(timedOut);
  });
}

test("a tool that prints endlessly is stopped and reported (tool-endless)", async (t) => {
  const { message } = await t.throwsAsync(runTool("yes", ["x".repeat(10_000)], { seconds }));
  assertFault(t, "tool-endless", message);
});

/** A process that runs a tool with our runner, and reports the result. */
function runner(t: { teardown(work: () => void): void }, options: object) {
  const code = `
    const { runTool } = await import("./components/host/run-tool.ts");
    // The pid, once the signal is provided for.
    const script = "trap 'sleep 0.3; echo in order; exit 5' TERM; echo $$; while :; do sleep 0.1; done";
    const { code, interrupted } = await runTool("sh", ["-c", script], { seconds: ${seconds}, stdout: "shown", ...${JSON.stringify(options)} });
    console.log(code, interrupted);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    printed += chunk;
  });
  return { child, begun: once(child.stdout, "data"), printed: () => printed };
}

test("a tool ends with the process that runs it", async (t) => {
  const { child, begun } = runner(t, {});
  const [pid] = await begun;
  await sleep(300);
  child.kill("SIGTERM");
  await once(child, "exit");
  for (let i = 0; i < 50 && isRunning(Number(pid)); i++) await sleep(100);
  t.false(isRunning(Number(pid)));
});

test("a tool that may finish in its own way gets the signal and is waited for", async (t) => {
  const { child, begun, printed } = runner(t, { letFinish: true });
  await begun;
  child.kill("SIGTERM");
  await once(child, "close");
  t.deepEqual(printed().split("\n").slice(1), ["in order", "5 true", ""]);
});

test("a failed program is reported with its command and the last lines of its output", async (t) => {
  const script = "for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; exit 3";
  const { message } = await t.throwsAsync(run("sh", ["-c", script]));
  assertFault(t, "tool-failed", message);
  t.true(message.startsWith(`\`sh -c ${script}\` ended with exit code 3.`), message);
  t.regex(message, /:\nline 3\nline 4\nline 5\nline 6\nline 7 \[/);
  t.is((await run("sh", ["-c", "exit 3"], { allowFailure: true })).code, 3);
});

test("a missing program counts as exit code 127", async (t) => {
  t.is((await run("no-such-tool", [], { allowFailure: true })).code, 127);
  const { message } = await t.throwsAsync(run("no-such-tool", ["x"]));
  t.regex(message, /^`no-such-tool x` ended with exit code 127\..*:\nspawn no-such-tool ENOENT \[/);
});

test("the last line that says something is found", (t) => {
  t.is(lastLine("one\n two \n\n"), "two");
  t.is(lastLine(""), "");
});

// These keep a processor busy, so they don't run beside tests that have a deadline.

const bytes = 20_000_000;

test.serial("what one tool prints another one reads, whole", async (t) => {
  const [from, to] = await pipeTools(["head", "-c", String(bytes), "/dev/zero"], ["sh", "-c", "wc -c >&2"], 60);
  t.deepEqual([from.code, to.code], [0, 0]);
  t.is(Number(to.stderr), bytes);
});

test.serial("each of two tools in a pipe reports how it ended", async (t) => {
  const failed = await pipeTools(["sh", "-c", "printf x; echo no >&2; exit 3"], ["cat"], 60);
  t.deepEqual(failed, [
    { code: 3, stderr: "no\n" },
    { code: 0, stderr: "" },
  ]);
  const [from, to] = await pipeTools(["yes"], ["sh", "-c", "echo full >&2; exit 4"], 60);
  t.deepEqual(to, { code: 4, stderr: "full\n" });
  t.not(from.code, 0);
});

test.serial("a pipe whose reader does not read is ended", async (t) => {
  const { result, seconds } = await timed(pipeTools(["yes"], ["sleep", "60"], 1));
  t.true(seconds < 30);
  t.regex(result[1].stderr, /not done after 1 s/);
});

test.serial("what a tool in a pipe leaves running, with the pipe in its hands, is not waited for", async (t) => {
  closePipesAfter(t, 300);
  const leaves = (script: string): [string, ...string[]] => ["sh", "-c", `sleep 40 & ${script}`];
  const { result, seconds } = await timed(pipeTools(leaves("echo all"), leaves("cat >/dev/null; echo read >&2"), 60));
  t.deepEqual(
    result.map(({ code }) => code),
    [0, 0],
  );
  t.is(result[1].stderr, "read\n");
  t.true(seconds < 30, `${seconds} s`);
});

test.serial("nothing of a tool's output is lost to a reader that takes its time", async (t) => {
  closePipesAfter(t, 100);
  const slow = `for i in 1 2 3; do head -c 50000 >/dev/null; sleep 0.4; done; wc -c >&2`;
  const [from, to] = await pipeTools(["head", "-c", "400000", "/dev/zero"], ["sh", "-c", slow], 60);
  t.deepEqual([from.code, to.code], [0, 0]);
  t.is(Number(to.stderr), 250_000);
});

test.serial("a missing tool in a pipe is reported", async (t) => {
  await t.throwsAsync(pipeTools(["no-such-tool"], ["cat"], 60), { instanceOf: ToolNotFound, message: /no-such-tool/ });
  await t.throwsAsync(pipeTools(["echo"], ["no-such-tool"], 60), { instanceOf: ToolNotFound });
});

test.serial("a tool reads a file that it need not see, and writes one", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [from, to] = [join(folder, "from"), join(folder, "to")];
  writeFileSync(from, "x".repeat(10_000_000));
  const { code, stdout } = await runTool("cat", [], { seconds, inputFile: from, outputFile: to });
  t.deepEqual([code, stdout], [0, ""]);
  t.is(readFileSync(to, "utf8"), readFileSync(from, "utf8"));
});
