// Identifies the image that was run, by its digest. Pure.

/** Marks the name that a container runtime gives to an image that comes from no registry. */
const local = "id:";

/**
 * The registry's digest `sha256:…`, from a reference such as `docker.io/library/python@sha256:…`. For an image that was
 * built or imported locally, `id:sha256:…`, the runtime's own name. Null for anything else.
 */
export function imageDigest(reference: string): string | null {
  const [, at, digest] = /(^|@)(sha256:[0-9a-f]{64})$/.exec(reference) ?? [];
  if (digest === undefined) return null;
  return at === "@" ? digest : `${local}${digest}`;
}

/** Whether two runtimes would give the same image the same digest. Each names local images in its own way. */
export function isComparable(digest: string | null): digest is string {
  return digest !== null && !digest.startsWith(local);
}
