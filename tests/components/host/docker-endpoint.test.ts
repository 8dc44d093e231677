// Which machine Docker runs on, according to its command and the variables.
import { hostname } from "node:os";
import test from "ava";
import { type DockerEndpoint, dockerEndpoint, hostOf } from "../../../components/host/docker-endpoint.ts";
import { fakePrograms, type Rule } from "../../helpers/fake-programs.ts";
import { assertFault } from "../../helpers/faults.ts";
import { runProgram } from "../../helpers/run-program.ts";

for (const [address, host] of [
  ["unix:///var/run/docker.sock", undefined],
  ["npipe:////./pipe/docker_engine", undefined],
  ["", undefined],
  ["tcp://docker:2375", "docker"],
  ["tcp://[fd00::7]:2376", "fd00::7"],
  ["ssh://pi@red.local:2222/run/docker.sock", "red.local"],
] as const) {
  test(`the host in "${address}" is ${host ?? "none"}`, (t) => t.is(hostOf(address), host));
}

const context = (address: string): Rule => [/^context inspect/, { stdout: `${address}\n` }];
const daemonOn = (name: string): Rule => [/^info/, { stdout: `${name}\n` }];
const socket = "unix:///var/run/docker.sock";
const here = hostname();

const places: [what: string, host: string | undefined, docker: Rule[], place: DockerEndpoint["place"]][] = [
  ["the socket, and a daemon of this host", undefined, [context(socket), daemonOn(here)], "here"],
  ["a rootless Docker's socket", "unix:///run/user/1000/docker.sock", [daemonOn(here)], "here"],
  ["a command without contexts", undefined, [[/^context/, { code: 1 }], daemonOn(here)], "here"],
  ["Docker Desktop's virtual machine", undefined, [context(socket), daemonOn("docker-desktop")], "unsure"],
  ["the socket of the machine around a container", undefined, [context(socket), daemonOn("build-7")], "unsure"],
  ["a daemon on loopback, which may be a tunnel", "tcp://127.0.0.1:2375", [daemonOn(here)], "unsure"],
  ["a service beside a CI job", "tcp://docker.invalid:2375", [daemonOn(here)], "elsewhere"],
  ["a daemon by ssh", "ssh://pi@red.invalid", [], "elsewhere"],
  ["a context of another machine", undefined, [context("ssh://pi@red.invalid"), daemonOn(here)], "elsewhere"],
  ["an address of the network", undefined, [context("tcp://192.0.2.7:2376")], "elsewhere"],
  ["DOCKER_HOST before a context", socket, [context("tcp://192.0.2.7:2376"), daemonOn(here)], "here"],
];
for (const [what, host, docker, place] of places) {
  test.serial(`${what} is ${place}`, async (t) => {
    const former = { PATH: process.env.PATH, DOCKER_HOST: process.env.DOCKER_HOST };
    process.env.PATH = fakePrograms(t, { docker }).env.PATH;
    if (host === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = host;
    try {
      t.is((await dockerEndpoint()).place, place);
    } finally {
      Object.assign(process.env, former);
      if (former.DOCKER_HOST === undefined) delete process.env.DOCKER_HOST;
    }
  });
}

const cluster = {
  name: "pi-speedup-00000000",
  stack: "test",
  agents: 1,
  nodeImage: "rancher/k3s:v1",
  identity: "mine",
};

test("no cluster is started in the Docker of another machine: nothing is pulled or created (docker-elsewhere)", async (t) => {
  const programs = fakePrograms(t, { docker: [], k3d: [] });
  const env = { ...programs.env, DOCKER_HOST: "tcp://docker.invalid:2375" };
  const { code, stderr } = await runProgram("create-cluster", cluster, { ...programs, env });
  t.is(code, 1);
  assertFault(t, "docker-elsewhere", stderr);
  t.deepEqual(
    programs.calls().filter((call) => !call.startsWith("docker context inspect")),
    [],
  );
});
