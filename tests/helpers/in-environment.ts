// Runs our code in this process, which is already started, as if it were one of its own: with another environment, and
// with what it prints on stderr kept.
import pLimit from "p-limit";

/** The environment and stderr are the process's. */
const oneAtATime = pLimit(1);

/** @returns what `work` returned, and what it has printed on stderr. */
export function inEnvironment<T>(
  env: NodeJS.ProcessEnv,
  work: () => Promise<T>,
): Promise<{ result: T; stderr: string }> {
  return oneAtATime(async () => {
    const before = { ...process.env };
    const write = process.stderr.write;
    let stderr = "";
    replaceEnvironment(env);
    process.stderr.write = (text: string | Uint8Array) => {
      stderr += text;
      return true;
    };
    try {
      return { result: await work(), stderr };
    } finally {
      replaceEnvironment(before);
      process.stderr.write = write;
    }
  });
}

/**
 * Runs a script, whose module does its work while it is loaded, and which ends its process if it fails.
 * @param url of the module; another query runs it once more.
 * @returns its exit code, and what it has printed.
 */
export async function runScript(
  url: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const { exit } = process;
  const write = process.stdout.write;
  let code: unknown = 0;
  let stdout = "";
  process.stdout.write = (text: string | Uint8Array) => {
    stdout += text;
    return true;
  };
  process.exit = (status) => {
    code = status;
    throw new Error("The script has ended.");
  };
  try {
    const { result, stderr } = await inEnvironment(env, () => import(url).catch((error) => error));
    if (result instanceof Error && code === 0) throw result;
    return { code, stdout, stderr };
  } finally {
    process.exit = exit;
    process.stdout.write = write;
  }
}

/** Variable by variable: the system's own calls, such as the one for the home folder, do not see another object. */
function replaceEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
}
