import { runInOneProcess, sharing } from "./helpers/shared-process.ts";

runInOneProcess(sharing("tests/report/**/*.test.ts"));
