import { Failure } from "../failure.js";

/** A signal interrupted a program. Its exit code says which signal, as in shells. */
export class Interruption extends Failure {
  public readonly signal: NodeJS.Signals;

  constructor(message: string, signal: NodeJS.Signals) {
    super(message);
    this.signal = signal;
  }
}
