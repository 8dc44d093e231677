import test from "ava";
import * as v from "valibot";
import { Failure } from "../../../analysis/failure.js";
import { parseToolAnswer } from "../../../components/host/tool-answer.ts";
import { assertFault } from "../../helpers/faults.ts";

const schema = v.object({ name: v.string() });

test("what a tool has printed is read", (t) => {
  t.deepEqual(parseToolAnswer(schema, "docker ps", '{"name":"x","more":1}'), { name: "x" });
});

for (const stdout of ["", "a-secret", '{"name":1,"a":"a-secret"}', "[".repeat(100_000)]) {
  test(`a tool that prints ${stdout.length} characters of something else is named, and never quoted (tool-garbled)`, (t) => {
    const { message } = t.throws(() => parseToolAnswer(schema, "docker ps", stdout), { instanceOf: Failure });
    assertFault(t, "tool-garbled", message);
    t.notRegex(message, /a-secret/);
  });
}
