// Which content an image's name stood for. Pure.

/** Marks what a container runtime calls an image that it has from no registry. */
const local = "id:";

/**
 * `sha256:…` of the registry that an image is from, by a reference such as `docker.io/library/python@sha256:…`; `id:sha256:…`,
 * the runtime's own name, of one that was built or imported where it is; null for anything else.
 */
export function imageDigest(reference: string): string | null {
  const [, at, digest] = /(^|@)(sha256:[0-9a-f]{64})$/.exec(reference) ?? [];
  if (digest === undefined) return null;
  return at === "@" ? digest : `${local}${digest}`;
}

/** Whether two runtimes would give the same content the same digest: each names its own images in its own way. */
export function isComparable(digest: string | null): digest is string {
  return digest !== null && !digest.startsWith(local);
}
