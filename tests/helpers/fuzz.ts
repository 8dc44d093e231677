// Shared by the fuzz tests: the number of inputs, mutated real inputs, and the allowed results.
import type { ExecutionContext } from "ava";
import fc from "fast-check";
import { anyText } from "./any-text.ts";
import { thorough } from "./thorough.ts";

/** Inputs of each kind for each parser; as many as `FUZZ_RUNS` says, if it is set. */
export const runs = Number(process.env.FUZZ_RUNS ?? (thorough ? 20_000 : 500));

/** A test may take minutes then. */
export function allowTime(t: ExecutionContext): void {
  t.timeout(600_000);
}

/** Pieces that decide something in JSON, YAML, logs and terminals. */
const pieces = [
  ..."{}[]:,\"'\\\n\t &*!|>-?%@`#~",
  "1e999",
  "-1",
  "0",
  "1e308",
  "9007199254740993",
  "null",
  "true",
  '""',
  "{}",
  "[[[[[[[[",
  "__proto__",
  "constructor",
  "<<: *a",
  "&a",
  "*a",
  "!!js/function",
  "\u0000",
  "\u001b[2J",
  "\u202e",
  "\ud800",
  "\r",
  "\u2028",
  "\ufeff",
  "1970-01-01T00:00:00Z",
  "9999-99-99T99:99:99Z",
  "x".repeat(5_000),
];

type Change = { kind: "delete" | "double" | "put" | "swap" | "cut"; at: number; length: number; piece: string };
const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("delete", "double", "put", "put", "put", "swap", "cut"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat({ max: 40 }),
  piece: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...pieces) }, anyText({ maxLength: 20 })),
});

/** Some steps, or now and then none: a parser must take what is right. */
const steps = <T>(step: fc.Arbitrary<T>, maxLength: number) =>
  fc.oneof({ weight: 19, arbitrary: fc.array(step, { minLength: 1, maxLength }) }, fc.constant<T[]>([]));

/** A real input with a few places of its text changed. */
export function mutated(inputs: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...inputs), steps(change, 3))
    .map(([input, changes]) => changes.reduce(changed, input));
}

function changed(text: string, { kind, at, length, piece }: Change): string {
  const place = Math.floor(at * text.length);
  const [before, here, after] = [text.slice(0, place), text.slice(place, place + length), text.slice(place + length)];
  if (kind === "delete") return before + after;
  if (kind === "double") return before + here + here + after;
  if (kind === "cut") return before;
  if (kind === "swap") return after + before;
  return before + piece + text.slice(place + (length % 3));
}

/** Values that pass a type's check and nothing else's. */
const oddValue = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    0.5,
    1e300,
    5e-324,
    -0,
    2 ** 53,
    4_102_444_801,
    "",
    "x",
    "x".repeat(300),
    [],
    {},
    [[]],
    "\u001b[2J",
    "=cmd()",
    "__proto__",
  ),
  fc.double(),
  fc.integer(),
  anyText({ maxLength: 30 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** A real value with some of its parts, at any depth, replaced, left out, doubled or added. */
export function distorted(values: readonly unknown[]): fc.Arbitrary<unknown> {
  const step = fc.record({
    path: fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 6 }),
    how: fc.constantFrom("replace", "replace", "replace", "remove", "add", "repeat"),
    value: oddValue,
    key: fc.oneof(fc.constantFrom("__proto__", "constructor", "length", "toString", "0"), fc.string({ maxLength: 5 })),
  });
  return fc.tuple(fc.constantFrom(...values), steps(step, 4)).map(([value, taken]) => {
    const root = { value: structuredClone(value) };
    for (const { path, how, value: given, key } of taken) {
      // A copy, because a value that is inserted twice must not contain itself.
      const odd = structuredClone(given);
      let at: Record<string, unknown> = root;
      let last = "value";
      for (const turn of path) {
        const part = at[last];
        if (typeof part !== "object" || part === null) break;
        const keys = Object.keys(part);
        if (keys.length === 0) break;
        // Arrays too: their indices are keys.
        at = part as Record<string, unknown>;
        last = keys[turn % keys.length] ?? "";
      }
      if (how === "remove" && at !== root) delete at[last];
      else if (how === "add" && typeof at[last] === "object" && at[last] !== null && !Array.isArray(at[last])) {
        Object.defineProperty(at[last], key, { value: odd, enumerable: true, configurable: true, writable: true });
      } else if (how === "repeat" && Array.isArray(at[last])) {
        const list = [at[last]].flat();
        at[last] = [...list, ...structuredClone(list), odd];
      } else at[last] = odd;
    }
    return root.value;
  });
}

/**
 * Feeds inputs to a parser until it does something that is not allowed.
 * @param allowed the declared failures; any other error fails the test.
 */
export async function fuzz<T>(
  t: ExecutionContext,
  inputs: fc.Arbitrary<T>,
  parse: (input: T) => unknown,
  allowed: (error: unknown) => boolean,
  /** Whether all inputs are refused, because none can be valid. Default: no. */
  allRefused = false,
): Promise<void> {
  allowTime(t);
  let [tried, refused] = [0, 0];
  let found: unknown;
  const property = fc.asyncProperty(inputs, async (input) => {
    tried++;
    try {
      await parse(input);
    } catch (error) {
      if (!allowed(error)) {
        found = error;
        throw error;
      }
      refused++;
    }
  });
  const begun = process.cpuUsage();
  await fc.assert(property, { numRuns: runs }).catch((error) => {
    // The shrunk report of fast-check shows the input, and the error shows the result.
    t.log(found instanceof Error ? found.stack : found);
    throw error;
  });
  const { user, system } = process.cpuUsage(begun);
  t.log(`${tried} inputs, ${refused} refused, ${((user + system) / 1e6).toFixed(1)} s of this process`);
  t.true(refused > 0, "no input was odd enough");
  t.true(allRefused || refused < tried, "no input was right");
}
