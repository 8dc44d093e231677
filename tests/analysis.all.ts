import { runInOneProcess } from "./helpers/in-one-process.ts";

runInOneProcess("analysis");
