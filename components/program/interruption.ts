import { Failure } from "../../analysis/failure.js";
import type { FaultId } from "../../analysis/fault-ids.js";

/** A signal interrupted a program. Its exit code says which signal, as in shells. */
export class Interruption extends Failure {
  public readonly signal: NodeJS.Signals;

  constructor(id: FaultId, text: string, signal: NodeJS.Signals) {
    super(id, text);
    this.signal = signal;
  }
}
