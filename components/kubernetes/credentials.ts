// Runs a kubeconfig's credential program as kubectl does. It may open a browser and wait for a person. So it has its
// own time limit, and its output is shown.
import * as v from "valibot";
import { Failure } from "../../analysis/failure.js";
import { lastLine, runTool, ToolNotFound } from "../host/run-tool.ts";
import { logLine } from "../program/log-line.ts";
import { loadGoYaml } from "./go-yaml.ts";

/** As in a kubeconfig. */
const execSchema = v.object({
  apiVersion: v.optional(v.string(), "client.authentication.k8s.io/v1"),
  command: v.string(),
  args: v.nullish(v.array(v.string())),
  env: v.nullish(v.array(v.object({ name: v.string(), value: v.string() }))),
  installHint: v.nullish(v.string()),
});
type Exec = v.InferOutput<typeof execSchema>;

const text = v.pipe(v.string(), v.maxLength(2 ** 18));
/** A time in the format that Go reads. */
const time = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/));
const statusSchema = v.pipe(
  v.object({
    // A header cannot contain longer text or other characters.
    token: v.nullish(v.pipe(text, v.regex(/^[\x20-\x7e]*$/))),
    clientCertificateData: v.nullish(text),
    clientKeyData: v.nullish(text),
    expirationTimestamp: v.nullish(time),
  }),
  v.check(({ clientCertificateData, clientKeyData }) => !clientCertificateData === !clientKeyData),
  v.check(({ token, clientCertificateData }) => Boolean(token || clientCertificateData)),
);
const answerSchema = (apiVersion: string) =>
  v.pipe(
    text,
    // Most programs print JSON, which is also YAML.
    v.rawTransform(({ dataset, addIssue, NEVER }): unknown => {
      try {
        return loadGoYaml(dataset.value, { maxAliases: 0, maxDepth: 20 });
      } catch {
        addIssue({ message: "YAML" });
        return NEVER;
      }
    }),
    v.object({
      kind: v.nullish(v.literal("ExecCredential")),
      apiVersion: v.literal(apiVersion),
      status: statusSchema,
    }),
  );

/** The program's result. */
export interface Credentials {
  token: string | undefined;
  /** PEM. */
  certificate: string | undefined;
  /** PEM. */
  key: string | undefined;
  /** Milliseconds since the epoch until which it is valid; undefined: as long as this process runs. */
  until: number | undefined;
}

/** Time limit for the program in seconds. A person may have to log in. */
const patience = 300;

/** Maximum number of characters that it may print. */
const most = 2 ** 20;

/**
 * Runs the program once.
 * @param exec from a kubeconfig, not validated yet.
 * @param whose for messages: `of …`.
 * @param seconds time limit.
 * @throws Failure if it was not found, fails, takes too long, or returns something else.
 */
export async function runCredentialsProgram(exec: unknown, whose: string, seconds = patience): Promise<Credentials> {
  const parsed = v.safeParse(execSchema, exec);
  if (!parsed.success) throw failed("?", whose, "the kubeconfig does not describe it");
  const { command, args, env, apiVersion } = parsed.output;
  const { code, stdout, stderr, timedOut } = await start(parsed.output, whose, {
    args: args ?? [],
    env: Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
    seconds,
  });
  if (timedOut) throw failed(command, whose, `it was not done after ${seconds} s`);
  if (code !== 0)
    throw failed(command, whose, lastLine(stderr) || `it ended with exit code ${code} and gave no reason`);
  const answer = v.safeParse(answerSchema(apiVersion), stdout);
  if (!answer.success) {
    const place = v.getDotPath(answer.issues[0]);
    throw failed(
      command,
      whose,
      `it gave no credentials of the kind ${apiVersion}${place === null ? "" : `: ${place}`}`,
    );
  }
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = answer.output.status;
  const until = Date.parse(expirationTimestamp ?? "");
  return {
    token: token || undefined,
    certificate: clientCertificateData || undefined,
    key: clientKeyData || undefined,
    until: Number.isNaN(until) ? undefined : until,
  };
}

async function start(
  { command, installHint }: Exec,
  whose: string,
  { args, env, seconds }: { args: string[]; env: Record<string, string>; seconds: number },
) {
  try {
    return await runTool(command, args, {
      env: { ...process.env, ...env },
      seconds,
      most,
      onErrorLine: (line) => logLine(`${command}: ${line}`),
    });
  } catch (error) {
    if (error instanceof ToolNotFound) {
      // The kubeconfig's author can provide a hint for this case.
      throw failed(command, whose, ["it is not there", installHint?.trim()].filter(Boolean).join("; "));
    }
    throw error;
  }
}

function failed(command: string, whose: string, why: string): Failure {
  return new Failure(
    "credentials-program",
    `The program "${command}", from which the kubeconfig gets its credentials ${whose}, failed (${why}). Check that it works, as it must for \`kubectl\`, and run \`pulumi up\` again.`,
  );
}
