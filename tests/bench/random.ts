// Random numbers for simulations. They are repeatable, unlike those of JavaScript's own generator.

/** Numbers in [0, 1), and of the standard normal distribution. */
export interface Random {
  uniform: () => number;
  normal: () => number;
}

/** The same text gives the same numbers on every machine. */
export function randomFrom(seed: string): Random {
  const next = xoshiro(seeded(seed));
  const uniform = () => next() / 2 ** 32;
  // Box and Muller make two at a time; the second waits here.
  let spare: number | null = null;
  const normal = () => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    const distance = Math.sqrt(-2 * Math.log((next() + 1) / 2 ** 32));
    const angle = 2 * Math.PI * uniform();
    spare = distance * Math.sin(angle);
    return distance * Math.cos(angle);
  };
  return { uniform, normal };
}

/** Four words of 32 bits, not all of them 0. */
export type State = [number, number, number, number];

/** xoshiro128** (Blackman & Vigna 2021, ACM Trans. Math. Softw. 47(4)): whole numbers of 32 bits. */
export function xoshiro([a, b, c, d]: State): () => number {
  return () => {
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return result >>> 0;
  };
}

/** Four words that are not all 0: FNV-1a of the text, spread by splitmix32, as the generator's authors advise. */
function seeded(seed: string): State {
  let hash = 2166136261;
  for (const character of seed) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619);
  const word = () => {
    hash = (hash + 0x9e3779b9) | 0;
    let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return mixed ^ (mixed >>> 16);
  };
  return [word(), word(), word(), word() | 1];
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
