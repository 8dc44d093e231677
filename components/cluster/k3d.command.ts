// The former door: states of stacks that were last deployed before the programs had one door of their own hold
// `exec node components/cluster/k3d.command.ts delete`, and `destroy` and a replacement run that as it is stored. No other
// former path was ever more than created from. Goes with the release after the next.
process.argv[2] = `${process.argv[2]}-cluster`;
await import("../program/main.ts");

export {};
