import test from "ava";
import { load } from "js-yaml";
import {
  chooseContext,
  mergeKubeconfigs,
  parseKubeconfig,
  serializeContext,
} from "../../../../components/cluster/existing/kubeconfig.ts";
import { assertFault } from "../../../helpers/faults.ts";

/** One of each, all called the same. */
const file = (name: string, server = `https://${name}:6443`) => `
apiVersion: v1
kind: Config
current-context: ${name}
clusters: [{name: ${name}, cluster: {server: "${server}"}}]
users: [{name: ${name}, user: {token: secret-of-${name}}}]
contexts: [{name: ${name}, context: {cluster: ${name}, user: ${name}, namespace: home}}]
`;
const parsed = (name: string, text = file(name)) => parseKubeconfig(text, `/home/${name}`);

test("a context is found with its cluster and user", (t) => {
  const { name, cluster, user } = chooseContext(parsed("pi"), "");
  t.deepEqual([name, cluster.value.server, user.value.token], ["pi", "https://pi:6443", "secret-of-pi"]);
});

test("with several files, the first current context is used, and all contexts are available", (t) => {
  const merged = mergeKubeconfigs([parsed("a", "clusters: []"), parsed("b"), parsed("c")]);
  t.is(chooseContext(merged, "").name, "b");
  t.is(chooseContext(merged, "c").cluster.value.server, "https://c:6443");
});

test("of two entries with the same name, only the first file's is used", (t) => {
  const merged = mergeKubeconfigs([
    parsed("a"),
    parsed("a", file("a", "https://other:1").replace("token", "username")),
  ]);
  const { cluster, user } = chooseContext(merged, "a");
  t.is(cluster.value.server, "https://a:6443");
  t.deepEqual(user.value, { token: "secret-of-a" });
});

test("a context may use a cluster and a user of another file", (t) => {
  const contexts = "contexts: [{name: mixed, context: {cluster: a, user: b}}]";
  const merged = mergeKubeconfigs([parsed("x", contexts), parsed("a"), parsed("b")]);
  const { cluster, user } = chooseContext(merged, "mixed");
  t.deepEqual([cluster.file, user.file], ["/home/a", "/home/b"]);
});

test("an empty file is a kubeconfig without contexts", (t) => {
  t.throws(() => chooseContext(parsed("a", ""), ""), {
    message: /no current context\. Set pi-speedup:kubeconfig to another file/,
  });
});

const malformed: [what: string, text: string, said: RegExp, id?: string][] = [
  [
    "no YAML",
    "users:\n  - name: a\n    user: {token: secret",
    /is not valid YAML \(line \d+\)\./,
    "kubeconfig-no-yaml",
  ],
  ["a tab", "users:\n\t- token: secret", /is not valid YAML \(line \d+\)\./],
  ["an unknown alias", "users: *secret", /is not valid YAML/],
  ["a text", "secret", /the whole of it: expected Object/],
  ["a list in the wrong place", "users: {secret: 1}", /users: expected \(?Array/, "kubeconfig-malformed"],
  [
    "a number for a token",
    "users: [{name: a, user: {token: 5ecret, tokenFile: 1}}]",
    /users\.0\.user\.tokenFile: expected/,
  ],
  [
    "an authority that is not in base64",
    "clusters: [{name: a, cluster: {certificate-authority-data: 'secret of mine'}}]",
    /clusters\.0\.cluster\.certificate-authority-data: expected base64/,
  ],
];
for (const [what, text, said, id] of malformed) {
  test(`${what} is no kubeconfig: the place is named, what is written there is not`, (t) => {
    const { message } = t.throws(() => parseKubeconfig(text, "/home/pi"));
    if (id !== undefined) assertFault(t, id, message);
    t.true(message.startsWith('"/home/pi" is not a kubeconfig'), message);
    t.regex(message, said);
    t.notRegex(message, /secret|\n/);
  });
}

const unusable: [what: string, text: string, said: RegExp][] = [
  [
    "an address of another kind",
    file("a", "ftp://secret:6443"),
    /clusters\.0\.cluster\.server: expected an address such as https:\/\/HOST:6443/,
  ],
  [
    "a password in its address",
    file("a", "https://pi:secret@a:6443"),
    /clusters\.0\.cluster\.server: expected an address/,
  ],
  [
    "a line break in its token",
    file("a").replace("secret-of-a", '"secret\\n"'),
    /users\.0\.user\.token: expected text without control characters/,
  ],
];
for (const [what, text, said] of unusable) {
  test(`a context with ${what} is told where it is used, and nowhere else`, (t) => {
    const { message } = t.throws(() => chooseContext(parsed("a", text), ""));
    assertFault(t, "kubeconfig-malformed", message);
    t.regex(message, said);
    t.notRegex(message, /secret|\n/);
    t.is(chooseContext(mergeKubeconfigs([parsed("b"), parsed("a", text)]), "").name, "b");
  });
}

const nowhere: [what: string, id: string, text: string, context: string, said: RegExp][] = [
  [
    "an unknown context",
    "context-unknown",
    file("a"),
    "b",
    /^The kubeconfig "\/home\/a" has no context "b"\. Set one of a with/,
  ],
  [
    "a current context that is not there",
    "",
    "current-context: gone\ncontexts: [{name: a, context: {cluster: a}}]",
    "",
    /no context "gone", although it calls it its current one\. Set one of a with/,
  ],
  [
    "no current context",
    "context-none",
    file("a").replace("current-context: a", ""),
    "",
    /no current context\. Set one of a with/,
  ],
  [
    "a missing cluster",
    "context-dangling",
    file("a").replace("cluster: a", "cluster: b"),
    "",
    /refers to the cluster "b", which does not exist \(it has: a\)/,
  ],
  [
    "a missing user",
    "context-dangling",
    file("a").replace("user: a", "user: b"),
    "",
    /refers to the user "b", which does not exist \(it has: a\)/,
  ],
];
for (const [what, id, text, context, said] of nowhere) {
  test(`${what} is refused with what there is`, (t) => {
    const { message } = t.throws(() => chooseContext(parsed("a", text), context));
    t.regex(message, said);
    if (id !== "") assertFault(t, id, message);
    t.notRegex(message, /secret|\n/);
  });
}

const rewritten = (text: string) => {
  const { name, context, cluster, user } = chooseContext(parsed("a", text), "");
  return serializeContext(name, context, cluster.value, user.value);
};

test("only the chosen context is kept, with all settings of its cluster", (t) => {
  const more = "tls-server-name: kubernetes, proxy-url: 'socks5://p', insecure-skip-tls-verify: true";
  const text = mergeKubeconfigs([parsed("a", file("a").replace("{server", `{${more}, server`)), parsed("b")]);
  const { name, context, cluster, user } = chooseContext(text, "a");
  t.deepEqual(load(serializeContext(name, context, cluster.value, user.value)), {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "a",
    clusters: [
      {
        name: "a",
        cluster: {
          server: "https://a:6443",
          "tls-server-name": "kubernetes",
          "proxy-url": "socks5://p",
          "insecure-skip-tls-verify": true,
        },
      },
    ],
    users: [{ name: "a", user: { token: "secret-of-a" } }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a", namespace: "home" } }],
  });
});

test("names that look like YAML values stay strings", (t) => {
  const name = 'a: "b"\n- $(reboot)';
  const text = JSON.stringify({
    "current-context": name,
    clusters: [{ name, cluster: { server: "https://a:6443" } }],
    users: [{ name, user: { token: "t" } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
  t.like(load(rewritten(text)), { "current-context": name, clusters: [{ name }], users: [{ name }] });
});

test("a context without a user gets one without rights of its own", (t) => {
  const text = file("a", "http://127.0.0.1:8001").replace(", user: a", "");
  t.like(load(rewritten(text)), { users: [{ name: "nobody", user: {} }], contexts: [{ context: { user: "nobody" } }] });
});

test("an address without TLS loses its settings for verification", (t) => {
  const text = file("a", "http://127.0.0.1:8001").replace("{server", "{certificate-authority-data: eA==, server");
  t.deepEqual((load(rewritten(text)) as { clusters: { cluster: object }[] }).clusters[0]?.cluster, {
    server: "http://127.0.0.1:8001",
    "insecure-skip-tls-verify": true,
  });
});

test("a credential program gets the same environment as from kubectl", (t) => {
  const exec =
    "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: get-token, args: [x], env: [{name: A, value: b}], provideClusterInfo: true}";
  const { users } = load(rewritten(file("a").replace("token: secret-of-a", exec))) as {
    users: { user: { exec: { command: string; env: { name: string; value: string }[] } } }[];
  };
  const [own, info] = users[0]?.user.exec.env ?? [];
  t.deepEqual(own, { name: "A", value: "b" });
  t.is(info?.name, "KUBERNETES_EXEC_INFO");
  t.deepEqual(JSON.parse(info?.value ?? ""), {
    kind: "ExecCredential",
    apiVersion: "client.authentication.k8s.io/v1",
    spec: { interactive: false, cluster: { server: "https://a:6443" } },
  });
});

/** Levels of lists, each of which names the one before twice; more of them than there is memory once they are written out. */
const levels = (n: number) =>
  Array.from({ length: n }, (_, i) => `  - &a${i} ${i === 0 ? "[x]" : `[*a${i - 1}, *a${i - 1}]`}`).join("\n");

const expanding: [what: string, extra: string][] = [
  ["a part of which nothing is used", `preferences:\n${levels(40)}`],
  ["a part that contains itself", "preferences: &self\n  again: *self"],
  ["long texts, again and again", `preferences:\n  - &long ${"x".repeat(100_000)}\n${"  - *long\n".repeat(200)}`],
];
for (const [what, extra] of expanding) {
  test(`a kubeconfig whose aliases expand too far, ${what}, is refused (kubeconfig-expanding)`, (t) => {
    const { message } = t.throws(() => parsed("a", `${file("a")}${extra}\n`));
    assertFault(t, "kubeconfig-expanding", message);
  });
}

test("a kubeconfig may use aliases, as kubectl allows", (t) => {
  const text = file("a")
    .replace("{token: secret-of-a}", "&user {token: t}")
    .replace("users: [", "users: [{name: b, user: *user}, ");
  t.is(
    parsed(
      "a",
      text.replace(
        "users: [{name: b, user: *user}, {name: a, user: &user {token: t}}]",
        "users: [{name: a, user: &user {token: t}}, {name: b, user: *user}]",
      ),
    ).users.get("b")?.value.token,
    "t",
  );
});
