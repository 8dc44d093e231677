import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type ExecutionContext } from "ava";
import { indexDigest, parseImage } from "../../toolchain/registry.ts";

/** A registry on loopback. */
async function registry(
  t: ExecutionContext,
  answer: (request: IncomingMessage, response: ServerResponse, origin: string) => void,
): Promise<string> {
  const server = createServer((request, response) => answer(request, response, origin));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo; // listening on TCP
  const origin = `http://127.0.0.1:${port}`;
  return origin;
}

const index = (...platforms: string[]) =>
  JSON.stringify({
    schemaVersion: 2,
    manifests: platforms.map((platform) => {
      const [os, architecture] = platform.split("/");
      return { digest: `sha256:${"0".repeat(64)}`, platform: { os, architecture } };
    }),
  });
const both = index("linux/amd64", "linux/arm64", "unknown/unknown");

test("the digest is that of the list for all architectures, by what came and not by what a header says", async (t) => {
  const asked: string[] = [];
  const origin = await registry(t, (request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.accept}`);
    response.setHeader("docker-content-digest", `sha256:${"f".repeat(64)}`);
    response.end(both);
  });
  const digest = await indexDigest("rancher/k3s:v1", origin);
  t.is(digest, `sha256:${createHash("sha256").update(both).digest("hex")}`);
  t.regex(asked.join(), /^GET \/v2\/rancher\/k3s\/manifests\/v1 .*image\.index.*manifest\.list/);
});

test("a registry that wants a token for anybody gets one", async (t) => {
  const origin = await registry(t, (request, response, self) => {
    if (request.url?.startsWith("/token?service=here&scope=pull")) response.end('{"token":"t"}');
    else if (request.headers.authorization === "Bearer t") response.end(both);
    else {
      response.setHeader("www-authenticate", `Bearer realm="${self}/token",service="here",scope="pull"`);
      response.writeHead(401).end();
    }
  });
  t.regex(await indexDigest("k3d-io/k3d-tools:5", origin), /^sha256:/);
});

test("an image that lacks a supported architecture is not pinned", async (t) => {
  const origin = await registry(t, (_, response) => response.end(index("linux/amd64")));
  await t.throwsAsync(indexDigest("rancher/k3s:v1", origin), { message: /has no image for linux\/arm64/ });
});

test("a missing tag is reported", async (t) => {
  const origin = await registry(t, (_, response) => response.writeHead(404).end("{}"));
  await t.throwsAsync(indexDigest("rancher/k3s:v0", origin), {
    message: /manifests\/v0 answered with HTTP status 404/,
  });
});

const names: [image: string, registry: string, repository: string, tag: string][] = [
  ["python:3.9-slim", "registry-1.docker.io", "library/python", "3.9-slim"],
  ["rancher/k3s:v1.34.2-k3s1", "registry-1.docker.io", "rancher/k3s", "v1.34.2-k3s1"],
  ["ghcr.io/k3d-io/k3d-tools:5.8.3", "ghcr.io", "k3d-io/k3d-tools", "5.8.3"],
  ["localhost:5000/a/b", "localhost:5000", "a/b", "latest"],
];
for (const [image, at, repository, tag] of names) {
  test(`${image} is ${repository} at ${at}`, (t) => {
    t.deepEqual(parseImage(image), { registry: at, repository, tag });
  });
}
