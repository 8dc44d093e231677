// Kubernetes quantities, such as 3920m, 16323452Ki or 4.

const decimal: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
};
const binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** Its value in the resource's unit: cores, bytes, pods. NaN if it is not a quantity. */
export function amountOf(quantity: string): number {
  const [, digits, suffix = ""] = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)$/.exec(quantity) ?? [];
  const factor = suffix === "" ? 1 : (decimal[suffix] ?? 1024 ** (binary.indexOf(suffix) + 1 || Number.NaN));
  return Number(digits) * factor;
}
