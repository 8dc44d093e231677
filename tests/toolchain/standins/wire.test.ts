import test from "ava";
import fc from "fast-check";
import {
  containsUnknown,
  fromStruct,
  type Json,
  type JsonObject,
  reveal,
  secret,
  toStruct,
  unknown,
  withSecretsOf,
} from "../../../toolchain/standins/wire.ts";

const signature = "4dabf18193072939515e22adb298388d";

const value = fc.letrec<{ any: Json; leaf: Json }>((tie) => ({
  leaf: fc.oneof(
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string(),
    fc.constant(unknown),
    fc.string().map(secret),
  ),
  any: fc.oneof(
    { maxDepth: 4 },
    tie("leaf"),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(
      fc.string().filter((key) => key !== "__proto__"),
      tie("any"),
      { maxKeys: 3, noNullPrototype: true },
    ),
  ),
})).any;
const properties = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), value, { noNullPrototype: true });

test("properties with secrets and unknowns come through the wire as they were", (t) => {
  fc.assert(fc.property(properties, (all) => void t.deepEqual(fromStruct(toStruct(all)), all)));
});

test("what is laid open holds no secret, and unknowns stay", (t) => {
  fc.assert(
    fc.property(properties, (all) => {
      const open = reveal(all);
      t.false(JSON.stringify(open).includes(signature));
      t.is(containsUnknown(open), containsUnknown(all));
    }),
  );
});

test("outputs equal to laid-open inputs get all secrets of those back", (t) => {
  fc.assert(fc.property(properties, (all) => void t.deepEqual(reveal(withSecretsOf(all, reveal(all))), reveal(all))));
  const inputs: JsonObject = { a: { b: secret("x"), c: "y" }, list: [secret("z"), "w"], gone: secret("v") };
  t.deepEqual(withSecretsOf(inputs, { a: { b: "x", c: "y" }, list: ["z", "w"], more: 1 }), {
    a: { b: secret("x"), c: "y" },
    list: secret(["z", "w"]),
    more: 1,
  });
});

for (const [what, mark] of [
  ["an asset", "c44067f5952c0a294b673a41bacd8c17"],
  ["an archive", "0def7320c3a5731c473e5ecbe6d01bc7"],
  ["a resource reference", "5cf8f73096256a8f31e491e813e4eb8e"],
  ["an output value", "d0e6a833031e9bbcd3f4e8bde6ca49a4"],
] as const) {
  test(`${what} is refused by its place`, (t) => {
    const message = toStruct({ list: [{ deep: { [signature]: mark } }] });
    t.throws(() => fromStruct(message), {
      message: `list[0].deep is ${what}, which this stand-in does not know: use the official plugin.`,
    });
  });
}
