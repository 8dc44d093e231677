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
import signal
import socket
import statistics
import time
from itertools import repeat, starmap
from pathlib import Path

CHUNK = 10_000  # samples between two looks at signals; small enough for the processor's cache
CGROUPS = Path("/sys/fs/cgroup")


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


def shares(samples, processes):
    """The work of a round, as even as it goes."""
    return [samples // processes + (process < samples % processes) for process in range(processes)]


class Team:
    """The processes of this worker. One works in place; several are forked once and told each round by a pipe."""

    def __init__(self, seed, index, processes):
        self.name = (seed, index)
        self.processes = processes
        self.children = [self.fork(process) for process in range(processes)] if processes > 1 else []

    def fork(self, process):
        (orders, give), (take, answers) = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.close(give)
            os.close(take)
            with open(orders) as source, open(answers, "w") as sink:
                for line in source:  # ends when the parent closes the pipe, however it ends
                    round_name, samples = line.split()
                    print(throw(stream(*self.name, process, round_name), int(samples)), file=sink, flush=True)
            os._exit(0)
        os.close(orders)
        os.close(answers)
        return pid, open(give, "w"), open(take)

    def run(self, round_name, samples):
        """Throws a round's samples; returns how many were inside."""
        parts = shares(samples, self.processes)
        if not self.children:
            return throw(stream(*self.name, 0, round_name), parts[0])
        for (_, orders, _), part in zip(self.children, parts):
            orders.write(f"{round_name} {part}\n")
            with contextlib.suppress(BrokenPipeError):  # who is dead is told by who does not answer
                orders.flush()
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


def text(path):
    """What a file of the kernel says; empty where there is none."""
    try:
        return Path(path).read_text(errors="replace").strip("\0\n ")
    except OSError:
        return ""


def cgroup_files(controller, name):
    """This process's file of that name in its cgroup and in those above, by version 2 and by version 1."""
    for line in text("/proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        # In a container the path may be the host's, and the files lie at the top.
        for group in [Path(path.lstrip("/")), *Path(path.lstrip("/")).parents]:
            for root in (CGROUPS / controllers, CGROUPS / controller) if controllers else (CGROUPS, CGROUPS / "unified"):
                found = text(root / group / name)
                if found:
                    yield found


def usable_cores():
    """Cores that this process may use: affinity and cpuset, and the CPU quota, which may be a fraction."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        cores = os.cpu_count() or 1
    limits = [found.split() for found in cgroup_files("cpu", "cpu.max")]
    quotas = cgroup_files("cpu", "cpu.cfs_quota_us")
    limits += zip(quotas, cgroup_files("cpu", "cpu.cfs_period_us"))
    return min([cores] + [int(quota) / int(period) for quota, period in limits if quota.isdigit()])


def conditions():
    """What else the machine is doing; None where the kernel does not tell."""
    memory = dict(line.split(":") for line in text("/proc/meminfo").splitlines())
    bytes_of = lambda key: int(memory[key].split()[0]) * 1024 if key in memory else None
    swap = (bytes_of("SwapTotal"), bytes_of("SwapFree"))
    pressure = text("/proc/pressure/cpu").partition("avg10=")[2].split()
    stat = dict(line.split() for line in next(cgroup_files("cpu", "cpu.stat"), "").splitlines())
    throttled = [int(stat[key]) / unit for key, unit in (("throttled_usec", 1e6), ("throttled_time", 1e9)) if key in stat]
    return {
        "load": os.getloadavg()[0],
        "cpuPressure": float(pressure[0]) if pressure else None,
        "memoryAvailable": bytes_of("MemAvailable"),
        "swapUsed": None if None in swap else swap[0] - swap[1],
        "throttled": throttled[0] if throttled else None,
        "cpuTime": time.process_time() + sum(os.times()[2:4]),
    }


def cpu():
    models = [line.split(":", 1)[1].strip() for line in text("/proc/cpuinfo").splitlines() if line.startswith("model name")]
    return text("/proc/device-tree/model") or (models + [platform.processor() or platform.machine()])[0]


def settings():
    def whole(word):
        if not word.isascii() or not word.isdigit() or int(word) < 1:
            raise argparse.ArgumentTypeError(f"«{word}» was found, a whole number of at least 1 is needed")
        return int(word)

    parser = argparse.ArgumentParser(description="Monte-Carlo π, timed", allow_abbrev=False)
    parser.error = lambda message: (print(f"pi.py: {message}.", file=sys.stderr), sys.exit(2))
    parser.add_argument("--samples", type=whole, required=True, help="samples of a round")
    parser.add_argument("--rounds", type=whole, required=True, help="timed rounds, after one of a tenth of the size")
    parser.add_argument("--processes", type=lambda word: word if word == "cores" else whole(word), default=1)
    parser.add_argument("--seed", default="", help="empty: 128 bits from the system")
    parser.add_argument("--index", default=os.environ.get("JOB_COMPLETION_INDEX", "0"), help="names the streams")
    parser.add_argument("--node", default=os.environ.get("NODE_NAME") or socket.gethostname())
    found = parser.parse_args()
    found.cores = usable_cores()
    if found.processes == "cores":
        found.processes = max(1, math.floor(found.cores))
    if found.samples < found.processes:
        parser.error(f"{found.samples} samples were asked for with {found.processes} processes, at least one sample each is needed")
    if found.processes > math.ceil(found.cores):
        parser.error(f"{found.processes} processes were asked for, this machine has {found.cores:g} cores for them; ask for fewer, or for «cores»")
    return found


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the first process of a container has no default for it
    asked = settings()
    seed = asked.seed or os.urandom(16).hex()
    before, started = conditions(), time.time()
    team = Team(seed, asked.index, asked.processes)
    try:
        begun = time.monotonic()
        team.run("warm-up", max(asked.processes, asked.samples // 10))
        warm_up = time.monotonic() - begun
        rounds = []
        for number in range(asked.rounds):
            start, begun = time.time(), time.monotonic()
            inside = team.run(number, asked.samples)
            rounds.append({"seconds": time.monotonic() - begun, "start": start, "end": time.time(), "inside": inside})
    finally:
        team.dismiss()
    samples, inside = asked.samples * asked.rounds, sum(each["inside"] for each in rounds)
    seconds = statistics.median(each["seconds"] for each in rounds)
    machine = {"architecture": platform.machine(), "cpu": cpu(), "kernel": platform.release()}
    machine["governor"] = text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or None
    machine.update(bootId=text("/proc/sys/kernel/random/boot_id") or None, before=before, after=conditions())
    record = {
        "record": "pi-speedup/1",
        "index": int(asked.index) if asked.index.isdigit() else asked.index,
        "node": asked.node,
        "seed": seed,
        "python": platform.python_version(),
        "machine": machine,
        "cores": asked.cores,
        "processes": asked.processes,
        "samples": samples,
        "inside": inside,
        "pi": 4 * inside / samples,
        "seconds": seconds,
        "warmUp": warm_up,
        "started": started,
        "ended": time.time(),
        "rounds": rounds,
    }
    line = f"Node {asked.node}: π ≈ {record['pi']:.6f}, Time: {seconds:.2f}s"
    sys.stdout.buffer.write(f"{line}\n{json.dumps(record, separators=(',', ':'))}\n".encode())


if __name__ == "__main__":
    main()
