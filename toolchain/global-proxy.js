// Node.js' own support for proxies. Plain JavaScript, because the @types/node in use do not know it yet.
import * as http from "node:http";

/**
 * Makes requests of this process use the proxies in these variables.
 * @param {NodeJS.ProcessEnv} env
 * @returns {() => void} undoes it
 */
export function setGlobalProxyFromEnv(env) {
  // @ts-expect-error: Node.js 26 has it, its types of version 24 do not.
  return http.setGlobalProxyFromEnv(env);
}
