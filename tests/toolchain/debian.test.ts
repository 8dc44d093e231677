import test from "ava";
import { installDebianPackages } from "../../toolchain/debian.ts";
import { assertFault } from "../helpers/faults.ts";

test.serial("who is not root is told which packages are missing, and nothing is installed", async (t) => {
  const { getuid } = process;
  process.getuid = () => 1000;
  try {
    const { message } = await t.throwsAsync(installDebianPackages(["docker.io", "iptables"]));
    assertFault(t, "packages-missing", message);
    t.regex(message, /docker\.io, iptables\. Install them/);
  } finally {
    Object.assign(process, { getuid });
  }
});
