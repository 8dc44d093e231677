import { Failure } from "../../analysis/failure.js";
import type { FaultId } from "../../analysis/fault-ids.js";

/** A signal has ended the work of a program; its exit code says which, as shells do. */
export class Interruption extends Failure {
  public readonly signal: NodeJS.Signals;

  constructor(id: FaultId, text: string, signal: NodeJS.Signals) {
    super(id, text);
    this.signal = signal;
  }
}
