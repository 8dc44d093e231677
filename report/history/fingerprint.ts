import { createHash } from "node:crypto";

/** 16 hexadecimal digits that are the same for the same value, and others for another one. */
export function fingerprint(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
