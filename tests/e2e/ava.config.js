export default {
  extensions: ["ts"],
  files: ["tests/e2e/**/*.test.ts"],
  // One story after another: they share the machine whose speed they measure.
  serial: true,
  concurrency: 1,
  timeout: "20m",
  verbose: true,
};
