import { randomUUID } from "node:crypto";
import { type Program, program } from "../../program/program.ts";
import * as contracts from "./contracts.ts";

export const drawIdentity: Program = program(contracts.drawIdentity, async () => randomUUID());
