import { ApiException } from "@kubernetes/client-node";
import test from "ava";
import { causeOf } from "../../../components/kubernetes/explain.ts";

const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:6443"), { code: "ECONNREFUSED" });
const causes: [what: string, error: unknown, code: string, message: string][] = [
  [
    "what the network did under fetch",
    new TypeError("fetch failed", { cause: refused }),
    "ECONNREFUSED",
    refused.message,
  ],
  [
    "the first of several addresses",
    new TypeError("fetch failed", { cause: new AggregateError([refused, new Error("another")]) }),
    "ECONNREFUSED",
    refused.message,
  ],
  [
    "the API server's own words",
    new ApiException(403, "", '{"message":"pods is forbidden"}', {}),
    "",
    "pods is forbidden",
  ],
  ["the status of a page that is none of Kubernetes", new ApiException(502, "", "<html>", {}), "", "HTTP status 502"],
  ["the kind of an error without words", new RangeError(), "", "RangeError"],
  ["what is no error", "thrown", "", "thrown"],
];
for (const [what, error, code, message] of causes) {
  test(`the cause of an error is ${what}`, (t) => {
    t.deepEqual(causeOf(error), { code, message });
  });
}
