import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { environmentFor, type Tool } from "../../toolchain/environment.js";

/** What no installer needs: credentials, and the settings of this run. */
const secrets = {
  AWS_SECRET_ACCESS_KEY: "s",
  GITHUB_TOKEN: "s",
  KUBECONFIG: "s",
  MISE_GITHUB_TOKEN: "s",
  PULUMI_ACCESS_TOKEN: "s",
  PULUMI_CONFIG_PASSPHRASE: "s",
  SSH_AUTH_SOCK: "s",
  DOCKER_AUTH_CONFIG: "s",
  npm_lifecycle_script: "s",
  npm_package_json: "s",
  INIT_CWD: "s",
  LD_PRELOAD: "s",
  TAR_OPTIONS: "s",
  PYTHONPATH: "s",
  GOFLAGS: "s",
};
const everybody = {
  PATH: "/bin",
  HOME: "/root",
  LANG: "de_DE.UTF-8",
  LC_ALL: "C",
  https_proxy: "http://p:1",
  HTTP_PROXY: "http://p:1",
  NO_PROXY: "localhost",
  SSL_CERT_FILE: "/ca.pem",
};
const tools: Tool[] = ["npm", "pip", "go", "apt-get", "debootstrap", "dockerd", "system"];

for (const tool of tools) {
  test(`${tool} gets its programs, language, proxies and certificates, and no secret`, (t) => {
    t.deepEqual(environmentFor(tool, { ...everybody, ...secrets }), everybody);
  });
}

/** How each is told of its registries in a closed network, or is found at all. */
const own: [tool: Tool, variables: Record<string, string>][] = [
  ["npm", { npm_config_registry: "r", NPM_CONFIG_CAFILE: "c", "npm_config_//r.example/:_authToken": "t" }],
  ["npm", { NODE_EXTRA_CA_CERTS: "c", NODE_OPTIONS: "--use-openssl-ca", VOLTA_HOME: "v", TMPDIR: "/t" }],
  [
    "pip",
    { PIP_INDEX_URL: "i", PIP_CERT: "c", PIP_TRUSTED_HOST: "h", NETRC: "n", PYENV_ROOT: "p", XDG_CONFIG_HOME: "x" },
  ],
  ["go", { GOPROXY: "p", GOPRIVATE: "m", GONOSUMDB: "m", GOSUMDB: "off", GOENV: "/e", NETRC: "n", ASDF_DATA_DIR: "a" }],
  ["apt-get", { APT_CONFIG: "c", DEBIAN_FRONTEND: "noninteractive" }],
  ["dockerd", { DOCKER_RAMDISK: "1" }],
];
for (const [tool, variables] of own) {
  test(`${tool} finds ${Object.keys(variables).join(", ")}`, (t) => {
    t.deepEqual(environmentFor(tool, variables), variables);
  });
}

test("a daemon, which outlives the run, does not get the run's temporary folder", (t) => {
  t.deepEqual(environmentFor("dockerd", { PATH: "/bin", TMPDIR: "/of/the/run", XDG_RUNTIME_DIR: "/x" }), {
    PATH: "/bin",
  });
});

test("npm gets the variables that its own settings name, and no others", (t) => {
  const home = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(home, { recursive: true }));
  writeFileSync(
    join(home, ".npmrc"),
    ["//r.example/:_authToken=$", "{COMPANY_TOKEN}\nregistry=https://r.example/$", "{TEAM?}\n"].join(""),
  );
  const given = { HOME: home, COMPANY_TOKEN: "t", TEAM: "x" };
  t.deepEqual(environmentFor("npm", { ...given, GITHUB_TOKEN: "s" }), given);
  t.deepEqual(environmentFor("pip", { ...given, GITHUB_TOKEN: "s" }), { HOME: home });
  const elsewhere = { npm_config_userconfig: join(home, ".npmrc"), COMPANY_TOKEN: "t" };
  t.deepEqual(environmentFor("npm", elsewhere), elsewhere);
});
