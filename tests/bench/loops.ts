// Compares pi.py's inner loop with the tutorial's and with every other form that the standard library allows. Fails if
// pi.py is clearly slower than the best of them, or counts differently from the plain loop on the same stream. PYTHONS
// names the interpreters, separated by commas; default: python3.
import { spawnSync } from "node:child_process";
import * as v from "valibot";

const formSchema = v.object({ nanoseconds: v.number(), counts: v.array(v.number()) });
const resultSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ python: v.string(), forms: v.record(v.string(), formSchema) }),
);
/** Medians of one process scatter by some percent. */
const tolerance = 1.1;

for (const python of (process.env.PYTHONS ?? "python3").split(",")) {
  const { stdout, stderr, status } = spawnSync(python, ["tests/bench/loops.py", "components/workload/pi.py"], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${python} ended with exit code ${status}: ${stderr}`);
  const { python: version, forms } = v.parse(resultSchema, stdout);
  const { tutorial, "pi.py": own, ...others } = forms;
  if (tutorial === undefined || own === undefined)
    throw new Error("loops.py has left out the tutorial's form or pi.py");
  console.log(`Python ${version}`.padEnd(24), "ns a sample", "of the tutorial's");
  for (const [name, { nanoseconds }] of Object.entries(forms)) {
    const share = (nanoseconds / tutorial.nanoseconds).toFixed(2);
    console.log(`  ${name.padEnd(22)} ${nanoseconds.toFixed(0).padStart(11)} ${share.padStart(17)}`);
  }
  const best = Math.min(tutorial.nanoseconds, ...Object.values(others).map(({ nanoseconds }) => nanoseconds));
  if (own.nanoseconds > tolerance * best) {
    console.error(`  pi.py needs ${(own.nanoseconds / best).toFixed(2)} times what the best form needs`);
    process.exitCode = 1;
  }
  if (String(own.counts) !== String(tutorial.counts)) {
    console.error("  pi.py counts otherwise than the plain loop on the same stream");
    process.exitCode = 1;
  }
}
