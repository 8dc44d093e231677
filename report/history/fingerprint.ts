import { createHash } from "node:crypto";

/** 16 hexadecimal digits, the same for the same value, and different for others. */
export function fingerprint(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
