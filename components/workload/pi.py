"""Throws points at a square and counts those in the circle, round after round, and prints what it took.

Runs in each pod (`python3 -c TEXT …`) and on the single machine (`python3 - …`): same text, same work.
Prints the line of the tutorial and one line of JSON, the record. Python 3.9 or newer, standard library only.
"""

import sys

if sys.version_info < (3, 9):
    sys.exit("pi.py needs Python 3.9 or newer, this is %d.%d: use another image, or another python3." % sys.version_info[:2])

import argparse
import contextlib
import hashlib
import json
import math
import os
import platform
import random
import re
import select
import signal
import socket
import statistics
import time
from itertools import repeat, starmap
from pathlib import Path

CHUNK = 10_000  # samples between two looks at signals; small enough for the processor's cache
ROOT = Path("/")  # where the kernel's files are; tests put another tree here
SAMPLING = 2  # seconds between two looks at the board's health

# What Arm Limited's cores are called, by "CPU part" of /proc/cpuinfo.
ARM_CORES = {
    "0xb76": "ARM1176",
    "0xc07": "Cortex-A7",
    "0xc08": "Cortex-A8",
    "0xc09": "Cortex-A9",
    "0xc0f": "Cortex-A15",
    "0xd03": "Cortex-A53",
    "0xd04": "Cortex-A35",
    "0xd05": "Cortex-A55",
    "0xd07": "Cortex-A57",
    "0xd08": "Cortex-A72",
    "0xd09": "Cortex-A73",
    "0xd0a": "Cortex-A75",
    "0xd0b": "Cortex-A76",
    "0xd0c": "Neoverse-N1",
    "0xd0d": "Cortex-A77",
    "0xd40": "Neoverse-V1",
    "0xd41": "Cortex-A78",
    "0xd49": "Neoverse-N2",
    "0xd4f": "Neoverse-V2",
}
# Thermal zones that are the processor's, by the start of their type: Raspberry Pi, Rockchip, x86.
PROCESSOR_ZONES = ("cpu", "soc", "bigcore", "littlecore", "x86_pkg_temp")


def throw(generator, samples):
    """How many of so many points lie in the circle. The fastest form of the standard library, see tests/bench."""
    inside = 0
    for done in range(0, samples, CHUNK):
        coordinates = starmap(generator.random, repeat((), 2 * min(CHUNK, samples - done)))
        if sys.version_info < (3, 10):  # its hypot is quicker than its bytecode; since 3.10 it is the other way round
            inside += sum(map((1.0).__ge__, map(math.hypot, coordinates, coordinates)))
        else:
            inside += len([None for x, y in zip(coordinates, coordinates) if x * x + y * y <= 1])
    return inside


def stream(seed, index, process, round_name):
    """A generator of its own for each part of the work: neighbours share nothing but the hash function."""
    name = repr((seed, index, process, round_name)).encode()
    return random.Random(int.from_bytes(hashlib.sha256(name).digest(), "big"))


def keep_busy(generator, samples, seconds):
    """Throws at least so many points for at least so long; nobody counts them."""
    until = time.monotonic() + seconds
    while samples > 0 or time.monotonic() < until:
        throw(generator, CHUNK)
        samples -= CHUNK


def shares(samples, processes):
    """The work of a round, as even as it goes."""
    return [samples // processes + (process < samples % processes) for process in range(processes)]


def fork(work):
    """Does that work in a child process, which ends with it."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            work()
            status = 0
        except Exception:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(status)
    return pid


class Team:
    """The processes of this worker. One works in place; several are forked once and told each round by a pipe."""

    def __init__(self, seed, index, processes):
        self.name = (seed, index)
        self.processes = processes
        self.children = []
        for process in range(processes if processes > 1 else 0):
            self.children.append(self.child(process))

    def child(self, process):
        (orders, give), (take, answers) = os.pipe(), os.pipe()

        def work():
            os.close(give)
            os.close(take)
            with open(orders) as source, open(answers, "w") as sink:
                for line in source:  # ends when the parent closes the pipe, however it ends
                    self.obey(process, line.split(), source, sink)

        pid = fork(work)
        os.close(orders)
        os.close(answers)
        return pid, open(give, "w"), open(take)

    def obey(self, process, order, source, sink):
        """A round: its name and samples. With seconds after them it is untimed work, which goes on until the next order."""
        round_name, samples, *seconds = order
        generator = stream(*self.name, process, round_name)
        if not seconds:
            print(throw(generator, int(samples)), file=sink, flush=True)
            return
        keep_busy(generator, int(samples), float(seconds[0]))
        print(0, file=sink, flush=True)
        while not select.select([source], [], [], 0)[0]:
            throw(generator, CHUNK)

    def pids(self):
        return [os.getpid()] + [child[0] for child in self.children]

    def run(self, round_name, samples):
        """Throws a round's samples; returns how many were inside."""
        parts = shares(samples, self.processes)
        if not self.children:
            return throw(stream(*self.name, 0, round_name), parts[0])
        return self.order([f"{round_name} {part}" for part in parts])

    def keep_busy(self, name, samples, seconds, then_rest):
        """
        Untimed work before or after the rounds, on all processes until the last has done its part; returns how long it
        took. Those that are done earlier go on meanwhile, and end with the others or, without rest, when they are dismissed.
        """
        begun = time.monotonic()
        parts = shares(samples, self.processes)
        if not self.children:
            keep_busy(stream(*self.name, 0, name), parts[0], seconds)
        else:
            self.order([f"{name} {part} {seconds}" for part in parts])
            if then_rest:
                self.run("rest", 0)
        return time.monotonic() - begun

    def order(self, orders):
        """Gives each process its order; returns the sum of the answers."""
        for (_, source, _), order in zip(self.children, orders):
            source.write(f"{order}\n")
            with contextlib.suppress(BrokenPipeError):  # who is dead is told by who does not answer
                source.flush()
        return sum(self.answer(process) for process in range(self.processes))

    def answer(self, process):
        line = self.children[process][2].readline()
        if line:
            return int(line)
        pid, status = os.waitpid(self.children[process][0], 0)
        self.children[process] = None
        sys.exit(f"Process {process} of {self.processes} (pid {pid}) ended before it had counted its samples, wait status {status}.")

    def dismiss(self):
        for pid, orders, answers in filter(None, self.children):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            answers.close()
            with contextlib.suppress(BrokenPipeError):
                orders.close()


class Health:
    """How the board fares: looked at now, at the end, and in between by a child that gives way to everybody else."""

    def __init__(self):
        self.worst, self.child = health(), None
        if any(value is not None for value in self.worst.values()):
            (alive, held), (take, give) = os.pipe(), os.pipe()

            def work():
                os.close(held)
                os.close(take)
                os.nice(19)
                seen = self.worst
                while not select.select([alive], [], [], SAMPLING)[0]:  # until the parent ends, however it ends
                    before, seen = seen, worse(seen, health())
                    if seen != before:  # seldom, so that a long run does not fill the pipe
                        os.write(give, f"{json.dumps(seen)}\n".encode())

            self.child = fork(work)
            os.close(alive)
            os.close(give)
            self.held, self.reports = held, open(take)

    def conclude(self):
        """Ends the child; returns the worst that was seen."""
        self.worst = worse(self.worst, health())
        if self.child is not None:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
            os.close(self.held)
            with self.reports:
                for line in self.reports:
                    with contextlib.suppress(ValueError):  # killed while it wrote
                        self.worst = worse(self.worst, json.loads(line))
        return self.worst


def health():
    """The processor's temperature in °C, whether the supply's voltage is too low, whether the clock is capped; None: unknown."""
    zones = [celsius(text(zone / "temp")) for zone in found("sys/class/thermal/thermal_zone*") if text(zone / "type").startswith(PROCESSOR_ZONES)]
    alarms = [text(chip / "in0_lcrit_alarm") for chip in found("sys/class/hwmon/hwmon*") if text(chip / "name") == "rpi_volt"]
    limits = [
        (whole(text(policy / "scaling_max_freq")), whole(text(policy / "cpuinfo_max_freq")))
        for policy in found("sys/devices/system/cpu/cpufreq/policy*")
    ]
    return {
        "temperature": max((degrees for degrees in zones if degrees is not None), default=None),
        "underVoltage": any(alarm == "1" for alarm in alarms) if set(alarms) & {"0", "1"} else None,
        "capped": max((limit < most for limit, most in limits if None not in (limit, most)), default=None),
    }


def worse(one, other):
    """Of each entry the worse one, and what is known rather than what is not."""
    return {key: max((value for value in (one[key], other[key]) if value is not None), default=None) for key in one}


def found(pattern):
    """What is there of that name, in the kernel's files."""
    try:
        return sorted(ROOT.glob(pattern))
    except OSError:
        return []


def text(path):
    """What a file of the kernel says; empty where there is none."""
    try:
        return (ROOT / path).read_text(errors="replace").strip("\0\n ")
    except (OSError, ValueError):  # also a path that is none
        return ""


def words(said):
    """What a machine says of itself, as long as a name may be; None where it says nothing."""
    return said[:120] or None


def whole(word):
    """A whole number as the kernel writes it, not negative; None for anything else."""
    return int(word) if re.fullmatch("[0-9]{1,15}", word) else None


def celsius(word):
    """Thousandths of a degree as degrees; None for anything else."""
    return int(word) / 1000 if re.fullmatch("-?[0-9]{1,6}", word) else None


def entries(path, separator=":"):
    """A file's lines of the form `name: value`; of several with one name, the first."""
    lines = (line.partition(separator) for line in text(path).splitlines())
    pairs = [(name.strip(), value.strip()) for name, mark, value in lines if mark]
    return dict(reversed(pairs))


def cgroup_files(controller, name):
    """This process's file of that name in its cgroup and in those above, by version 2 and by version 1."""
    top = Path("sys/fs/cgroup")
    for line in text("proc/self/cgroup").splitlines():
        _, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        if controllers and controller not in controllers.split(","):
            continue
        # In a container the path may be the host's, and the files lie at the top.
        for group in [Path(path.lstrip("/")), *Path(path.lstrip("/")).parents]:
            for root in (top / controllers, top / controller) if controllers else (top, top / "unified"):
                content = text(root / group / name)
                if content:
                    yield content


def usable_cores():
    """Cores that this process may use: affinity and cpuset, and the CPU quota, which may be a fraction."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        cores = os.cpu_count() or 1
    limits = [tuple(content.split()) for content in cgroup_files("cpu", "cpu.max")]
    limits += zip(cgroup_files("cpu", "cpu.cfs_quota_us"), cgroup_files("cpu", "cpu.cfs_period_us"))
    numbers = [tuple(map(whole, limit)) for limit in limits if len(limit) == 2]
    return min([cores] + [quota / period for quota, period in numbers if quota and period])


def conditions():
    """What else the machine is doing; None where the kernel does not tell."""
    swap = (memory("SwapTotal"), memory("SwapFree"))
    lines = [line.split() for line in next(cgroup_files("cpu", "cpu.stat"), "").splitlines()]
    units = {"throttled_usec": 1e6, "throttled_time": 1e9}
    throttled = [whole(line[1]) / units[line[0]] for line in lines if len(line) == 2 and line[0] in units and whole(line[1]) is not None]
    return {
        "memoryAvailable": memory("MemAvailable"),
        "swapUsed": None if None in swap else max(0, swap[0] - swap[1]),
        "throttled": throttled[0] if throttled else None,
        "cpuTime": time.process_time() + sum(os.times()[2:4]),
    }


def memory(name):
    """An entry of /proc/meminfo, in bytes."""
    kilobytes = whole(entries("proc/meminfo").get(name, "").partition(" ")[0])
    return None if kilobytes is None or kilobytes >= 2**43 else kilobytes * 1024


def waited(pids):
    """Seconds in which these processes were ready but had no processor; None where the kernel does not tell."""
    delays = [text(f"proc/{pid}/schedstat").split() for pid in pids]
    numbers = [whole(delay[1]) if len(delay) == 3 else None for delay in delays]
    # Where the kernel has the file but does not count, all three are zero for ever.
    if None in numbers or all(delay[2] == "0" for delay in delays):
        return None
    return sum(numbers) / 1e9


def processor_time():
    """Time of all processors since the start of the machine, and what of it was stolen, in ticks; None where nothing tells."""
    for line in text("proc/stat").splitlines():
        columns = line.split()
        if columns[:1] == ["cpu"]:
            # The ninth and tenth number, guests, are part of the first and second.
            ticks = [whole(column) for column in columns[1:9]]
            return None if len(ticks) < 8 or None in ticks else (sum(ticks), ticks[7])
    return None


def stolen(before, after):
    """The share of the processors' time between two looks that the hypervisor gave to others; None where nothing tells."""
    if before is None or after is None or after[0] <= before[0]:
        return None
    return min(1, max(0, (after[1] - before[1]) / (after[0] - before[0])))


def cpu():
    """The processor's model: its name on x86, the cores' names on Arm, whose 32-bit and 64-bit kernels say different things."""
    lines = [[part.strip() for part in line.partition(":")[::2]] for line in text("proc/cpuinfo").splitlines()]
    cores = []
    for name, value in lines:
        if name == "processor" or not cores:
            cores.append({})
        cores[-1][name] = value
    names = dict.fromkeys(filter(None, map(arm_core, cores))) or [value for name, value in lines if name == "model name" and value][:1]
    return " + ".join(names) or platform.processor() or platform.machine()


def arm_core(core):
    """A core's name by what it says of itself, e.g. "Cortex-A72 r0p3"; empty where it is not Arm's kind."""
    maker, part = core.get("CPU implementer"), core.get("CPU part")
    if not maker or not part:
        return ""
    name = ARM_CORES.get(part.lower()) if maker == "0x41" else None
    try:
        revision = f" r{int(core['CPU variant'], 0)}p{int(core['CPU revision'], 0)}"
    except (KeyError, ValueError):
        revision = ""
    return (name or f"implementer {maker} part {part}") + revision


def threads_per_core():
    """Logical cores of the first physical one; None where the kernel does not tell."""
    listed = text("sys/devices/system/cpu/cpu0/topology/thread_siblings_list")
    ranges = [[whole(end) for end in each.split("-")] for each in listed.split(",")]
    if any(None in each or len(each) > 2 or each[-1] < each[0] for each in ranges):
        return None
    return sum(each[-1] - each[0] + 1 for each in ranges)


def machine():
    """What this machine is, as far as a container without rights can read it."""
    status = entries("proc/self/status")
    return {
        "architecture": platform.machine(),
        "cpu": words(cpu()),
        # Containers see an empty folder in place of the device tree; the kernels for Raspberry Pis say it here, too.
        "board": words(text("proc/device-tree/model") or entries("proc/cpuinfo").get("Model", "")),
        "kernel": platform.release(),
        "governor": words(text("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")),
        "threadsPerCore": threads_per_core(),
        "memoryTotal": memory("MemTotal"),
        "seccomp": whole(status.get("Seccomp", "")),
        "speculationStoreBypass": words(status.get("Speculation_Store_Bypass", "")),
        "bootId": words(text("proc/sys/kernel/random/boot_id")),
    }


def settings():
    def at_least(least):
        def number(word):
            if not word.isascii() or not word.isdigit() or int(word) < least:
                raise argparse.ArgumentTypeError(f'"{word}" was found, a whole number of at least {least} is needed')
            return int(word)

        return number

    def duration(word):
        try:
            if 0 <= float(word) < math.inf:
                return float(word)
        except ValueError:
            pass
        raise argparse.ArgumentTypeError(f'"{word}" was found, a number of seconds of at least 0 is needed')

    positive = at_least(1)
    parser = argparse.ArgumentParser(description="Monte-Carlo π, timed", allow_abbrev=False)
    parser.error = lambda message: (print(f"pi.py: {message}.", file=sys.stderr), sys.exit(2))
    parser.add_argument("--samples", type=positive, required=True, help="samples of a round")
    parser.add_argument("--rounds", type=positive, required=True, help="timed rounds")
    parser.add_argument("--first-round", type=at_least(0), default=0, help="number of the first of them, which names its stream")
    parser.add_argument("--warm-up", type=duration, default=0.5, help="least seconds of untimed work before and after the rounds; 0: none at all")
    parser.add_argument("--processes", type=lambda word: word if word == "cores" else positive(word), default=1)
    parser.add_argument("--seed", default="", help="empty: 128 bits from the system")
    parser.add_argument("--index", default=os.environ.get("JOB_COMPLETION_INDEX", "0"), help="names the streams")
    parser.add_argument("--node", default=os.environ.get("NODE_NAME") or socket.gethostname())
    asked = parser.parse_args()
    asked.cores = usable_cores()
    if asked.processes == "cores":
        asked.processes = max(1, math.floor(asked.cores))
    if asked.samples < asked.processes:
        parser.error(f"{asked.samples} samples were asked for with {asked.processes} processes, at least one sample each is needed")
    if asked.processes > math.ceil(asked.cores):
        parser.error(f'{asked.processes} processes were asked for, this machine has {asked.cores:g} cores for them; ask for fewer, or for "cores"')
    return asked


def timed_round(team, number, samples):
    """One round, and how long it took. Nothing but the throwing lies between the two looks at the clock."""
    pids = team.pids()
    delay = waited(pids)
    start, begun = time.time(), time.monotonic()
    inside = team.run(number, samples)
    seconds, end = time.monotonic() - begun, time.time()
    delays = (delay, waited(pids))
    return {
        "seconds": seconds,
        "start": start,
        "end": end,
        "inside": inside,
        "waited": None if None in delays else max(0, delays[1] - delays[0]),
    }


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the first process of a container has no default for it
    asked = settings()
    seed = asked.seed or os.urandom(16).hex()
    before, started = conditions(), time.time()
    observer = Health()
    team = Team(seed, asked.index, asked.processes)
    least = max(asked.processes, asked.samples // 10)  # samples of the untimed work
    try:
        warm_up = cool_down = 0
        if asked.warm_up > 0:
            warm_up = team.keep_busy(f"warm-up-{asked.first_round}", least, asked.warm_up, then_rest=True)
        ticks = processor_time()
        rounds = [timed_round(team, asked.first_round + number, asked.samples) for number in range(asked.rounds)]
        share = stolen(ticks, processor_time())
        if asked.warm_up > 0:
            cool_down = team.keep_busy(f"cool-down-{asked.first_round}", least, asked.warm_up, then_rest=False)
        ended = time.time()
    finally:
        team.dismiss()
        fared = observer.conclude()
    samples, inside = asked.samples * asked.rounds, sum(each["inside"] for each in rounds)
    seconds = statistics.fmean(each["seconds"] for each in rounds)
    record = {
        "record": "pi-speedup/1",
        "index": int(asked.index) if asked.index.isascii() and asked.index.isdigit() else asked.index,
        "node": asked.node,
        "seed": seed,
        "python": platform.python_version(),
        "machine": {**machine(), "stolen": share, "health": fared, "before": before, "after": conditions()},
        "cores": asked.cores,
        "processes": asked.processes,
        "samples": samples,
        "inside": inside,
        "pi": 4 * inside / samples,
        "seconds": seconds,
        "warmUp": warm_up,
        "coolDown": cool_down,
        "started": started,
        "ended": ended,
        "rounds": rounds,
    }
    line = f"Node {asked.node}: π ≈ {record['pi']:.6f}, Time: {seconds:.2f}s"
    sys.stdout.buffer.write(f"{line}\n{json.dumps(record, separators=(',', ':'))}\n".encode())


if __name__ == "__main__":
    main()
