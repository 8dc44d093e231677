import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiException, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import test, { type ExecutionContext } from "ava";
import { Failure } from "../../../analysis/failure.js";
import { limitAnswer, most, readPages, UnusableAnswer } from "../../../components/kubernetes/answers.ts";
import { explainRefusal } from "../../../components/kubernetes/explain.ts";
import { listAll, retryTransient, timing, withTimeout } from "../../../components/kubernetes/requests.ts";
import { type Change, watchChanges } from "../../../components/kubernetes/watch.ts";
import { kubeconfigOf } from "../../helpers/fake-api-server.ts";
import { assertFault } from "../../helpers/faults.ts";
import { endless, hostileServer } from "../../helpers/hostile-server.ts";

// Milliseconds. What is asked again here needs no time to recover.
timing.pause = 20;

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

test("a request that nobody waits for any more is not repeated", async (t) => {
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

test("a failure that is already explained keeps its message", async (t) => {
  const { ask } = answers(new Failure("disk-full", "It is so."));
  await t.throwsAsync(retryTransient("ask", ask), { instanceOf: Failure, message: "It is so. [disk-full]" });
});

test("a missing object is reported with its own message", async (t) => {
  const { ask } = answers(status(404));
  await t.throwsAsync(retryTransient("ask", ask, { id: "job-deleted", text: "It is gone." }), {
    instanceOf: Failure,
    message: "It is gone. [job-deleted]",
  });
});

test.serial("an API server that stays away is given up and reported", async (t) => {
  const { giveUpAfter } = timing;
  timing.giveUpAfter = 10;
  try {
    const { message } = await t.throwsAsync(retryTransient("list the pods", answers(noConnection).ask));
    assertFault(t, "api-away", message);
  } finally {
    timing.giveUpAfter = giveUpAfter;
  }
});

test.serial("an API server that answers with its own errors is not reported as unreachable", async (t) => {
  const { giveUpAfter } = timing;
  timing.giveUpAfter = 0;
  try {
    const { message } = await t.throwsAsync(retryTransient("list the pods", answers(status(503)).ask));
    assertFault(t, "api-errors", message);
    t.regex(message, /HTTP status 503/);
  } finally {
    timing.giveUpAfter = giveUpAfter;
  }
});

/** A server that accepts connections and never answers; `closed()` resolves once no request is open. */
async function silentServer() {
  const http = createServer(() => {});
  await new Promise<void>((listening) => http.listen(0, "127.0.0.1", listening));
  // An address of a listening TCP server is never a string.
  const { port } = http.address() as AddressInfo;
  const config = new KubeConfig();
  config.loadFromString(kubeconfigOf(`http://127.0.0.1:${port}`, "only", { "insecure-skip-tls-verify": true }));
  return { core: config.makeApiClient(CoreV1Api), closed: () => new Promise((resolve) => http.close(resolve)) };
}

test("a request that gets no answer in time is aborted: the server sees its connection close", async (t) => {
  const { core, closed } = await silentServer();
  const error = await t.throwsAsync(withTimeout(200, (options) => core.readNamespace({ name: "x" }, options)));
  t.is(error.name, "TimeoutError");
  t.is(error.message, "no answer within 0.2 s");
  await closed();
  t.pass();
});

test("a step that hangs before its request and ignores signals does not extend the deadline", async (t) => {
  const never = new Promise<never>(() => {});
  await t.throwsAsync(
    withTimeout(50, () => never),
    { name: "TimeoutError" },
  );
});

const all = <T>(item: T): T => item;

const json = (response: ServerResponse) => response.writeHead(200, { "content-type": "application/json" });

const coreOf = (address: string) => {
  const config = new KubeConfig();
  config.loadFromString(kubeconfigOf(address, "only", { "insecure-skip-tls-verify": true }));
  return config.makeApiClient(CoreV1Api);
};

test.serial(
  "an answer that does not end is read up to the limit, and its connection is closed (api-answer-unusable)",
  async (t) => {
    const server = endless('{"kind":"Namespace","metadata":{"name":"', "x");
    const core = coreOf(await hostileServer(t, server.answer));
    const error = await t.throwsAsync(
      withTimeout(20_000, (options) => core.readNamespace({ name: "x" }, options)),
      {
        instanceOf: UnusableAnswer,
      },
    );
    assertFault(t, "api-answer-unusable", explainRefusal(error, "read the namespace x").message);
    // The operating system's buffers hold some more.
    t.true(server.sent() < 2 * most.bytes, `${server.sent()} bytes`);
  },
);

test.serial("an endless refusal is not read further either", async (t) => {
  const server = endless("", "no ");
  const core = coreOf(
    await hostileServer(t, (request, response) => {
      response.writeHead = (
        (writeHead) => () =>
          writeHead.call(response, 403)
      )(response.writeHead);
      server.answer(request, response);
    }),
  );
  await t.throwsAsync(
    withTimeout(20_000, (options) => core.readNamespace({ name: "x" }, limitAnswer(options, 2 ** 20))),
    {
      instanceOf: UnusableAnswer,
    },
  );
});

test("a smaller limit applies if one is set", async (t) => {
  const core = coreOf(
    await hostileServer(t, (_, response) => json(response).end(JSON.stringify({ kind: "x".repeat(2_000) }))),
  );
  await t.throwsAsync(
    withTimeout(20_000, (options) => core.readNamespace({ name: "x" }, limitAnswer(options, 1_024))),
    {
      message: "it is larger than 1 KiB",
    },
  );
});

test("a list is read page by page, and an endless one is stopped", async (t) => {
  const asked: (string | null)[] = [];
  const core = coreOf(
    await hostileServer(t, (request, response) => {
      const { searchParams } = new URL(request.url ?? "", "http://server");
      asked.push(searchParams.get("continue"));
      const page = asked.length;
      const next = request.url?.includes("/pods") && page === 3 ? {} : { continue: `page-${page}` };
      json(response).end(JSON.stringify({ metadata: { resourceVersion: String(page), ...next }, items: [{}, {}] }));
    }),
  );
  const list = await withTimeout(20_000, (options) =>
    readPages((page) => core.listNamespacedPod({ namespace: "x", ...page }, options), all),
  );
  t.is(list.items.length, 6);
  t.is(list.version, "1");
  t.deepEqual(asked, [null, "page-1", "page-2"]);
  await t.throwsAsync(
    withTimeout(20_000, (options) => readPages((page) => core.listNode(page, options), all)),
    { instanceOf: UnusableAnswer },
  );
  t.is(asked.length, 3 + most.pages);
});

/** Lists pods of a server that answers each request for a page, by its number from 1, with this. */
async function listed(t: ExecutionContext, answer: (page: number, asked: string | null) => object | number) {
  const asked: (string | null)[] = [];
  const address = await hostileServer(t, (request, response) => {
    const token = new URL(request.url ?? "", "http://server").searchParams.get("continue");
    asked.push(token);
    const body = answer(asked.length, token);
    const [code, sent] = typeof body === "number" ? [body, { message: "words" }] : [200, body];
    response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(sent));
  });
  const core = coreOf(address);
  const list = () =>
    listAll("list the pods", (page, options) => core.listNamespacedPod({ namespace: "x", ...page }, options), {
      keep: ({ metadata }) => metadata?.name,
    });
  return { asked, list };
}

const named = (name: string, next?: string) => ({
  metadata: { resourceVersion: "1", ...(next && { continue: next }) },
  items: [{ metadata: { name } }, {}],
});

test("only the relevant part of a list is kept, and a failed page is retried alone", async (t) => {
  const { asked, list } = await listed(t, (page) => (page === 2 ? 503 : named(`pod-${page}`, page < 3 ? "more" : "")));
  t.deepEqual(await list(), { items: ["pod-1", "pod-3"], version: "1" });
  t.deepEqual(asked, [null, "more", "more"]);
});

test("a list that expires between two pages is read from its start", async (t) => {
  const { asked, list } = await listed(t, (page) => (page === 2 ? 410 : named(`pod-${page}`, page < 4 ? "more" : "")));
  t.deepEqual((await list()).items, ["pod-3", "pod-4"]);
  t.deepEqual(asked, [null, "more", null, "more"]);
});

test.serial("a list that always expires is given up (list-expired)", async (t) => {
  const { list } = await listed(t, (_, asked) => (asked === null ? named("pod", "more") : 410));
  const { giveUpAfter } = timing;
  timing.giveUpAfter = 100;
  try {
    assertFault(t, "list-expired", (await t.throwsAsync(list(), { instanceOf: Failure })).message);
  } finally {
    timing.giveUpAfter = giveUpAfter;
  }
});

test("a page that is not a list is reported at once (api-answer-unusable)", async (t) => {
  const { asked, list } = await listed(t, () => ({ items: { length: 5 } }));
  assertFault(t, "api-answer-unusable", (await t.throwsAsync(list(), { instanceOf: Failure })).message);
  t.is(asked.length, 1);
});

test("an answer in YAML, whose aliases would fill the memory, is not read", async (t) => {
  const address = await hostileServer(t, (_, response) =>
    response.writeHead(200, { "content-type": "application/yaml" }).end("kind: Namespace"),
  );
  const reading = withTimeout(20_000, (options) => coreOf(address).readNamespace({ name: "x" }, options));
  await t.throwsAsync(reading, { instanceOf: UnusableAnswer, message: "it is neither JSON nor plain text" });
});

const odd: [what: string, body: string][] = [
  ["is no JSON", "<html>hello</html>"],
  ["is a list without items", '{"items":{"length":5}}'],
  ["is null", "null"],
  ["is a number", "17"],
];
for (const [what, body] of odd) {
  test(`an answer that ${what} is told at once, and never tried again`, async (t) => {
    let asked = 0;
    const core = coreOf(
      await hostileServer(t, (_, response) => {
        asked++;
        response.writeHead(200, { "content-type": "application/json" }).end(body);
      }),
    );
    const { message } = await t.throwsAsync(
      retryTransient("list the nodes", (options) => readPages((page) => core.listNode(page, options), all)),
      { instanceOf: Failure },
    );
    assertFault(t, "api-answer-unusable", message);
    t.is(asked, 1);
  });
}

const watched = (core: CoreV1Api, onChange: (change: Change) => void, ended = new AbortController()) =>
  watchChanges((options) => core.listNamespacedPod({ namespace: "x", watch: true }, options), onChange, ended.signal);

test("changes arrive one by one, however the lines are split, and other lines are ignored", async (t) => {
  const text = '{"type":"ADDED","object":{"a":"π"}}\n<html>\n\n17\n{"type":"DELETED","object":null}\n{"type":"AD';
  const core = coreOf(
    await hostileServer(t, async (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      for (const byte of Buffer.from(text)) {
        response.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    }),
  );
  const changes: Change[] = [];
  await watched(core, (change) => changes.push(change));
  t.deepEqual(changes, [
    { type: "ADDED", object: { a: "π" } },
    { type: "DELETED", object: null },
  ]);
});

test.serial("a watch with an endless line is stopped", async (t) => {
  const server = endless('{"type":"ADDED","object":"', "x");
  const core = coreOf(await hostileServer(t, server.answer));
  await t.throwsAsync(
    watched(core, () => t.fail()),
    { instanceOf: UnusableAnswer },
  );
  t.true(server.sent() < 2 ** 24, `${server.sent()} bytes`);
});

test.serial("an error of a listener ends the watch", async (t) => {
  const core = coreOf(await hostileServer(t, endless("", '{"type":"ADDED","object":1}\n').answer));
  const thrown = new Error("enough");
  const error = await t.throwsAsync(
    watched(core, () => {
      throw thrown;
    }),
  );
  t.is(error, thrown);
});

test("an answer in time is passed on, and so is a refusal", async (t) => {
  t.is(await withTimeout(10_000, async () => "answer"), "answer");
  const refused = status(403);
  t.is(await t.throwsAsync(withTimeout(10_000, () => Promise.reject(refused))), refused);
});
