// The Command that runs a program, under Pulumi's mocks.
import * as pulumi from "@pulumi/pulumi";
import test from "ava";
import * as v from "valibot";
import { assertFault } from "../../helpers/faults.ts";

const declared = new Map<string, Record<string, unknown>>();
pulumi.runtime.setMocks(
  {
    newResource: ({ name, inputs }) => {
      declared.set(name, inputs);
      return { id: name, state: { ...inputs, stdout: '{"answer":42}' } };
    },
    call: ({ inputs }) => inputs,
  },
  "pi-speedup",
  "test",
);
const { contract } = await import("../../../components/program/contract.ts");
const { parseResult, ProgramCommand } = await import("../../../components/program/program-command.ts");

const ask = contract("ask", { settings: v.object({ question: v.string() }), result: v.object({ answer: v.number() }) });
const forget = contract("forget", { settings: ask.settings, result: v.null() });

const settled = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

test("settings go to stdin, and the result is typed", async (t) => {
  const settings = { question: pulumi.output("what?") };
  const asked = new ProgramCommand("plain", ask, { settings, triggers: [1], update: ask, delete: forget });
  t.is((await settled(asked.result)).answer, 42);
  t.deepEqual(declared.get("plain"), {
    create: "exec node components/program/main.ts ask",
    update: "exec node components/program/main.ts ask",
    delete: "exec node components/program/main.ts forget",
    stdin: '{"question":"what?"}',
    triggers: [1],
    logging: "stderr",
    addPreviousOutputInEnv: false,
  });
});

const secrets: [secret: "settings" | "result" | undefined, stdin: boolean, result: boolean][] = [
  [undefined, false, false],
  ["settings", true, false],
  ["result", false, true],
];
for (const [secret, stdin, result] of secrets) {
  test(`with secret ${secret ?? "nothing"}, settings are ${stdin ? "" : "not "}secret and the result is ${result ? "" : "not "}`, async (t) => {
    const asked = new ProgramCommand(`secret-${secret}`, ask, {
      settings: { question: "what?" },
      ...(secret && { secret }),
    });
    t.is(await pulumi.isSecret(asked.result), result);
    await settled(asked.result);
    t.is(typeof declared.get(`secret-${secret}`)?.stdin, stdin ? "object" : "string");
  });
}

const unreadable: [what: string, stdout: string][] = [
  ["of another type", '{"answer":"42"}'],
  ["that is nothing", ""],
  ["that is a kubeconfig as it stands", "apiVersion: v1\nkind: Config\n"],
];
for (const [what, stdout] of unreadable) {
  test(`a result in the state ${what} is reported, and never quoted (result-unreadable)`, (t) => {
    const error = t.throws(() => parseResult(ask, stdout), { instanceOf: pulumi.RunError });
    assertFault(t, "result-unreadable", error.message);
    t.notRegex(error.message, /Config\b|42/);
  });
}
