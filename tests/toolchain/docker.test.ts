import test from "ava";
import { Failure } from "../../analysis/failure.js";
import { canHave, isStale, type Machine, planDocker, waitForAnswer } from "../../toolchain/docker.ts";
import { fakePrograms } from "../helpers/fake-programs.ts";
import { assertFault, messageOf } from "../helpers/faults.ts";

const bare: Machine = {
  answers: false,
  dockerHost: undefined,
  context: undefined,
  mayInstall: true,
  commands: { docker: false, dockerd: false, iptables: false },
  systemd: false,
  sysResource: true,
};
const installed = { docker: true, dockerd: true, iptables: true };

const plans: { title: string; machine: Partial<Machine>; plan: ReturnType<typeof planDocker> }[] = [
  { title: "a daemon that answers is used", machine: { answers: true }, plan: { kind: "use" } },
  {
    title: "a daemon that answers at DOCKER_HOST is used",
    machine: { answers: true, dockerHost: "tcp://127.0.0.1:2375", mayInstall: false },
    plan: { kind: "use" },
  },
  {
    title: "a bare machine of root's gets Docker and iptables, and a process of its own",
    machine: {},
    plan: { kind: "start", install: ["docker.io", "iptables"], by: "process", withoutSysResource: false },
  },
  {
    title: "a docker command without a daemon is no Docker",
    machine: { commands: { ...installed, dockerd: false } },
    plan: { kind: "start", install: ["docker.io"], by: "process", withoutSysResource: false },
  },
  {
    title: "what is installed is not installed again",
    machine: { commands: installed },
    plan: { kind: "start", install: [], by: "process", withoutSysResource: false },
  },
  {
    title: "where systemd runs, it starts the service",
    machine: { commands: installed, systemd: true },
    plan: { kind: "start", install: [], by: "systemd", withoutSysResource: false },
  },
  {
    title: "without CAP_SYS_RESOURCE the daemon gets our runc, and so no service starts it",
    machine: { commands: installed, systemd: true, sysResource: false },
    plan: { kind: "start", install: [], by: "process", withoutSysResource: true },
  },
];
for (const { title, machine, plan } of plans) {
  test(title, (t) => {
    t.deepEqual(planDocker({ ...bare, ...machine }), plan);
  });
}

test("a DOCKER_HOST without an answer is reported, and no other daemon is started", (t) => {
  const plan = planDocker({ ...bare, dockerHost: "tcp://127.0.0.1:2375" });
  t.is(plan.kind, "refuse");
  assertFault(t, "docker-host-dead", plan.kind === "refuse" ? messageOf(plan.why) : "");
  t.regex(plan.kind === "refuse" ? plan.why.text : "", /DOCKER_HOST=tcp:\/\/127\.0\.0\.1:2375/);
});

test("a context without an answer is reported, and no other daemon is started", (t) => {
  const plan = planDocker({ ...bare, context: "ssh://pi@red" });
  assertFault(t, "docker-context-dead", plan.kind === "refuse" ? messageOf(plan.why) : "");
});

test("a user who may not start services is told to start Docker", (t) => {
  const plan = planDocker({ ...bare, mayInstall: false });
  t.is(plan.kind, "refuse");
  assertFault(t, "docker-not-running", plan.kind === "refuse" ? messageOf(plan.why) : "");
});

for (const [fault, alive, seconds] of [
  ["docker-not-started", false, 60],
  ["docker-silent", true, 0],
] as const) {
  test.serial(`a daemon that was started and does not answer is told (${fault})`, async (t) => {
    const { env } = fakePrograms(t, { docker: [[/^version/, { code: 1 }]] });
    const { PATH } = process.env;
    process.env.PATH = env.PATH;
    try {
      const waiting = waitForAnswer(
        () => alive,
        () => "Run this again.",
        seconds,
      );
      const { message } = await t.throwsAsync(waiting, { instanceOf: Failure });
      assertFault(t, fault, message);
    } finally {
      process.env.PATH = PATH;
    }
  });
}

const capabilities = [
  { title: "all capabilities", bounding: "000001ffffffffff", expected: true },
  { title: "all but this one", bounding: "000001fffeffffff", expected: false },
  { title: "no capabilities", bounding: "0000000000000000", expected: false },
];
for (const { title, bounding, expected } of capabilities) {
  test(`${title}: CAP_SYS_RESOURCE ${expected ? "can" : "cannot"} be had`, (t) => {
    t.is(canHave(24, `Name:\tnode\nCapEff:\t000001ffffffffff\nCapBnd:\t${bounding}\nCapAmb:\t0\n`), expected);
  });
}

const pidFiles = [
  { title: "of the daemon itself is not stale", text: "7\n", name: "dockerd", stale: false },
  { title: "of a process that is gone is stale", text: "7", name: undefined, stale: true },
  { title: "whose number another program got is stale", text: "7", name: "bash", stale: true },
  { title: "that is empty is stale", text: "", name: "dockerd", stale: true },
];
for (const { title, text, name, stale } of pidFiles) {
  test(`a pid file ${title}`, (t) => {
    t.is(
      isStale(text, "dockerd", () => name),
      stale,
    );
  });
}
