export function summarize(...x: unknown[]): string { return JSON.stringify(x[0]); }
