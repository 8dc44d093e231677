import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiException, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import test from "ava";
import { Failure } from "../../../components/failure.js";
import { retryTransient, timing, withTimeout } from "../../../components/kubernetes/requests.ts";
import { kubeconfigOf } from "../../helpers/fake-api-server.ts";
import { assertFault } from "../../helpers/faults.ts";

const answers = (...outcomes: (Error | string)[]) => {
  let asked = 0;
  const ask = async () => {
    const outcome = outcomes[Math.min(asked++, outcomes.length - 1)];
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { ask, times: () => asked };
};
const noConnection = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:6443") });
const status = (code: number, message = "words") => new ApiException(code, "", JSON.stringify({ message }), {});

const transient: [what: string, error: Error][] = [
  ["no connection", noConnection],
  ["no answer in time", new DOMException("timeout", "TimeoutError")],
  ["an expired version", status(410)],
  ["too many requests", status(429)],
  ["a fault of the server", status(503)],
];
for (const [what, error] of transient) {
  test(`${what} is asked again`, async (t) => {
    const { ask, times } = answers(error, "answer");
    t.is(await retryTransient("ask", ask), "answer");
    t.is(times(), 2);
  });
}

const expired = Object.assign(new Error("certificate has expired"), { code: "CERT_HAS_EXPIRED" });
const final: [what: string, error: Error, words: RegExp][] = [
  [
    "a right that is missing",
    status(403, "pods is forbidden"),
    /^Could not ask: the API server refused it \(pods is forbidden\)/,
  ],
  ["a page that is no answer of Kubernetes", new ApiException(404, "", "<html>", {}), /HTTP status 404/],
  ["a certificate that has expired", new TypeError("fetch failed", { cause: expired }), /certificate has expired/],
  ["credentials that nothing gives", new Error("exec: no such program"), /no such program/],
];
for (const [what, error, words] of final) {
  test(`${what} is told at once`, async (t) => {
    const { ask, times } = answers(error);
    t.regex((await t.throwsAsync(retryTransient("ask", ask), { instanceOf: Failure })).message, words);
    t.is(times(), 1);
  });
}

test("what nobody waits for any more is not asked again", async (t) => {
  const ended = new AbortController();
  const { ask, times } = answers(noConnection);
  const asking = retryTransient(
    "ask",
    () => {
      ended.abort(new Error("enough"));
      return ask();
    },
    undefined,
    ended.signal,
  );
  await t.throwsAsync(asking, { message: "enough" });
  t.is(times(), 1);
});

test("a failure that is explained already keeps its words", async (t) => {
  const { ask } = answers(new Failure("It is so."));
  await t.throwsAsync(retryTransient("ask", ask), { instanceOf: Failure, message: "It is so." });
});

test("what does not exist is told in the words for it", async (t) => {
  const { ask } = answers(status(404));
  await t.throwsAsync(retryTransient("ask", ask, "It is gone."), { instanceOf: Failure, message: "It is gone." });
});

test.serial("an API server that stays away is given up, and told", async (t) => {
  const { giveUpAfter } = timing;
  timing.giveUpAfter = 10;
  try {
    const { message } = await t.throwsAsync(retryTransient("list the pods", answers(noConnection).ask));
    assertFault(t, "api-away", message);
  } finally {
    timing.giveUpAfter = giveUpAfter;
  }
});

/** A server that accepts connections and never answers; `closed` when its client closes the connection. */
async function silentServer() {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const http = createServer((request) => void request.socket.once("close", resolve));
  await new Promise<void>((listening) => http.listen(0, "127.0.0.1", listening));
  // An address of a listening TCP server is never a string.
  const { port } = http.address() as AddressInfo;
  const config = new KubeConfig();
  config.loadFromString(kubeconfigOf(`http://127.0.0.1:${port}`, "only", { "insecure-skip-tls-verify": true }));
  return { core: config.makeApiClient(CoreV1Api), closed, http };
}

test("a request that gets no answer in time is aborted: the server sees its connection close", async (t) => {
  const { core, closed, http } = await silentServer();
  t.teardown(() => http.close());
  const error = await t.throwsAsync(withTimeout(200, (options) => core.readNamespace({ name: "x" }, options)));
  t.is(error.name, "TimeoutError");
  t.is(error.message, "no answer within 0.2 s");
  await closed;
  t.pass();
});

test("what hangs before a request is sent, and takes no signal, is not waited for longer", async (t) => {
  const never = new Promise<never>(() => {});
  await t.throwsAsync(
    withTimeout(50, () => never),
    { name: "TimeoutError" },
  );
});

test("an answer in time is passed on, and so is a refusal", async (t) => {
  t.is(await withTimeout(10_000, async () => "answer"), "answer");
  const refused = status(403);
  t.is(await t.throwsAsync(withTimeout(10_000, () => Promise.reject(refused))), refused);
});
