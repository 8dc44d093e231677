import argparse, hashlib, json, os, platform, random, statistics, sys, time, socket
p = argparse.ArgumentParser()
for n in ("samples", "rounds"): p.add_argument("--" + n, type=int)
p.add_argument("--processes"); p.add_argument("--seed", default="")
a = p.parse_args()
seed = a.seed or os.urandom(16).hex()
index = int(os.environ.get("JOB_COMPLETION_INDEX", "0"))
if a.processes == "3": sys.exit("samples less than processes")
def throw(n, r):
    g = random.Random(int.from_bytes(hashlib.sha256(f"{seed}/{index}/0/{r}".encode()).digest(), "big")).random
    inside = 0
    for _ in range(n):
        x, y = g(), g()
        if x * x + y * y <= 1: inside += 1
    return inside
c = dict(load=None, cpuPressure=None, memoryAvailable=None, swapUsed=None, throttled=None)
started = time.time(); t = time.monotonic(); throw(max(1, a.samples // 10), "warm"); warm = time.monotonic() - t
rounds = []
for r in range(a.rounds):
    s = time.time(); t = time.monotonic(); i = throw(a.samples, r)
    rounds.append(dict(start=s, end=time.time(), seconds=time.monotonic() - t, inside=i))
inside = sum(r["inside"] for r in rounds); m = a.samples * a.rounds; sec = statistics.median(r["seconds"] for r in rounds)
node = os.environ.get("NODE_NAME", socket.gethostname())
out = f"Node {node}: π ≈ {4*inside/m:.6f}, Time: {sec:.2f}s\n" + json.dumps(dict(record="pi-speedup/1", index=index, node=node, seed=seed, python=platform.python_version(), machine=dict(architecture=platform.machine(), cpu="?", kernel=platform.release(), bootId=None, before=c, after=c), cores=os.cpu_count(), processes=1, samples=m, inside=inside, pi=4*inside/m, seconds=sec, warmUp=warm, started=started, ended=time.time(), rounds=rounds), separators=(",", ":")) + "\n"
sys.stdout.buffer.write(out.encode())
