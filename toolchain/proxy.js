// A company's proxy, for Node.js and everything that it starts. Plain JavaScript, since bootstrap.js needs it under an older
// Node.js, which cannot run TypeScript.

/** What is on this machine is never behind a proxy: the engine of Pulumi, its plugins, the embedded cluster. */
const here = ["localhost", "127.0.0.1", "::1"];

/**
 * An environment in which the user's HTTP_PROXY, HTTPS_PROXY and NO_PROXY count for Node.js as they do for other programs.
 * @param {NodeJS.ProcessEnv} env the user's
 * @returns {NodeJS.ProcessEnv}
 */
export function proxyVariables(env) {
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];
  if (!proxies.some((name) => env[name])) return env;
  const excepted = [env.no_proxy || env.NO_PROXY || "", ...here].filter(Boolean).join(",");
  return { ...env, NODE_USE_ENV_PROXY: "1", NO_PROXY: excepted, no_proxy: excepted };
}
