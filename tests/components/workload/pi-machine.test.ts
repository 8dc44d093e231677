// What pi.py reads about the machine: from files as the kernels of real boards write them, and from nonsense.
import { resolve } from "node:path";
import test from "ava";
import * as v from "valibot";
import { parseLog } from "../../../analysis/pod-output.ts";
import { runSchema } from "../../../analysis/records.ts";
import { PythonWithPi } from "../../helpers/inside-pi.ts";
import { thorough } from "../../helpers/thorough.ts";

const { machine: machineSchema } = runSchema.entries;

const python = new PythonWithPi();
test.after.always(() => python.end());
const insidePi = (code: string) => python.inside(code);

/** What the code makes of a tree of files, by path. */
function inTree(files: Record<string, string>, code: string): Promise<string> {
  return insidePi(`
import tempfile
with tempfile.TemporaryDirectory() as folder:
    pi.ROOT = Path(folder)
    for name, content in json.loads(${JSON.stringify(JSON.stringify(files))}).items():
        (pi.ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (pi.ROOT / name).write_text(content)
    ${code}
`);
}

async function onBoard(name: string) {
  const root = JSON.stringify(resolve("tests/fixtures/machines", name));
  return JSON.parse(
    await insidePi(`pi.ROOT = Path(${root})\nprint(json.dumps({**pi.machine(), "health": pi.health()}))`),
  );
}

const boards: [name: string, expected: Record<string, unknown>][] = [
  [
    "pi4-64bit",
    {
      cpu: "Cortex-A72 r0p3",
      board: "Raspberry Pi 4 Model B Rev 1.4",
      governor: "ondemand",
      threadsPerCore: 1,
      memoryTotal: 8_190_271_488,
      seccomp: 2,
      speculationStoreBypass: "vulnerable",
      health: { temperature: 48.312, underVoltage: false, capped: false },
    },
  ],
  [
    "pi5-64bit",
    {
      cpu: "Cortex-A76 r4p1",
      board: "Raspberry Pi 5 Model B Rev 1.0",
      speculationStoreBypass: "thread vulnerable",
      health: { temperature: 84.75, underVoltage: true, capped: true },
    },
  ],
  [
    "pi4-32bit",
    {
      cpu: "Cortex-A72 r0p3",
      board: "Raspberry Pi 4 Model B Rev 1.4",
      health: { temperature: 51.121, underVoltage: false, capped: false },
    },
  ],
  [
    "zero-w",
    {
      cpu: "ARM1176 r0p7",
      board: "Raspberry Pi Zero W Rev 1.1",
      governor: null,
      threadsPerCore: null,
      memoryTotal: null,
      seccomp: null,
      speculationStoreBypass: null,
      health: { temperature: null, underVoltage: null, capped: null },
    },
  ],
  [
    "rk3588",
    {
      cpu: "Cortex-A55 r2p0 + Cortex-A76 r4p0",
      board: "Orange Pi 5",
      health: { temperature: 43.461, underVoltage: null, capped: true },
    },
  ],
  [
    "x86-laptop",
    {
      cpu: "Intel(R) Core(TM) i7-8550U CPU @ 1.80GHz",
      board: null,
      governor: "powersave",
      threadsPerCore: 2,
      seccomp: 0,
      speculationStoreBypass: "thread force mitigated",
      health: { temperature: 67, underVoltage: null, capped: false },
    },
  ],
];
for (const [name, expected] of boards) {
  test(`the files of ${name} are read`, async (t) => t.like(await onBoard(name), expected));
}

const cores: [what: string, cpuinfo: string, expected: string][] = [
  [
    "another maker's core",
    "CPU implementer: 0x61\nCPU variant: 0x1\nCPU part: 0x022\nCPU revision: 0\n",
    "implementer 0x61 part 0x022 r1p0",
  ],
  ["a core that is newer than the table", "CPU implementer: 0x41\nCPU part: 0xfff\n", "implementer 0x41 part 0xfff"],
  [
    "a revision that is no number",
    "CPU implementer: 0x41\nCPU part: 0xd08\nCPU variant: x\nCPU revision: 3\n",
    "Cortex-A72",
  ],
];
for (const [what, cpuinfo, expected] of cores) {
  test(`${what} is named by its own data`, async (t) => {
    t.is(await inTree({ "proc/cpuinfo": cpuinfo }, "print(pi.cpu())"), expected);
  });
}

test("a processor without a name is called by its architecture", async (t) => {
  t.is(await inTree({}, "print(pi.cpu() == (pi.platform.processor() or pi.platform.machine()))"), "True");
});

const siblings: [listed: string, threads: string][] = [
  ["0", "1"],
  ["0,4", "2"],
  ["0-1", "2"],
  ["0-1,64-65", "4"],
  ["", "None"],
  ["0-1-2", "None"],
  ["3-0", "None"],
  ["0,x", "None"],
];
for (const [listed, threads] of siblings) {
  test(`the siblings "${listed}" are ${threads} threads`, async (t) => {
    const files = { "sys/devices/system/cpu/cpu0/topology/thread_siblings_list": `${listed}\n` };
    t.is(await inTree(files, "print(pi.threads_per_core())"), threads);
  });
}

const quotas: [what: string, files: Record<string, string>, cgroup: string, cores: string][] = [
  ["half a core by version 2", { "cpu.max": "50000 100000" }, "0::/", "0.5"],
  ["no quota by version 2", { "cpu.max": "max 100000" }, "0::/", "64"],
  [
    "a quota of a group above by version 2",
    { "cpu.max": "150000 100000", "a/b/cpu.max": "max 100000" },
    "0::/a/b",
    "1.5",
  ],
  [
    "a quota by version 1",
    { "cpu,cpuacct/k/cpu.cfs_quota_us": "25000", "cpu,cpuacct/k/cpu.cfs_period_us": "100000" },
    "4:cpu,cpuacct:/k",
    "0.25",
  ],
  ["no quota by version 1", { "cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000" }, "4:cpu:/k", "64"],
  ["a quota without a period", { "cpu.max": "50000 0" }, "0::/", "64"],
  ["a quota that is no number", { "cpu.max": "half" }, "0::/", "64"],
];
for (const [what, files, cgroup, allowed] of quotas) {
  test(`${what} allows ${allowed} of 64 cores`, async (t) => {
    const tree = Object.entries(files).map(([name, content]) => [`sys/fs/cgroup/${name}`, content]);
    const code = "os.sched_getaffinity = lambda _: range(64); print(pi.usable_cores())";
    t.is(await inTree({ ...Object.fromEntries(tree), "proc/self/cgroup": `${cgroup}\n` }, code), allowed);
  });
}

const delays: [what: string, files: Record<string, string>, seconds: string][] = [
  ["one process", { "1": "9000 2000000000 7" }, "2.0"],
  ["several processes, together", { "1": "9000 2000000000 7", "2": "9000 500000000 7" }, "2.5"],
  ["a process that has not run yet, beside one that has", { "1": "9000 2000000000 7", "2": "0 0 0" }, "2.0"],
  ["a kernel that has the file and does not count", { "1": "0 0 0", "2": "0 0 0" }, "None"],
  ["a process without the file", { "1": "9000 2000000000 7", "2": "" }, "None"],
  ["a file in another form", { "1": "9000 2000000000" }, "None"],
];
for (const [what, files, seconds] of delays) {
  test(`the wait for a processor of ${what} is ${seconds}`, async (t) => {
    const tree = Object.entries(files).map(([pid, content]) => [`proc/${pid}/schedstat`, `${content}\n`]);
    t.is(await inTree(Object.fromEntries(tree), `print(pi.waited([${Object.keys(files).join(", ")}]))`), seconds);
  });
}

test("two that share one core wait for it, and the record says so", async (t) => {
  const log = await insidePi(`
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
rival = pi.fork(lambda: pi.keep_busy(pi.random.Random(), 0, 60))
sys.argv[1:] = ["--samples=1000000", "--rounds=1", "--warm-up=0"]
pi.main()
os.kill(rival, 9)`);
  const [round] = parseLog(log, { source: "pi.py" }).run.rounds;
  t.true((round?.waited ?? 0) > 0.1 * (round?.seconds ?? 0), JSON.stringify(round));
});

const steal = (ticks: number, total: number) =>
  `cpu  ${total - ticks} 0 0 0 0 0 0 ${ticks} 500 500\ncpu0 1 1 1 1 1 1 1 1 1 1\n`;
const stolen: [what: string, before: string, after: string, share: string][] = [
  ["a tenth of the time", steal(100, 1000), steal(200, 2000), "0.1"],
  ["nothing", steal(100, 1000), steal(100, 2000), "0"],
  ["a counter that runs backwards", steal(100, 1000), steal(50, 2000), "0"],
  ["no time at all", steal(100, 1000), steal(100, 1000), "None"],
  ["a kernel without the column", "cpu 1 2 3 4\n", "cpu 2 3 4 5\n", "None"],
  ["no such file", "", "", "None"],
];
for (const [what, before, after, share] of stolen) {
  test(`the stolen share of ${what} is ${share}`, async (t) => {
    const code = `before = pi.processor_time(); (pi.ROOT / "proc/stat").write_text(${JSON.stringify(after)}); print(pi.stolen(before, pi.processor_time()))`;
    t.is(await inTree({ "proc/stat": before }, code), share);
  });
}

test("the worst sample of the board's health is recorded, including those of the low-priority child", async (t) => {
  const log = await insidePi(`
parent = os.getpid()
seen, see = os.pipe()
def health():
    if os.getpid() == parent:
        return {"temperature": 50, "underVoltage": False, "capped": None}
    os.write(see, b".")
    return {"temperature": os.nice(0) + 60, "underVoltage": True, "capped": None}
pi.health = health
pi.SAMPLING = 0.01
# Before and after the round; at the second look, the first one has been reported.
pi.keep_busy = lambda *_: os.read(seen, 1)
sys.argv[1:] = ["--samples=1000", "--rounds=1", "--warm-up=1"]
pi.main()
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    pass`);
  const { health } = parseLog(log, { source: "pi.py" }).run.machine;
  t.deepEqual(health, { temperature: 79, underVoltage: true, capped: null });
});

test("if nothing reports the board's health, no child samples it", async (t) => {
  t.is(await inTree({}, "print(pi.Health().child)"), "None");
});

test("files full of nonsense neither stop it nor reach the record", async (t) => {
  const machines = thorough ? 300 : 100;
  const records = await insidePi(String.raw`
import random, tempfile
names = [
    "proc/cpuinfo", "proc/meminfo", "proc/stat", "proc/self/status", "proc/self/cgroup", "proc/1/schedstat", "proc/device-tree/model",
    "sys/class/thermal/thermal_zone0/type", "sys/class/thermal/thermal_zone0/temp", "sys/class/hwmon/hwmon0/name",
    "sys/class/hwmon/hwmon0/in0_lcrit_alarm", "sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq",
    "sys/devices/system/cpu/cpufreq/policy0/cpuinfo_max_freq", "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
    "sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "sys/fs/cgroup/cpu.max", "sys/fs/cgroup/cpu.stat",
]
words = [
    "cpu", "0", "1", "-1", "0-1", ",", ":", ": ", "\n", " ", "\t", "\0", "rpi_volt", "cpu-thermal", "99999999999999999999", "1e9", "nan", "0::/",
    "model name", "CPU part", "CPU implementer", "CPU variant", "0x41", "MemTotal", "SwapTotal:", "SwapFree:", "kB", "Seccomp:", "Model",
    "throttled_usec", "max", "100000", "\u00b2", "\ud7ff", "/../..", "cpu.max",
]
for number in range(${machines}):
    chance = random.Random(number)
    with tempfile.TemporaryDirectory() as folder:
        pi.ROOT = Path(folder)
        for name in names:
            path = pi.ROOT / name
            path.parent.mkdir(parents=True, exist_ok=True)
            kind = chance.randrange(4)
            if kind == 0:
                path.mkdir()
            elif kind == 1:
                path.write_bytes(bytes(chance.randrange(256) for _ in range(chance.randrange(60))))
            else:
                path.write_text("".join(chance.choice(words) for _ in range(chance.randrange(30))))
        observer = pi.Health()
        before = pi.conditions()
        record = {**pi.machine(), "stolen": pi.stolen(pi.processor_time(), (10**9, 10)), "health": observer.conclude()}
        print(json.dumps({"machine": {**record, "before": before, "after": pi.conditions()}, "waited": pi.waited([1]), "cores": pi.usable_cores()}))`);
  const schema = v.object({
    machine: machineSchema,
    waited: v.nullable(v.pipe(v.number(), v.minValue(0))),
    cores: v.pipe(v.number(), v.gtValue(0)),
  });
  const lines = records.split("\n");
  t.is(lines.length, machines);
  for (const line of lines) t.notThrows(() => v.parse(schema, JSON.parse(line)), line);
});

(process.getuid?.() === 0 ? test : test.skip)(
  "a user without rights reads the same of this machine as root",
  async (t) => {
    const read = "print(json.dumps({**pi.machine(), 'seccomp': None}))";
    const [asRoot, asNobody] = [
      await insidePi(read),
      await insidePi(`os.setgroups([])\nos.setgid(65534)\nos.setuid(65534)\n${read}`),
    ];
    t.deepEqual(JSON.parse(asNobody), JSON.parse(asRoot));
  },
);
