// Remedies for an image that does not work, by the messages of container runtimes.

/** A problem with an image, and its remedy. */
export interface ImageError {
  kind: "without-python" | "architecture" | "old-python" | "missing";
  /** Sentences that name the image and the key to set. */
  remedy: string;
}

/** Undefined if the message is not about the image. */
export function imageError(image: string, words: string): ImageError | undefined {
  const wanted = "Set pi-speedup:image to one with Python 3.9 or newer.";
  if (/"?python3"?: (executable file not found|no such file)/.test(words)) {
    return { kind: "without-python", remedy: `Image "${image}" has no python3. ${wanted}` };
  }
  if (/exec format error|no match(ing manifest)? for (platform|\S+\/\S+)/i.test(words)) {
    return {
      kind: "architecture",
      remedy: `Image "${image}" is for another architecture than this machine's. Set pi-speedup:image to one that fits.`,
    };
  }
  if (/pi\.py needs Python/.test(words)) {
    return { kind: "old-python", remedy: `The Python in image "${image}" is too old. ${wanted}` };
  }
  if (/ImagePull|ErrImage|InvalidImageName/.test(words)) {
    return {
      kind: "missing",
      remedy: `Image "${image}" is not on the node and could not be pulled. Check its name and that the node can reach the registry, or set pi-speedup:image to another one.`,
    };
  }
  return undefined;
}
