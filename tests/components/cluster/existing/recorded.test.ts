import * as pulumi from "@pulumi/pulumi";
import test from "ava";
import { readRecorded, recordedIn } from "../../../../components/cluster/existing/recorded.ts";
import { assertFault } from "../../../helpers/faults.ts";

const value = "0123456789abcdef";
const other = "fedcba9876543210";
const label = (text: string) => ({ "pi-speedup/stack": text });

const namespace = (text = value) => ({
  type: "kubernetes:core/v1:Namespace",
  outputs: { metadata: { uid: "uid-of-namespace", labels: label(text) } },
});
const patch = (text = value) => ({
  type: "kubernetes:core/v1:NodePatch",
  outputs: { metadata: { uid: "uid-of-node", labels: { role: "worker", ...label(text) } } },
});
const job = (text = value) => ({
  type: "kubernetes:batch/v1:Job",
  outputs: { metadata: { uid: "uid-of-job" }, spec: { template: { metadata: { labels: label(text) } } } },
});

test("a stack that has made nothing has no value yet", (t) => {
  t.deepEqual(recordedIn({ outputs: {} }), { uids: new Set(), stackValue: undefined });
});

test("namespace, nodes and Jobs of a state are known by their uids", (t) => {
  const outputs = { a: namespace(), b: patch(), c: job() };
  const expected = { uids: new Set(["uid-of-job", "uid-of-namespace", "uid-of-node"]), stackValue: value };
  t.deepEqual(recordedIn({ outputs }), expected);
});

test("resources that are not cluster objects, or whose creation failed, are ignored", (t) => {
  const outputs = {
    a: { type: "pulumi:pulumi:Stack" },
    b: { type: "command:local:Command", outputs: { metadata: { uid: "no" }, stdout: "x" } },
    c: { type: "kubernetes:core/v1:Namespace", outputs: { metadata: { name: "pi" } } },
    d: { type: "kubernetes:core/v1:Secret", outputs: { metadata: { uid: "no" } } },
  };
  t.deepEqual(recordedIn({ outputs }), { uids: new Set(), stackValue: undefined });
});

const values: [what: string, resources: object[], expected: string | undefined][] = [
  ["a Job's before all, since it can't be changed", [patch(other), namespace(other), job()], value],
  ["a namespace's before a node's", [patch(other), namespace()], value],
  ["a node's where there is nothing else", [patch()], value],
  ["none that no stack can have drawn", [namespace("x=$(reboot)"), patch("")], undefined],
  ["the next one's where the first is none", [namespace("mine"), patch()], value],
];
for (const [what, resources, expected] of values) {
  test(`the value of the stack's label is ${what}`, (t) => {
    t.is(recordedIn({ outputs: Object.fromEntries(Object.entries(resources)) }).stackValue, expected);
  });
}

test("an invalid answer is not mistaken for an empty state", (t) => {
  for (const answer of [undefined, {}, { outputs: { a: "b" } }]) {
    t.throws(() => recordedIn(answer));
  }
});

/** What the engine is asked for. */
let asked: unknown;
const mocks = (call: pulumi.runtime.Mocks["call"], organization = "organization") =>
  pulumi.runtime.setMocks(
    { newResource: () => ({ id: "x", state: {} }), call },
    "pi-speedup",
    "dev",
    false,
    organization,
  );

const names: [organization: string, stackName: string][] = [
  // Where there are none, Pulumi calls it so.
  ["organization", "dev"],
  ["home", "home/pi-speedup/dev"],
];
for (const [organization, stackName] of names) {
  test.serial(`the engine is asked for the stack ${stackName}`, async (t) => {
    mocks(({ token, inputs }) => {
      asked = [token, inputs];
      return { outputs: { a: namespace() } };
    }, organization);
    t.is((await readRecorded()).stackValue, value);
    t.deepEqual(asked, ["pulumi:pulumi:readStackResourceOutputs", { stackName }]);
  });
}

test.serial("a state that can't be read ends the run, because ownership would be unknown", async (t) => {
  mocks(() => {
    // As the engine's answer comes through gRPC.
    throw Object.assign(new Error(), { details: "no key for its secrets" });
  });
  const { message } = await t.throwsAsync(readRecorded());
  assertFault(t, "state-unread", message);
  t.true(message.includes("no key for its secrets") && message.includes('"dev"'), message);
});
