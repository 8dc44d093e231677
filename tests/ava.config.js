// All unit tests. Named files run with the settings in package.json, each in a process of its own.
import settings from "../package.json" with { type: "json" };

export default {
  ...settings.ava,
  // For pure code, starting a process and loading the modules takes longer than the tests.
  files: ["tests/{analysis,report}.all.ts", "tests/**/*.test.ts", "!tests/{analysis,report,e2e}/**"],
};
