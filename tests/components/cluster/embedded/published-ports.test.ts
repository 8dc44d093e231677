// Where published ports are, tested with a container of a fake Docker.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { Failure } from "../../../../analysis/failure.js";
import { checkPublishedPorts, patience } from "../../../../components/cluster/embedded/published-ports.ts";
import { assertFault } from "../../../helpers/faults.ts";

interface World {
  /** Name that the daemon gives its host. */
  name?: string;
  /** What answers at the published port of this machine. */
  at?: "the container" | "somebody else" | "nothing";
  /** Whether the container's program answers in it. */
  inside?: boolean;
  /** Whether there can be such a container. */
  runs?: boolean;
}

/** Tries the ports of a Docker like that. @returns its calls, and why it was refused. */
async function tried({ name = "elsewhere", at = "nothing", inside = true, runs = true }: World) {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  const secret = join(folder, "secret");
  const http = createServer((_, response) => response.end(at === "the container" ? readFileSync(secret) : "another\n"));
  await new Promise<void>((listening) => http.listen(0, "127.0.0.1", listening));
  // An address of a listening TCP server is never a string.
  const { port } = http.address() as AddressInfo;
  if (at === "nothing") await new Promise((closed) => http.close(closed));
  const calls = join(folder, "calls");
  writeFileSync(
    join(folder, "docker"),
    `#!/bin/sh
echo "$*" >> '${calls}'
case "$1" in
  context) echo unix:///var/run/docker.sock ;;
  info) echo '${name}' ;;
  run)
    while [ "$1" != --hostname ]; do shift; done
    echo "$2" > '${secret}'
    exit ${runs ? 0 : 125} ;;
  port) echo 127.0.0.1:${port} ;;
  exec) ${inside ? `/bin/cat '${secret}'` : "exit 1"} ;;
esac
`,
    { mode: 0o755 },
  );
  const former = { PATH: process.env.PATH, DOCKER_HOST: process.env.DOCKER_HOST, answer: patience.answer };
  process.env.PATH = folder;
  delete process.env.DOCKER_HOST;
  patience.answer = 300;
  try {
    await checkPublishedPorts({ image: "node-image", cluster: "pi-speedup-00000000", labels: ["a=b"] });
    return { calls: readFileSync(calls, "utf8"), refused: "" };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { calls: existsSync(calls) ? readFileSync(calls, "utf8") : "", refused: error.message };
  } finally {
    process.env.PATH = former.PATH;
    if (former.DOCKER_HOST !== undefined) process.env.DOCKER_HOST = former.DOCKER_HOST;
    patience.answer = former.answer;
    http.close();
    rmSync(folder, { recursive: true });
  }
}

test.serial("a Docker on this machine is not tested", async (t) => {
  const { calls, refused } = await tried({ name: hostname() });
  t.is(refused, "");
  t.notRegex(calls, /^run/m);
});

test.serial("a virtual machine that forwards its ports counts as this machine", async (t) => {
  const { calls, refused } = await tried({ name: "docker-desktop", at: "the container" });
  t.is(refused, "");
  t.regex(calls, /^run .*--label a=b .*--publish 127\.0\.0\.1::\d+ /m);
  t.regex(calls, /^rm --force --volumes k3d-pi-speedup-00000000-ports$/m);
});

for (const at of ["nothing", "somebody else"] as const) {
  test.serial(`a container that answers where it is, and ${at} here, is told (docker-ports-elsewhere)`, async (t) => {
    const { calls, refused } = await tried({ at });
    assertFault(t, "docker-ports-elsewhere", refused);
    t.regex(calls, /^rm --force --volumes k3d-pi-speedup-00000000-ports$/m);
  });
}

const untellable: [what: string, world: World][] = [
  ["a container that can't be made", { runs: false }],
  ["a container whose program answers nobody", { inside: false }],
];
for (const [what, world] of untellable) {
  test.serial(`${what} says nothing of the ports, and refuses nothing`, async (t) => {
    t.is((await tried(world)).refused, "");
  });
}
