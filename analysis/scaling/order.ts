// An order that looks random but is the same on every machine, because it depends only on a text. JavaScript's own
// generator can't do this.

/** The items in an order determined by the text (Durstenfeld 1964, CACM 7(7)). */
export function shuffled<T>(items: readonly T[], text: string): T[] {
  const next = numbersFrom(text);
  const rest = [...items];
  const order: T[] = [];
  // With 2³² numbers, the first items are slightly more likely than the last. With so few items, this does not matter.
  while (rest.length > 0) order.push(...rest.splice(next() % rest.length, 1));
  return order;
}

/**
 * 32-bit integers: FNV-1a of the text, then splitmix32, the 32-bit form of the generator by Steele, Lea & Flood (2014).
 */
function numbersFrom(text: string): () => number {
  let state = 2166136261;
  for (const character of text) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16777619);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
}
