// Stand-in for Pulumi's Command plugin: local.Command, and nothing else of it.
// `node command.ts ADDRESS` serves it to the engine at that address.
import { randomBytes } from "node:crypto";
import commandPackage from "@pulumi/command/package.json" with { type: "json" };
import * as v from "valibot";
import { run, runOptions } from "./command/run.ts";
import { changesBetween } from "./difference.ts";
import { type Failure, type Host, type Plugin, serve, type Target } from "./serve.ts";
import { isUnknown, type JsonObject, reveal, unknown } from "./wire.ts";

const resourceType = "command:local:Command";

const resourceOptions = v.strictObject({
  ...runOptions.entries,
  create: v.optional(v.string()),
  update: v.optional(v.string()),
  delete: v.optional(v.string()),
  triggers: v.optional(v.array(v.unknown())),
});

/** State of a Command: its inputs beside what it printed last. */
const state = v.object({
  ...resourceOptions.entries,
  stdout: v.optional(v.string(), ""),
  stderr: v.optional(v.string(), ""),
});

function failuresOf(properties: JsonObject): Failure[] {
  // What is not known yet is checked when it is.
  const known = Object.fromEntries(Object.entries(properties).filter(([, value]) => !isUnknown(value)));
  return (v.safeParse(resourceOptions, reveal(known)).issues ?? []).map((issue) => {
    const property = v.getDotPath(issue) ?? "";
    // The value itself is left out: it may be secret.
    const reason =
      issue.expected === "never"
        ? `${property} is not known to the stand-in for the Command plugin: leave it out or use the official plugin.`
        : `${property} must be ${issue.expected}.`;
    return { property, reason };
  });
}

function mustBeCommand({ type }: Target): void {
  if (type !== resourceType) {
    throw new Error(`${type} is not known to the stand-in for the Command plugin, only ${resourceType} is.`);
  }
}

function commandPlugin(host: Host): Plugin {
  return {
    checkConfig: () => [],
    diffConfig: () => ({ diffs: [], replaces: [] }),
    configure: () => {},

    check(target, news) {
      mustBeCommand(target);
      return { inputs: news, failures: failuresOf(news) };
    },

    async diff(_target, _olds, oldInputs, news) {
      const own = (inputs: JsonObject) =>
        Object.fromEntries(Object.entries(inputs).filter(([key]) => key !== "version" && !key.startsWith("__")));
      return { changes: changesBetween(own(oldInputs), own(news), ([property]) => property === "triggers") };
    },

    async create(target, inputs) {
      const { urn, preview } = target;
      const id = `${urn.split("::").at(-1)}${randomBytes(4).toString("hex")}`;
      if (preview) return { id, properties: { ...inputs, stdout: unknown, stderr: unknown } };
      const options = v.parse(state, reveal(inputs));
      const printed =
        options.create === undefined ? { stdout: "", stderr: "" } : await run(options.create, options, target, host);
      return { id, properties: { ...inputs, ...printed } };
    },

    async read(_target, olds, inputs) {
      return { properties: olds, inputs };
    },

    async update(target, olds, news) {
      if (target.preview) return { ...news, stdout: unknown, stderr: unknown };
      // Outputs are secret only where the resource's options say so, which the engine sees to.
      const { stdout, stderr } = v.parse(state, reveal(olds));
      const options = { ...v.parse(state, reveal(news)), stdout, stderr };
      const command = options.update ?? options.create;
      const printed = command === undefined ? { stdout, stderr } : await run(command, options, target, host);
      return { ...news, ...printed };
    },

    async delete(target, olds) {
      const options = v.parse(state, reveal(olds));
      if (options.delete !== undefined) await run(options.delete, options, target, host);
    },
  };
}

serve(commandPackage.version, commandPlugin);
