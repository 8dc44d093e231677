// A process that takes a lock whenever it is told to: `node contender.js LOCK MARKER`. While it holds the lock it makes the
// marker, which it must be alone to do. Answers each message with whether it was alone; "hang" never gives the lock back.
import { closeSync, openSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const [module = "", lock = "", marker = ""] = process.argv.slice(2);
const { withLock } = await import(module);

process.on("message", async (message) => {
  const alone = await withLock(
    lock,
    () => {},
    async () => {
      if (message === "hang") {
        process.send?.("hanging");
        await new Promise((resolve) => setTimeout(resolve, 1e9));
      }
      try {
        closeSync(openSync(marker, "wx"));
      } catch {
        return false;
      }
      await sleep(1);
      rmSync(marker);
      return true;
    },
  );
  process.send?.(alone);
});
