import { runInOneProcess, sharing } from "./helpers/shared-process.ts";

runInOneProcess(sharing("tests/**/*.test.ts").filter((file) => !/^tests\/(analysis|report)\//.test(file)));
