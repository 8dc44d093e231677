// Text of any characters. fast-check's own kind lists all million of them first, which takes longer than a test.
import fc from "fast-check";

const surrogates = { first: 0xd800, last: 0xdfff };
const character = fc
  .oneof(fc.integer({ min: 0, max: surrogates.first - 1 }), fc.integer({ min: surrogates.last + 1, max: 0x10_ffff }))
  .map((code) => String.fromCodePoint(code));

export const anyText = (constraints: Omit<fc.StringConstraints, "unit"> = {}) =>
  fc.string({ unit: character, ...constraints });
