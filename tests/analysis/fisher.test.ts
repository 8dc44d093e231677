import test from "ava";
import { fisherAbove } from "../../analysis/fisher.ts";

// Tables of F: 5 % and 1 %.
const tables: [f: number, above: number, below: number, chance: number][] = [
  [161.448, 1, 1, 0.05],
  [18.513, 1, 2, 0.05],
  [6.944, 2, 4, 0.05],
  [98.503, 1, 2, 0.01],
];
for (const [f, above, below, chance] of tables) {
  test(`F of ${f} with ${above} and ${below} degrees has the chance that tables give`, (t) => {
    t.true(
      Math.abs(fisherAbove(f, above, below) - chance) < 2e-4 + chance * 1e-3,
      String(fisherAbove(f, above, below)),
    );
  });
}

// With two degrees above, the chance is (1 + 2f/ν)^(−ν/2).
test("with two degrees above the line it is a power, as by hand", (t) => {
  t.true(Math.abs(fisherAbove(3, 2, 4) - (1 + 6 / 4) ** -2) < 1e-12);
});
