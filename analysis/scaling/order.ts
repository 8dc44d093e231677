// An order that looks random and is the same on every machine: a function of a text. JavaScript's own generator is neither.

/** The same items in an order that the text decides (Durstenfeld 1964, CACM 7(7)). */
export function shuffled<T>(items: readonly T[], text: string): T[] {
  const next = numbersFrom(text);
  const rest = [...items];
  const order: T[] = [];
  // Of 2³² numbers a few more fall on the first items than on the last; with so few items it makes no difference.
  while (rest.length > 0) order.push(...rest.splice(next() % rest.length, 1));
  return order;
}

/** Whole numbers of 32 bits: FNV-1a of the text, then splitmix32, the 32-bit form of Steele, Lea & Flood's (2014) generator. */
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
