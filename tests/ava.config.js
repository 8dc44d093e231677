// All unit tests. Named files run with the settings in package.json, each in a process of its own.
import settings from "../package.json" with { type: "json" };
import { sharing } from "./helpers/shared-process.ts";

/** These take the longest, mostly because they wait, so the others run beside them. */
const first = [
  "collector/program",
  "hostile-text",
  "run-tool",
  "analysis.all",
  "others.all",
  "report.all",
  "kubeconfig-readers",
  "embedded/programs",
  "orphaned-plugins",
  "workload/pi",
];
const rank = (/** @type {string} */ file) => {
  const found = first.findIndex((name) => file.includes(name));
  return found < 0 ? first.length : found;
};

export default {
  ...settings.ava,
  files: [
    "tests/*.all.ts",
    "tests/**/*.test.ts",
    "!tests/e2e/**",
    ...sharing("tests/**/*.test.ts").map((file) => `!${file}`),
  ],
  sortTestFiles: (/** @type {string} */ a, /** @type {string} */ b) => rank(a) - rank(b),
};
