// The environment of what installs, unpacks and compiles. A run's own environment holds tokens, passphrases and npm's
// settings for this very script. Programs of others, and what they start, get what they need to work and to find their
// registries in a closed network, and no more. Plain JavaScript, since bootstrap.js needs it under an older Node.js, which
// cannot run TypeScript.
//
// Pulumi, k3d, docker, ssh and the tools of the tests get all of it: they are the user's own tools, or act for them.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** @typedef {"npm" | "pip" | "go" | "apt-get" | "debootstrap" | "dockerd" | "system"} Tool "system": tar, umount and the like */

/** Where programs are, whose they are run, in which language, and the way to the network. */
const everybody = [
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ)$/,
  /^((HTTPS?|FTP|ALL|NO)_PROXY)$/i,
  /^(SSL_CERT_FILE|SSL_CERT_DIR|NIX_SSL_CERT_FILE|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|GIT_SSL_CAINFO)$/,
];

/** What ends with a run, and so is nothing for what outlives it. */
const temporary = [/^(TMPDIR|TMP|TEMP)$/, /^XDG_(CONFIG|CACHE|DATA|RUNTIME)_\w+$/];

/** Programs on PATH that only choose another one, by settings like these. */
const versionManagers = [/^(ASDF|FNM|GOENV|MISE|NODENV|NVM|PYENV|VOLTA)_\w+$/];

/** @type {Record<Tool, RegExp[]>} */
const own = {
  npm: [
    ...[...temporary, ...versionManagers],
    /^npm_config_/i,
    // What it fetches is held to the hashes of package-lock.json, whatever these say.
    /^NODE_(EXTRA_CA_CERTS|USE_SYSTEM_CA|OPTIONS|TLS_REJECT_UNAUTHORIZED)$/,
  ],
  pip: [...temporary, ...versionManagers, /^PIP_\w+$/, /^(NETRC|DBUS_SESSION_BUS_ADDRESS|PYTHON_KEYRING_\w+)$/],
  go: [
    ...[...temporary, ...versionManagers],
    /^(GOPROXY|GONOPROXY|GOSUMDB|GONOSUMDB|GOPRIVATE|GOINSECURE|GOAUTH|GOENV|GOROOT|NETRC)$/,
  ],
  "apt-get": [...temporary, /^(APT_CONFIG|DEBIAN_FRONTEND)$/],
  debootstrap: [...temporary, /^(DEBOOTSTRAP_DIR|WGETRC)$/],
  dockerd: [/^DOCKER_\w+$/],
  system: temporary,
};

/** Families of variables by prefix hold credentials as well; those of a registry are the ones that are needed. */
const secret = /TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|AUTH/i;
const families = [...versionManagers, ...own.dockerd];

/**
 * What a tool gets of an environment.
 * @param {Tool} tool
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {NodeJS.ProcessEnv}
 */
export function environmentFor(tool, env = process.env) {
  const named = tool === "npm" ? namedByNpm(env) : new Set();
  const patterns = [...everybody, ...own[tool]];
  const isNeeded = (/** @type {string} */ name) =>
    named.has(name) ||
    patterns.some((pattern) => pattern.test(name) && !(families.includes(pattern) && secret.test(name)));
  return Object.fromEntries(Object.entries(env).filter(([name]) => isNeeded(name)));
}

/**
 * Variables that npm's own settings name, as in `//registry.example/:_authToken=${TOKEN}`.
 * @param {NodeJS.ProcessEnv} env
 */
function namedByNpm(env) {
  const setting = (/** @type {string} */ name) => env[`npm_config_${name}`] || env[`NPM_CONFIG_${name.toUpperCase()}`];
  const files = [
    join(dirname(dirname(fileURLToPath(import.meta.url))), ".npmrc"),
    setting("userconfig") || join(env.HOME || homedir(), ".npmrc"),
    ...(setting("globalconfig") ? [setting("globalconfig") ?? ""] : globalFiles()),
  ];
  const names = files.flatMap((file) => [...textOf(file).matchAll(/\$\{([^}?]+)\??\}/g)].map(([, name]) => name));
  return new Set(names);
}

/** Where npm looks, and Debian's npm. */
function globalFiles() {
  return [join(dirname(dirname(process.execPath)), "etc", "npmrc"), "/etc/npmrc", "/usr/local/etc/npmrc"];
}

/** Empty for what is not there or not ours to read: npm itself will say so where it matters. @param {string} file */
function textOf(file) {
  if (!existsSync(file)) return "";
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
