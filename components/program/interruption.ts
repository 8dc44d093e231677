import { Failure } from "../failure.js";

/** A signal has ended the work of a program; its exit code says which, as shells do. */
export class Interruption extends Failure {
  public readonly signal: NodeJS.Signals;

  constructor(message: string, signal: NodeJS.Signals) {
    super(message);
    this.signal = signal;
  }
}
