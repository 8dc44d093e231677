// Downloads against a local server that stands in for the official one.
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { checksumOf, download, Unreachable } from "../../toolchain/download.ts";

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

test("a file that is what was published is kept", async (t) => {
  const { origin, close } = await standIn({
    "checksums.txt": `${sum}  _dist/k3d-linux-amd64\n`,
    "k3d-linux-amd64": content,
  });
  const file = await download(release, await folder(), origin);
  close();
  t.is(await readFile(file, "utf8"), content);
});

test("a file that is not what was published is refused, and nothing is kept", async (t) => {
  const { origin, close } = await standIn({
    "checksums.txt": `${sum}  k3d-linux-amd64\n`,
    "k3d-linux-amd64": "tampered",
  });
  const target = await folder();
  const error = await t.throwsAsync(download(release, target, origin));
  close();
  t.false(error instanceof Unreachable, "a wrong file must not lead to another way");
  t.regex(error.message, /is not what was published: its SHA-256 sum is [0-9a-f]{64}, expected [0-9a-f]{64}/);
  t.deepEqual(await readdir(target), []);
});

test("a list that does not name the file is an error, not another way", async (t) => {
  const { origin, close } = await standIn({
    "checksums.txt": `${sum}  k3d-darwin-arm64\n`,
    "k3d-linux-amd64": content,
  });
  const error = await t.throwsAsync(download(release, await folder(), origin));
  close();
  t.false(error instanceof Unreachable);
  t.regex(error.message, /lists no SHA-256 sum of k3d-linux-amd64/);
});

test("a release that is not there counts as out of reach", async (t) => {
  const { origin, close } = await standIn({});
  const error = await t.throwsAsync(download(release, await folder(), origin), { instanceOf: Unreachable });
  close();
  t.regex(error.message, /HTTP status 404/);
});

test("a server that does not answer counts as out of reach", async (t) => {
  const { origin, close } = await standIn({});
  close();
  await t.throwsAsync(download(release, await folder(), origin), {
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
