// The scaling laws, each as a prediction for the time of a point. They are written so that the coefficients are linear:
//
//   Amdahl (1967), strong       p·y/T_1 = 1 + s(p − 1)
//   Gustafson (1988), weak      T_1/y   = 1 − s(p − 1)/p
//   Universal (Gunther 1993)    p·y/T_1 = 1 + α(p − 1) + βp(p − 1)
//
// p workers take y seconds, one takes T_1. s is the serial fraction, α is waiting, and β is communication of each pair.

/** A law in logarithms, in which a share of the time is a sum. */
export interface LawForm {
  name: "Amdahl" | "Gustafson" | "Universal Scalability Law";
  /** The factor of each coefficient in p·y/T_1 − 1 or T_1/y − 1. */
  terms: (workers: number) => readonly number[];
  /** ln(y/T_1) is this sign times ln(1 + Σ coefficient·term), minus ln p if the work is divided. */
  sign: 1 | -1;
  divided: boolean;
}

/** The law's name in sentences. */
export function lawName({ name }: Pick<LawForm, "name">): string {
  return name === "Universal Scalability Law" ? `the ${name}` : `${name}'s law`;
}

/** The same work, divided among the workers. */
export const amdahl: LawForm = { name: "Amdahl", terms: (p) => [p - 1], sign: 1, divided: true };
/** The same work for each worker. */
export const gustafson: LawForm = { name: "Gustafson", terms: (p) => [-(p - 1) / p], sign: -1, divided: false };
/** Amdahl's law with a term for pairs of workers that wait for each other. */
export const universal: LawForm = {
  name: "Universal Scalability Law",
  terms: (p) => [p - 1, p * (p - 1)],
  sign: 1,
  divided: true,
};

/** 1 + Σ coefficient·term, the right side of the law; 0 or less for coefficients that allow no time. */
export function rightSide(form: LawForm, coefficients: readonly number[], workers: number): number {
  return 1 + form.terms(workers).reduce((sum, term, i) => sum + term * (coefficients[i] ?? 0), 0);
}

/** ln(y/T_1); NaN for coefficients that allow no time. */
export function logTime(form: LawForm, coefficients: readonly number[], workers: number): number {
  return form.sign * Math.log(rightSide(form, coefficients, workers)) - (form.divided ? Math.log(workers) : 0);
}

/** The derivative of ln(y/T_1) with respect to each coefficient. */
export function logTimeGradient(form: LawForm, coefficients: readonly number[], workers: number): number[] {
  const side = rightSide(form, coefficients, workers);
  return form.terms(workers).map((term) => (form.sign * term) / side);
}
