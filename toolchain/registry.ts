// Asks a container registry for the digest of a tag, for maintainers who pin it. Nothing is pulled.
import { createHash } from "node:crypto";
import * as v from "valibot";
import { useProxies } from "./download.ts";

/** Milliseconds within which a registry must answer. */
const patience = 30_000;

/** Media types of a multi-architecture list, Docker's and OCI's. */
const indexTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const indexSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    manifests: v.array(v.object({ platform: v.optional(v.object({ os: v.string(), architecture: v.string() })) })),
  }),
);
const tokenSchema = v.pipe(v.string(), v.parseJson(), v.object({ token: v.string() }));

/** The architectures that the scripts run on. */
const needed = ["linux/amd64", "linux/arm64"];

/**
 * The digest of a tag's list. With it, a machine of any architecture always gets the same image.
 * @param image such as `rancher/k3s:v1.34.2-k3s1`
 * @param origin of the registry. Default: `$PI_SPEEDUP_REGISTRY`, otherwise that of the image's name.
 * @throws Error if the registry does not answer properly, or lacks the image for an architecture.
 */
export async function indexDigest(image: string, origin = process.env.PI_SPEEDUP_REGISTRY): Promise<string> {
  useProxies();
  const { registry, repository, tag } = parseImage(image);
  const url = `${origin ?? `https://${registry}`}/v2/${repository}/manifests/${tag}`;
  const accept = { Accept: indexTypes.join(", ") };
  let response = await get(url, accept);
  if (response.status === 401) {
    const token = await tokenFor(response, url);
    response = await get(url, { ...accept, Authorization: `Bearer ${token}` });
  }
  const text = await response.text();
  if (!response.ok)
    throw new Error(`${url} answered with HTTP status ${response.status}. Check the image's name and tag.`);
  const platforms = v
    .parse(indexSchema, text)
    .manifests.flatMap(({ platform }) => (platform === undefined ? [] : [`${platform.os}/${platform.architecture}`]));
  const missing = needed.filter((each) => !platforms.includes(each));
  if (missing.length > 0) throw new Error(`${url} has no image for ${missing.join(" and ")}. Choose another release.`);
  // Calculated from the content, not taken from a header.
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/** The parts of an image's name, with Docker's defaults filled in. */
export function parseImage(image: string): { registry: string; repository: string; tag: string } {
  const [, name = "", tag = "latest"] = /^(.*?)(?::([^/:]*))?$/.exec(image) ?? [];
  const [first = "", ...rest] = name.split("/");
  if (rest.length > 0 && /[.:]|^localhost$/.test(first)) return { registry: first, repository: rest.join("/"), tag };
  const repository = rest.length > 0 ? name : `library/${name}`;
  return { registry: "registry-1.docker.io", repository, tag };
}

/** An anonymous token, from the address that the registry gives. */
async function tokenFor(response: Response, url: string): Promise<string> {
  const challenge = response.headers.get("www-authenticate") ?? "";
  const parameters = new Map(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
  );
  const realm = parameters.get("realm");
  if (realm === undefined) throw new Error(`${url} wants a login that is not known here: "${challenge}".`);
  const from = new URL(realm);
  for (const key of ["service", "scope"]) from.searchParams.set(key, parameters.get(key) ?? "");
  return v.parse(tokenSchema, await (await get(from.href, {})).text()).token;
}

function get(url: string, headers: Record<string, string>): Promise<Response> {
  return fetch(url, { headers, signal: AbortSignal.timeout(patience) });
}
