// Downloads from a local server that replaces the official one.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { Agent, createServer, get, type IncomingHttpHeaders } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { checksumOf, download, readPins, Unreachable } from "../../toolchain/download.ts";
import { setGlobalProxyFromEnv } from "../../toolchain/global-proxy.js";
import { proxyVariables } from "../../toolchain/proxy.js";
import { allReleases, pinName } from "../../toolchain/releases.ts";
import { assertFault } from "../helpers/faults.ts";
import { inEnvironment } from "../helpers/in-environment.ts";

const release = { repository: "k3d-io/k3d", version: "v5.8.3", file: "k3d-linux-amd64", checksums: "checksums.txt" };
const content = "the program";
const sum = createHash("sha256").update(content).digest("hex");

/** Serves these files of the release; everything else is 404. */
async function standIn(files: Record<string, string>): Promise<{ origin: string; close: () => void }> {
  const server = createServer((request, response) => {
    const name = request.url?.replace("/k3d-io/k3d/releases/download/v5.8.3/", "") ?? "";
    const found = files[name];
    response.writeHead(found === undefined ? 404 : 200).end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() };
}

const folder = () => mkdtemp(join(tmpdir(), "pi-speedup-download-"));

test("a file that matches its checksum is kept", async (t) => {
  const { origin, close } = await standIn({
    "checksums.txt": `${sum}  _dist/k3d-linux-amd64\n`,
    "k3d-linux-amd64": content,
  });
  const file = await download(release, await folder(), { origin, pins: {} });
  close();
  t.is(await readFile(file, "utf8"), content);
});

test("a file larger than any release is stopped, and nothing is kept", async (t) => {
  const server = createServer((_, response) => {
    response.writeHead(200);
    const send = () => {
      while (response.write(Buffer.alloc(65_536)));
      response.once("drain", send);
    };
    send();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.closeAllConnections());
  const { port } = server.address() as AddressInfo; // listening on TCP
  const target = await folder();
  const options = { origin: `http://127.0.0.1:${port}`, pins: { [pinName(release)]: sum }, mostBytes: 2 ** 20 };
  const error = await t.throwsAsync(download(release, target, options));
  assertFault(t, "download-endless", error.message);
  t.false(error instanceof Unreachable, "a server without end must not lead to another way");
  t.deepEqual(await readdir(target), []);
  server.close();
});

test("a file that does not match its checksum is refused, and nothing is kept", async (t) => {
  const { origin, close } = await standIn({
    "checksums.txt": `${sum}  k3d-linux-amd64\n`,
    "k3d-linux-amd64": "tampered",
  });
  const target = await folder();
  const error = await t.throwsAsync(download(release, target, { origin, pins: {} }));
  close();
  t.false(error instanceof Unreachable, "a wrong file must not lead to another way");
  t.regex(
    error.message,
    /is not what it should be: its SHA-256 sum is [0-9a-f]{64} instead of [0-9a-f]{64} \(the list beside it\)/,
  );
  t.deepEqual(await readdir(target), []);
});

test("a list that does not name the file is an error, and no reason to build", async (t) => {
  const { origin, close } = await standIn({
    "checksums.txt": `${sum}  k3d-darwin-arm64\n`,
    "k3d-linux-amd64": content,
  });
  const error = await t.throwsAsync(download(release, await folder(), { origin, pins: {} }));
  close();
  t.false(error instanceof Unreachable);
  assertFault(t, "download-unlisted", error.message);
  t.regex(error.message, /lists no SHA-256 sum of k3d-linux-amd64/);
});

test("a missing release is an error, and no reason to build (download-missing)", async (t) => {
  const { origin, close } = await standIn({});
  const error = await t.throwsAsync(download(release, await folder(), { origin, pins: {} }));
  close();
  t.false(error instanceof Unreachable);
  assertFault(t, "download-missing", error.message);
});

for (const status of [403, 500, 503]) {
  test(`a server that answers with status ${status} counts as unreachable`, async (t) => {
    const server = createServer((_, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // listening on TCP
    const origin = `http://127.0.0.1:${port}`;
    await t.throwsAsync(download(release, await folder(), { origin, pins: {} }), { instanceOf: Unreachable });
    server.close();
  });
}

test("a server that speaks no TLS where it should can't be trusted, and is no reason to build", async (t) => {
  const { origin, close } = await standIn({});
  const secure = origin.replace("http:", "https:");
  const error = await t.throwsAsync(download(release, await folder(), { origin: secure, pins: {} }));
  close();
  t.false(error instanceof Unreachable);
  assertFault(t, "download-untrusted", error.message);
});

test("a checksum of this repository is used, and the list next to the file is not even requested", async (t) => {
  const pins = { [pinName(release)]: sum };
  const { origin, close } = await standIn({ "k3d-linux-amd64": content });
  const file = await download(release, await folder(), { origin, pins });
  close();
  t.is(await readFile(file, "utf8"), content);
});

test("a file and a list that were changed together are refused by this repository's checksum", async (t) => {
  const tampered = "tampered";
  const published = createHash("sha256").update(tampered).digest("hex");
  const { origin, close } = await standIn({
    "checksums.txt": `${published}  k3d-linux-amd64\n`,
    "k3d-linux-amd64": tampered,
  });
  const target = await folder();
  const error = await t.throwsAsync(download(release, target, { origin, pins: { [pinName(release)]: sum } }));
  close();
  assertFault(t, "download-tampered", error.message);
  t.deepEqual(await readdir(target), []);
});

/** A server that promises a whole file, and ends the connection after a part of it. */
async function brokenOff(): Promise<{ origin: string; close: () => void }> {
  const server = createServer((request, response) => {
    if (request.url?.endsWith("checksums.txt")) response.end(`${sum}  k3d-linux-amd64\n`);
    else {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.slice(0, 4), () => response.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() };
}

test("an interrupted download is an error and no reason to build, and nothing of it is kept", async (t) => {
  const { origin, close } = await brokenOff();
  const target = await folder();
  const error = await t.throwsAsync(download(release, target, { origin, pins: {} }));
  close();
  t.false(error instanceof Unreachable);
  assertFault(t, "download-broken-off", error.message);
  t.deepEqual(await readdir(target), []);
});

test("a connection that can't be trusted is an error, and no reason to build", async (t) => {
  const folderOfKeys = await folder();
  const [key, certificate] = ["key.pem", "cert.pem"].map((name) => join(folderOfKeys, name));
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
    ...["-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"],
    ...["-keyout", key ?? "", "-out", certificate ?? ""],
  ]);
  t.is(made.status, 0, String(made.stderr));
  const options = { key: await readFile(key ?? ""), cert: await readFile(certificate ?? "") };
  const server = createSecureServer(options, (_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  const error = await t.throwsAsync(
    download(release, await folder(), { origin: `https://127.0.0.1:${port}`, pins: {} }),
  );
  server.close();
  t.false(error instanceof Unreachable);
  assertFault(t, "download-untrusted", error.message);
});

/** A proxy on loopback that alone knows the way to `downloads.invalid`, and what it was asked for. */
async function proxyTo(target: string, password?: string) {
  const asked: string[] = [];
  const to = new URL(target);
  const allowed = (headers: IncomingHttpHeaders) =>
    password === undefined || headers["proxy-authorization"] === `Basic ${Buffer.from(password).toString("base64")}`;
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (!allowed(request.headers)) {
      response.writeHead(407).end();
      return;
    }
    const { pathname } = new URL(request.url ?? "/");
    // By an agent of its own: the process's agent leads back to this proxy.
    get(new URL(pathname, to), { agent: new Agent() }, (answer) => {
      response.writeHead(answer.statusCode ?? 502);
      answer.pipe(response);
    });
  });
  server.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    if (!allowed(request.headers)) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    const way = connect(Number(to.port), to.hostname, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      way.pipe(socket).pipe(way);
    });
    way.on("error", () => socket.destroy());
    socket.on("error", () => way.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  return { address: `127.0.0.1:${port}`, asked, close: () => server.close() };
}

let processes = 0;

/** Downloads as the scripts do, whose process has these variables. The proxies are those of the whole process. */
async function downloadWith(variables: NodeJS.ProcessEnv, origin: string) {
  const target = await folder();
  processes++;
  const undo = setGlobalProxyFromEnv({ HTTP_PROXY: "http://127.0.0.1:9" });
  try {
    const { result } = await inEnvironment({ PATH: process.env.PATH, ...variables }, async () => {
      // As in a new process, which has not yet asked for its proxies. It is another copy of that module.
      const { download }: typeof import("../../toolchain/download.ts") = await import(
        `../../toolchain/download.ts?${processes}`
      );
      return download(release, target, { origin, pins: {} }).catch((error) => String(error));
    });
    return { result, files: await readdir(target) };
  } finally {
    undo();
  }
}

const files = { "checksums.txt": `${sum}  k3d-linux-amd64\n`, "k3d-linux-amd64": content };

for (const variable of ["HTTP_PROXY", "http_proxy"]) {
  test.serial(`a proxy in ${variable} is used`, async (t) => {
    const { origin, close } = await standIn(files);
    const proxy = await proxyTo(origin);
    const done = await downloadWith({ [variable]: `http://${proxy.address}` }, "http://downloads.invalid");
    proxy.close();
    close();
    t.deepEqual(done.files, ["k3d-linux-amd64"], done.result);
    t.true(proxy.asked.length > 0);
  });
}

test.serial("a proxy in HTTPS_PROXY is used for https downloads", async (t) => {
  const { origin, close } = await standIn(files);
  const proxy = await proxyTo(origin);
  await downloadWith({ HTTPS_PROXY: `http://${proxy.address}` }, "https://downloads.invalid");
  proxy.close();
  close();
  t.deepEqual(proxy.asked.slice(0, 1), ["downloads.invalid:443"]);
});

for (const [what, variables] of [
  ["NO_PROXY names the host", { NO_PROXY: "127.0.0.1" }],
  ["the host is this machine, whatever NO_PROXY says", { NO_PROXY: "example.com" }],
  ["the host is this machine, and no_proxy is in small letters", { no_proxy: "example.com" }],
] as const) {
  test.serial(`a proxy is not used if ${what}`, async (t) => {
    const { origin, close } = await standIn(files);
    const proxy = await proxyTo(origin);
    const done = await downloadWith({ HTTP_PROXY: `http://${proxy.address}`, ...variables }, origin);
    proxy.close();
    close();
    t.deepEqual(done.files, ["k3d-linux-amd64"], done.result);
    t.deepEqual(proxy.asked, []);
  });
}

test.serial("a proxy that needs a password is reported, and one that gets it is used", async (t) => {
  const { origin, close } = await standIn(files);
  const proxy = await proxyTo(origin, "pi:secret");
  const without = await downloadWith({ HTTP_PROXY: `http://${proxy.address}` }, "http://downloads.invalid");
  const having = await downloadWith({ HTTP_PROXY: `http://pi:secret@${proxy.address}` }, "http://downloads.invalid");
  proxy.close();
  close();
  assertFault(t, "proxy-password", without.result);
  t.deepEqual(without.files, []);
  t.deepEqual(having.files, ["k3d-linux-amd64"], having.result);
});

test.serial("a proxy may be given as HOST:PORT, as other programs take it", async (t) => {
  const { origin, close } = await standIn(files);
  const proxy = await proxyTo(origin);
  const done = await downloadWith({ HTTP_PROXY: proxy.address }, "http://downloads.invalid");
  proxy.close();
  close();
  t.deepEqual(done.files, ["k3d-linux-amd64"], done.result);
  t.true(proxy.asked.length > 0);
});

for (const value of ["http://user:p%w@10.0.0.1:3128", "http://user:se#cret@10.0.0.1:3128", "ftp://x", "http://"]) {
  test(`an invalid proxy (${value.slice(0, 14)}) is reported without its value`, (t) => {
    const error = t.throws(() => proxyVariables({ HTTPS_PROXY: value }));
    assertFault(t, "proxy-malformed", error.message);
    t.notRegex(error.message, /se#cret|p%w/);
  });
}

test("a page that blocks access counts as unreachable, even if it is served as the list", async (t) => {
  const { origin, close } = await standIn({ "checksums.txt": "<html>blocked by your company</html>" });
  await t.throwsAsync(download(release, await folder(), { origin, pins: {} }), { instanceOf: Unreachable });
  close();
});

test.serial("an unreachable proxy counts as unreachable downloads", async (t) => {
  const { result } = await downloadWith({ HTTP_PROXY: "http://127.0.0.1:9" }, "http://downloads.invalid");
  t.regex(result, /can't be reached/);
});

test("what is downloaded has a release for every machine that the scripts run on", (t) => {
  const releases = allReleases();
  t.is(new Set(releases.map(pinName)).size, 16);
  for (const { version } of releases) t.regex(version, /^v\d+\.\d+\.\d+$/);
});

test("every checksum that this repository has is of a release that is downloaded", (t) => {
  const names = new Set(allReleases().map(pinName));
  t.deepEqual(
    Object.keys(readPins()).filter((name) => !names.has(name)),
    [],
  );
});

test("a server that does not answer counts as unreachable", async (t) => {
  const { origin, close } = await standIn({});
  close();
  await t.throwsAsync(download(release, await folder(), { origin, pins: {} }), {
    instanceOf: Unreachable,
    message: /can't be reached/,
  });
});

const lists: [what: string, list: string, found: string | undefined][] = [
  ["with two spaces", `${sum}  k3d-linux-amd64`, sum],
  ["with a star, as in binary mode", `${sum} *k3d-linux-amd64`, sum],
  ["with a folder", `${sum}  _dist/k3d-linux-amd64`, sum],
  ["of other files", `${sum}  k3d-linux-amd64.sig\n${sum}  other`, undefined],
  ["with a sum of another kind", `${sum.slice(0, 40)}  k3d-linux-amd64`, undefined],
];
for (const [what, list, found] of lists) {
  test(`a list ${what} gives ${found === undefined ? "nothing" : "the sum"}`, (t) => {
    t.is(checksumOf(list, "k3d-linux-amd64"), found);
  });
}

for (const place of ["ftp://x", "x", "https://user:password@x"]) {
  test.serial(`PI_SPEEDUP_DOWNLOADS=${place} is refused`, async (t) => {
    process.env.PI_SPEEDUP_DOWNLOADS = place;
    try {
      const { message } = await t.throwsAsync(download(release, await folder()));
      assertFault(t, "downloads-malformed", message);
      t.false(message.includes("password@"));
    } finally {
      delete process.env.PI_SPEEDUP_DOWNLOADS;
    }
  });
}
