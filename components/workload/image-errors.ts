// Remedies for an image that does not work, by the messages of container runtimes.

/** One clause that names the image and the key to set; undefined if the message is not about the image. */
export function imageRemedy(image: string, words: string): string | undefined {
  const wanted = "set pi-speedup:image to one with Python 3.9 or newer";
  if (/"?python3"?: (executable file not found|no such file)/.test(words)) {
    return `image «${image}» has no python3: ${wanted}`;
  }
  if (/exec format error|no match(ing manifest)? for (platform|\S+\/\S+)/i.test(words)) {
    return `image «${image}» is for another architecture than this one: set pi-speedup:image to one for it`;
  }
  if (/pi\.py needs Python/.test(words)) return `the Python in image «${image}» is too old: ${wanted}`;
  if (/ImagePull|ErrImage|InvalidImageName/.test(words)) {
    return `image «${image}» is not on the node and could not be pulled: see that its name is right and that the node reaches the registry, or set pi-speedup:image to another`;
  }
  return undefined;
}
