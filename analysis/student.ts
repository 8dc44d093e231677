// Student's t distribution, for intervals of means. Degrees of freedom need not be integers (Satterthwaite 1946).
import { sum } from "./values.ts";

/** The quantile of Student's t with these degrees of freedom, for a share of 0.5 to less than 1. */
export function studentQuantile(share: number, degrees: number): number {
  const below = studentBelow(degrees);
  let [low, high] = [0, 1];
  while (below(high) < share) high *= 2;
  while (high - low > 1e-10 * high) {
    const middle = (low + high) / 2;
    if (below(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Degrees of freedom of a sum of variances, each with its own: (Σ v_i)²/Σ(v_i²/ν_i) (Satterthwaite 1946, Biometrics
 * Bulletin 2(6)). The sum must be above 0.
 */
export function satterthwaiteDegrees(parts: readonly { variance: number; degrees: number }[]): number {
  const total = sum(parts.map(({ variance }) => variance));
  return total ** 2 / sum(parts.map(({ variance, degrees }) => variance ** 2 / degrees));
}

/** P(T < t) for t >= 0: 1 − I_x(ν/2, ½)/2 with x = ν/(ν + t²) (Abramowitz & Stegun 1964, 26.7.1). */
function studentBelow(degrees: number): (t: number) => number {
  const beta = regularizedBeta(degrees / 2, 0.5);
  return (t) => 1 - beta(degrees / (degrees + t * t)) / 2;
}

/** I_x(a, b), the regularized incomplete beta function of x in [0, 1], by its continued fraction (Abramowitz & Stegun 1964, 26.5.8). */
export function regularizedBeta(a: number, b: number): (x: number) => number {
  // −ln B(a, b), which takes longer than the rest.
  const constant = logGamma(a + b) - logGamma(a) - logGamma(b);
  const front = (x: number) => Math.exp(constant + a * Math.log(x) + b * Math.log1p(-x));
  return (x) => {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    // The fraction converges quickly only on one side, and I_x(a, b) = 1 − I_1−x(b, a).
    if (x > (a + 1) / (a + b + 2)) return 1 - (front(x) * betaFraction(1 - x, b, a)) / b;
    return (front(x) * betaFraction(x, a, b)) / a;
  };
}

/** Modified Lentz's method (Thompson & Barnett 1986, J. Comput. Phys. 64). */
function betaFraction(x: number, a: number, b: number): number {
  const away = (value: number) => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return fraction;
}

/**
 * ln Γ(x) for x > 0 by Stirling's series. The argument is first raised until six terms are exact (Abramowitz & Stegun
 * 1964, 6.1.41).
 */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  while (z < 12) {
    shift += Math.log(z);
    z++;
  }
  const inverse = 1 / (z * z);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / z;
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series - shift;
}
