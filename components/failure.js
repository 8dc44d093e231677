// Plain JavaScript, because toolchain/bootstrap.js needs it under an older Node.js, which can't run TypeScript.

/** An expected failure. Its message is all that the user needs to read. */
export class Failure extends Error {}
