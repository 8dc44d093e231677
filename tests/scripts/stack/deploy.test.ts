import { randomUUID } from "node:crypto";
import { delimiter, dirname } from "node:path";
import test, { type ExecutionContext } from "ava";
import { NotOurs } from "../../../components/cluster/embedded/lifecycle.ts";
import { clusterNameFor } from "../../../components/cluster/embedded/names.ts";
import { deploy } from "../../../scripts/stack/deploy.ts";
import type { Stack } from "../../../scripts/stack/stack.ts";
import { fakePrograms } from "../../helpers/fake-programs.ts";
import { labelsHere, listing, wholeCluster } from "../../helpers/labelled.ts";

const name = clusterNameFor("dev", process.cwd());
const identity = randomUUID();

/** Arguments that Pulumi gets where Docker has a running cluster of this age, with the labels of this identity. */
async function argumentsFor(t: ExecutionContext, days: number, labelled = identity): Promise<string[]> {
  const created = new Date(Date.now() - days * 24 * 3600 * 1000).toISOString();
  const { env } = fakePrograms(t, {
    docker: [
      ...listing(wholeCluster(name, labelsHere("dev", labelled))),
      [/^container inspect /, { stdout: `${created}\n` }],
    ],
  });
  const shown: string[] = [];
  const stack = {
    name: "dev",
    requirements: { cluster: "embedded" },
    pulumi: { env: {}, show: async (_: unknown, ...args: string[]) => shown.push(...args) },
    recorded: async () => ({ cluster: { name, stack: "dev", identity }, identity }),
  };
  const before = process.env.PATH;
  process.env.PATH = [env.PATH?.split(delimiter)[0], dirname(process.execPath)].join(delimiter);
  try {
    // All that `deploy` uses of a stack.
    await deploy(stack as unknown as Stack);
  } finally {
    process.env.PATH = before;
  }
  return shown.filter((arg) => arg.startsWith("--replace"));
}

test.serial("`up` recreates a running cluster whose certificates are about to expire", async (t) => {
  t.deepEqual(await argumentsFor(t, 361), ["--replace=**EmbeddedCluster$command:local:Command::cluster"]);
});

test.serial("a running cluster of last month is left as it is", async (t) => {
  t.deepEqual(await argumentsFor(t, 30), []);
});

test.serial("an old cluster of another state is not recreated by this stack", async (t) => {
  await t.throwsAsync(argumentsFor(t, 361, randomUUID()), { instanceOf: NotOurs });
});
