import { statSync } from "node:fs";

const length = (/** @type {string} */ file) => statSync(file).size;

export default {
  extensions: ["ts"],
  files: ["tests/e2e/**/*.test.ts"],
  // Long stories first, so that no long one is left alone at the end.
  sortTestFiles: (/** @type {string} */ a, /** @type {string} */ b) => length(b) - length(a),
  // Every file sets the environment of its process.
  workerThreads: false,
  timeout: "20m",
  verbose: true,
};
