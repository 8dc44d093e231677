// The first file that every npm script runs. In syntax that the oldest Node.js understands, because otherwise its user
// would see a syntax error instead of advice.
var major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  console.error(
    "This Node.js is version " +
      process.versions.node +
      ", but version 20 or newer is needed. Install one and run this again. [node-old]",
  );
  process.exitCode = 1;
} else {
  import("./bootstrap.js");
}
