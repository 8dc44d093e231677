// The environment for programs that install, unpack and compile. A run's own environment contains tokens, passphrases
// and npm's settings for this script. Third-party programs, and what they start, only get what they need to work and to
// find their registries in a closed network. Plain JavaScript, because bootstrap.js needs it under an older Node.js,
// which can't run TypeScript.
//
// Pulumi, k3d, docker, ssh and the test tools get the whole environment: they are the user's own tools, or act for the
// user.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** @typedef {"npm" | "pip" | "go" | "apt-get" | "debootstrap" | "dockerd" | "system"} Tool "system": tar, umount and the like */

/** PATH, user, language and network settings. */
const everybody = [
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ)$/,
  /^((HTTPS?|FTP|ALL|NO)_PROXY)$/i,
  /^(SSL_CERT_FILE|SSL_CERT_DIR|NIX_SSL_CERT_FILE|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|GIT_SSL_CAINFO)$/,
];

/** Settings that end with a run, so they are not for programs that outlive it. */
const temporary = [/^(TMPDIR|TMP|TEMP)$/, /^XDG_(CONFIG|CACHE|DATA|RUNTIME)_\w+$/];

/** Programs on PATH that only select another one, by settings like these. */
const versionManagers = [/^(ASDF|FNM|GOENV|MISE|NODENV|NVM|PYENV|VOLTA)_\w+$/];

/** @type {Record<Tool, RegExp[]>} */
const own = {
  npm: [
    ...[...temporary, ...versionManagers],
    /^npm_config_/i,
    // package-lock.json has hashes for its downloads, whatever these settings say.
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

/** Variables with a common prefix may also contain credentials. Those for a registry are needed. */
const secret = /TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|AUTH/i;
const families = [...versionManagers, ...own.dockerd];

/**
 * The part of an environment that a tool gets.
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
 * Variables that npm's own settings refer to, as in `//registry.example/:_authToken=${TOKEN}`.
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

/** The files that npm and Debian's npm read. */
function globalFiles() {
  return [join(dirname(dirname(process.execPath)), "etc", "npmrc"), "/etc/npmrc", "/usr/local/etc/npmrc"];
}

/** Empty if it is missing or unreadable; npm itself will report that if it matters. @param {string} file */
function textOf(file) {
  if (!existsSync(file)) return "";
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
