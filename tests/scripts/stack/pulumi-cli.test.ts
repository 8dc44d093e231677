import test, { type ExecutionContext } from "ava";
import { PulumiCli, PulumiFailed } from "../../../scripts/stack/pulumi-cli.ts";
import { fakePrograms, type Rule } from "../../helpers/fake-programs.ts";

/** A CLI whose Pulumi answers by rules, and how that was called. */
function cli(t: ExecutionContext, rules: Rule[] = []) {
  const { env, calls } = fakePrograms(t, { pulumi: rules });
  return { pulumi: new PulumiCli({ stack: "acme/dev", configFile: "/copy.yaml", env, folder: process.cwd() }), calls };
}

test("every command names the stack, and those that read the configuration are given the copy of it", async (t) => {
  const { pulumi, calls } = cli(t);
  await pulumi.read(["up"], "--yes");
  await pulumi.read(["stack", "output"], "kubeconfig", "--show-secrets");
  await pulumi.in("/").read(["cancel"], "--yes");
  t.deepEqual(calls(), [
    "pulumi up --stack acme/dev --config-file /copy.yaml --yes",
    "pulumi stack output --stack acme/dev kubeconfig --show-secrets",
    "pulumi cancel --stack acme/dev --yes",
  ]);
});

test("what Pulumi prints is returned as it is", async (t) => {
  const { pulumi } = cli(t, [[/^stack export/, { stdout: '{"deployment": {}}\n\n' }]]);
  t.is(await pulumi.read(["stack", "export"]), '{"deployment": {}}\n\n');
});

test("a failed Pulumi is reported with its command and exit code", async (t) => {
  const { pulumi } = cli(t, [[/^stack rm/, { code: 3 }]]);
  const failed = await t.throwsAsync(pulumi.read(["stack", "rm"], "--yes"), { instanceOf: PulumiFailed });
  t.is(failed.message, "pulumi stack rm ended with exit code 3");
  t.is(failed.code, 3);
  t.false(failed.interrupted);
});
