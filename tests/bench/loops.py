"""Forms of the inner loop, timed in turn in one process: nanoseconds a sample, and what each counts."""

import importlib.util
import json
import math
import random
import statistics
import sys
import time
from itertools import repeat, starmap
from operator import add, mul

SAMPLES, REPEATS = 200_000, 9


def tutorial(generator, samples):
    inside = 0
    for _ in range(samples):
        x, y = generator.random(), generator.random()
        if x * x + y * y <= 1:
            inside += 1
    return inside


def local_name(generator, samples):
    throw, inside = generator.random, 0
    for _ in repeat(None, samples):
        x = throw()
        y = throw()
        if x * x + y * y <= 1:
            inside += 1
    return inside


def pairs(generator, samples):
    coordinates = starmap(generator.random, repeat((), 2 * samples))
    inside = 0
    for x, y in zip(coordinates, coordinates):
        if x * x + y * y <= 1:
            inside += 1
    return inside


def generator_sum(generator, samples):
    coordinates = starmap(generator.random, repeat((), 2 * samples))
    return sum(x * x + y * y <= 1 for x, y in zip(coordinates, coordinates))


def comprehension(generator, samples):
    coordinates = starmap(generator.random, repeat((), 2 * samples))
    return len([None for x, y in zip(coordinates, coordinates) if x * x + y * y <= 1])


def hypot(generator, samples):
    coordinates = starmap(generator.random, repeat((), 2 * samples))
    return sum(map((1.0).__ge__, map(math.hypot, coordinates, coordinates)))


def complex_abs(generator, samples):
    coordinates = starmap(generator.random, repeat((), 2 * samples))
    return sum(map((1.0).__ge__, map(abs, map(complex, coordinates, coordinates))))


def operators(generator, samples):
    inside = 0
    for start in range(0, samples, 1000):
        both = list(starmap(generator.random, repeat((), 2 * min(1000, samples - start))))
        x, y = both[::2], both[1::2]
        inside += sum(map((1.0).__ge__, map(add, map(mul, x, x), map(mul, y, y))))
    return inside


spec = importlib.util.spec_from_file_location("pi", sys.argv[1])
pi = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pi)

forms = {each.__name__: each for each in (tutorial, local_name, pairs, generator_sum, comprehension, hypot, complex_abs, operators)}
forms["pi.py"] = pi.throw
times, counts = {name: [] for name in forms}, {}
for repeat_number in range(REPEATS):
    for name, form in forms.items():
        generator = random.Random(repeat_number)
        begun = time.perf_counter()
        counted = form(generator, SAMPLES)
        times[name].append((time.perf_counter() - begun) / SAMPLES * 1e9)
        counts.setdefault(name, []).append(counted)
result = {name: {"nanoseconds": statistics.median(times[name]), "counts": counts[name]} for name in forms}
print(json.dumps({"python": sys.version.split()[0], "forms": result}))
