// Plain JavaScript, since toolchain/bootstrap.js needs it under an older Node.js, which cannot run TypeScript.

/** A failure that is explained: its message is all that the user needs to read. */
export class Failure extends Error {}
