import { Failure } from "../analysis/failure.js";

// A company's proxy. Plain JavaScript, because bootstrap.js needs it under an older Node.js, which can't run
// TypeScript.

/** Programs on this machine are never behind a proxy: Pulumi's engine, its plugins, the embedded cluster. */
const here = ["localhost", "127.0.0.1", "::1"];

const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];

/**
 * The user's environment, with this machine itself excluded from the proxy.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function exceptThisMachine(env) {
  if (!proxies.some((name) => env[name])) return env;
  const excepted = [env.no_proxy || env.NO_PROXY || "", ...here].filter(Boolean).join(",");
  return { ...env, NO_PROXY: excepted, no_proxy: excepted };
}

/**
 * The same for Node.js' own requests, which need a full URL, while other programs also accept HOST:PORT.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 * @throws {Error} if a proxy is not a URL. Its value is not shown, because it may contain a password
 */
export function proxyVariables(env) {
  const result = { ...exceptThisMachine(env) };
  for (const name of proxies) {
    const value = result[name];
    if (value) result[name] = proxyUrl(name, value);
  }
  return result;
}

/** @param {string} name @param {string} value */
function proxyUrl(name, value) {
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
    decodeURIComponent(url.username + url.password);
    if (/^https?:$/.test(url.protocol) && url.hostname !== "" && !value.includes("#")) return url.href;
  } catch {
    // Reported below, without the value.
  }
  throw new Failure(
    "proxy-malformed",
    `The variable ${name} is not the address of a proxy. Set it to http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with special characters of the password written as %XX, and run this again.`,
  );
}
