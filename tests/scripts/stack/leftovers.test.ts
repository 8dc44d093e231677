import { spawnSync } from "node:child_process";
import test, { type ExecutionContext } from "ava";
import { fakePrograms } from "../../helpers/fake-programs.ts";
import { assertFault } from "../../helpers/faults.ts";

/** Runs a line of code that uses scripts/stack/leftovers.ts, in a world where Docker prints `ps`. */
function withContainers(t: ExecutionContext, ps: string, line: string) {
  const { env, calls } = fakePrograms(t, { docker: [[/^ps/, { stdout: ps }]] });
  const code = `const leftovers = await import("./scripts/stack/leftovers.ts"); ${line}`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    env,
    encoding: "utf8",
  });
  t.is(status, 0, stderr);
  return { stderr, calls: calls() };
}
const container = (name: string, folder: string, stack = "dev") =>
  JSON.stringify({ id: name, name, folder, stack, state: "running" });

test("a cluster whose folder is gone is named, with the command that removes it (folder-gone)", (t) => {
  const ps = [container("k3d-pi-speedup-1-server-0", "/gone"), container("k3d-pi-speedup-2-server-0", process.cwd())];
  const { stderr } = withContainers(t, ps.join("\n"), "await leftovers.warnAboutOrphans();");
  assertFault(t, "folder-gone", stderr);
  t.is(stderr.trim().split("\n").length, 1);
});

test("of the containers only those of this folder and stack are a stack's", (t) => {
  const here = process.cwd();
  const ps = [container("a", here), container("b", "/elsewhere"), container("c", here, "other")].join("\n");
  const line = 'console.error((await leftovers.containersOf("dev")).map(({ name }) => name).join());';
  t.is(withContainers(t, ps, line).stderr, "a\n");
});

test("`down` of one stack leaves the baseline of another alone", (t) => {
  const here = process.cwd();
  const ps = [container("mine-baseline", here), container("its-baseline", here, "other")].join("\n");
  const { calls } = withContainers(t, ps, 'await leftovers.removeLeftovers("dev", false);');
  t.deepEqual(
    calls.filter((call) => call.startsWith("docker rm")),
    ["docker rm --force mine-baseline"],
  );
});
