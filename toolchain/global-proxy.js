// Node.js' own support of proxies. Plain JavaScript, since @types/node of the version in use does not know it yet.
import * as http from "node:http";

/**
 * Lets the requests of this process go through the proxies that these variables name.
 * @param {NodeJS.ProcessEnv} env
 */
export function setGlobalProxyFromEnv(env) {
  // @ts-expect-error: Node.js 26 has it, its types of version 24 do not.
  http.setGlobalProxyFromEnv(env);
}
