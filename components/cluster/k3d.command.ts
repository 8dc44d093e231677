// The former entry point. States of stacks that were last deployed before the programs had a single entry point contain
// `exec node components/cluster/k3d.command.ts delete`. `destroy` and replacements run this as stored. No other former
// path was used for anything but creation. To be removed in the release after the next.
process.argv[2] = `${process.argv[2]}-cluster`;
await import("../program/main.ts");

export {};
