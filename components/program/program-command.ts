import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as v from "valibot";
import { runError } from "../run-error.ts";
import type { Contract } from "./contract.ts";

export interface ProgramCommandArgs<Settings extends v.GenericSchema> {
  /** The program's input. Other settings run it again. */
  settings: { [Key in keyof v.InferInput<Settings>]: pulumi.Input<v.InferInput<Settings>[Key]> };
  /** Any values. If one changes, the resource is replaced. Default: none. */
  triggers?: pulumi.Input<unknown>[];
  /** Runs instead of the program if anything but the triggers has changed. Default: the program itself. */
  update?: Contract<Settings, v.GenericSchema>;
  /** Runs when the resource is deleted. If it fails, the resource stays in the state. Default: nothing. */
  delete?: Contract<Settings, v.GenericSchema>;
  /** Which parts are secret in the state, and in everything derived from them. Default: neither. */
  secret?: "settings" | "result";
}

/** Runs a program of pi-speedup during the deployment. If it fails, the deployment ends with its message. */
export class ProgramCommand<Settings extends v.GenericSchema, Result extends v.GenericSchema> extends command.local
  .Command {
  public readonly result: pulumi.Output<v.InferOutput<Result>>;

  constructor(
    name: string,
    contract: Contract<Settings, Result>,
    args: ProgramCommandArgs<Settings>,
    opts: pulumi.CustomResourceOptions = {},
  ) {
    const stdin = pulumi.jsonStringify(args.settings);
    super(
      name,
      {
        create: commandLine(contract),
        ...(args.update && { update: commandLine(args.update) }),
        ...(args.delete && { delete: commandLine(args.delete) }),
        stdin: args.secret === "settings" ? pulumi.secret(stdin) : stdin,
        ...(args.triggers && { triggers: args.triggers }),
        // The result goes through stdout, and not to the terminal.
        logging: "stderr",
        addPreviousOutputInEnv: false,
      },
      args.secret === "result" ? pulumi.mergeOptions(opts, { additionalSecretOutputs: ["stdout"] }) : opts,
    );
    this.result = shown(this.stdout, args.secret).apply((text) => parseResult(contract, text));
  }
}

/** Secret settings make every output of a Command secret. The caller decides whether the result is. */
function shown(stdout: pulumi.Output<string>, secret: "settings" | "result" | undefined): pulumi.Output<string> {
  if (secret === undefined) return stdout;
  return secret === "result" ? pulumi.secret(stdout) : pulumi.unsecret(stdout);
}

/** The only form of command line in a stack's state; see main.ts. */
function commandLine({ name }: { name: string }): string {
  return `exec node components/program/main.ts ${name}`;
}

/**
 * The output of a program. Its text is never quoted, because it may contain a kubeconfig.
 * @throws RunError if the state contains the output of another version of the program.
 */
export function parseResult<Result extends v.GenericSchema>(
  { name, result }: Contract<v.GenericSchema, Result>,
  text: string,
): v.InferOutput<Result> {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), result), text);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw runError(
    "result-unreadable",
    `The stack's state holds a result of "${name}" that this version of pi-speedup cannot read (${v.getDotPath(issue) ?? "the whole of it"}: expected ${issue.expected}). Measure again with \`npm run measure\`, or with another value of pi-speedup:run.`,
  );
}
