// The single entry point of the programs behind the Commands: `exec node components/program/main.ts NAME`. Settings
// come from stdin. The result goes to stdout, which is empty unless the program succeeds. Progress goes to stderr.
//
// This command line is part of every stack's state, and Pulumi runs it as stored. So this file never moves, while
// everything behind it may.
import "../host/use-compile-cache.js";
import { text } from "node:stream/consumers";
import { runProgram } from "./run-program.ts";

const { code, stdout } = await runProgram(process.argv[2] ?? "", () => text(process.stdin));
process.stdout.write(stdout);
process.exitCode = code;
