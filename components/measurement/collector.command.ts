// Collects what a Job measured: settings on stdin, one JSON document on stdout: what ran where, and when.
import { answer } from "../command.ts";
import { collect, settingsSchema } from "./collect.ts";

await answer(settingsSchema, collect);
