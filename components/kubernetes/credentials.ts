// The program that a kubeconfig names for its credentials, as kubectl runs it. It may open a browser and wait for a person,
// so it has time of its own, and what it says is shown.
import * as v from "valibot";
import { Failure } from "../../analysis/failure.js";
import { lastLine, runTool, ToolNotFound } from "../host/run-tool.ts";
import { logLine } from "../program/log-line.ts";

/** As a kubeconfig names it. */
const execSchema = v.object({
  apiVersion: v.optional(v.string(), "client.authentication.k8s.io/v1"),
  command: v.string(),
  args: v.nullish(v.array(v.string())),
  env: v.nullish(v.array(v.object({ name: v.string(), value: v.string() }))),
});
type Exec = v.InferOutput<typeof execSchema>;

const text = v.pipe(v.string(), v.maxLength(2 ** 18));
const answerSchema = (apiVersion: string) =>
  v.pipe(
    text,
    v.parseJson(),
    v.object({
      kind: v.literal("ExecCredential"),
      apiVersion: v.literal(apiVersion),
      status: v.object({
        // A header can't hold more, and no other characters.
        token: v.nullish(v.pipe(text, v.regex(/^[\x21-\x7e]*$/))),
        clientCertificateData: v.nullish(text),
        clientKeyData: v.nullish(text),
        expirationTimestamp: v.nullish(v.pipe(v.string(), v.maxLength(64))),
      }),
    }),
  );

/** What the program gives. */
export interface Credentials {
  token: string | undefined;
  /** PEM. */
  certificate: string | undefined;
  /** PEM. */
  key: string | undefined;
  /** Milliseconds since the epoch until which it is good; undefined: as long as this process lasts. */
  until: number | undefined;
}

/** Seconds that the program may take: a person may have to log in. */
const patience = 300;

/** Characters that it may print. */
const most = 2 ** 20;

/**
 * Runs the program once.
 * @param exec from a kubeconfig, not looked at yet.
 * @param whose for messages: `of …`.
 * @param seconds that it may take.
 * @throws Failure when it is not there, fails, takes too long, or gives something else.
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
  { command }: Exec,
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
    if (error instanceof ToolNotFound) throw failed(command, whose, "it is not there");
    throw error;
  }
}

function failed(command: string, whose: string, why: string): Failure {
  return new Failure(
    "credentials-program",
    `The program "${command}", from which the kubeconfig gets its credentials ${whose}, failed (${why}). Check that it works, as it must for \`kubectl\`, and run \`pulumi up\` again.`,
  );
}
