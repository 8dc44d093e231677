import { runInOneProcess, sharing } from "./helpers/shared-process.ts";

runInOneProcess(sharing("tests/analysis/**/*.test.ts"));
