import test from "ava";
import { Failure } from "../../../analysis/failure.js";
import type { StudySettings, Workload } from "../../../components/config.ts";
import { plannedPoints, refuseStudy, workloadOfPoint } from "../../../components/measurement/planned-points.ts";
import { studyJobName } from "../../../components/ownership.ts";
import { assertFault } from "../../helpers/faults.ts";

const workload: Workload = { image: "python:3.9-slim", samples: 3000, rounds: 3, processes: 1, seed: "", timeout: 600 };
const study: StudySettings = { counts: [1, 3], kind: "weak", repeats: 2 };

test("without a study there is no point, and nothing to refuse", (t) => {
  t.deepEqual(plannedPoints({ study: null, workload, run: "1" }, []), []);
  t.notThrows(() => refuseStudy({ study: null, workload }, 0));
});

test("every count is there once in each block", (t) => {
  const points = plannedPoints({ study, workload, run: "1" }, ["a", "b", "c"]);
  t.deepEqual(points.map(({ block, workers }) => `${block}-${workers}`).sort(), ["1-1", "1-3", "2-1", "2-3"]);
});

test("more workers than take part are refused, with what is allowed", (t) => {
  const { message } = t.throws(() => plannedPoints({ study, workload, run: "1" }, ["a", "b"]), { instanceOf: Failure });
  assertFault(t, "study-too-large", message);
});

test("samples that can't be divided equally are refused in a strong study, and not in a weak one", (t) => {
  const few = { ...workload, samples: 2999 };
  const { message } = t.throws(() => refuseStudy({ study: { ...study, kind: "strong" }, workload: few }, 3), {
    instanceOf: Failure,
  });
  assertFault(t, "study-samples-few", message);
  t.notThrows(() => refuseStudy({ study, workload: few }, 3));
  t.notThrows(() => refuseStudy({ study: { ...study, kind: "strong" }, workload }, 3));
});

test("shares are whole, and together as many as asked or a few more", (t) => {
  for (const workers of [1, 2, 3, 7, 100]) {
    const { samples } = workloadOfPoint({ ...workload, samples: 100_003 }, "strong", workers);
    t.true(Number.isInteger(samples));
    t.true(samples * workers >= 100_003 && samples * workers < 100_003 + workers);
  }
  t.is(workloadOfPoint(workload, "weak", 3), workload);
});

test("with the longest name that a Job may have, a pod of any point has a host name that Kubernetes takes", (t) => {
  const job = "a".repeat(45);
  for (const workers of [1, 1000, 9999]) {
    t.true(`${studyJobName(job, { block: 99, workers })}-${workers - 1}`.length <= 63);
  }
});
