// The parts of the kubeconfigs in the tables of cases.
import type { Seen } from "./kubeconfig-cases.ts";

export const base64 = (text: string) => Buffer.from(text).toString("base64");

/** A kubeconfig with one cluster and one user, as JSON. */
export const config = (cluster: object, user: object, more: object = {}) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "pi",
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
    contexts: [{ name: "pi", context: { cluster: "c", user: "u" } }],
    ...more,
  });

/** How a server sees a request with this token. */
export const bearer = (token: string): Seen => ({ authorization: `Bearer ${token}` });

/** A program that prints this, which has no quotation marks of the shell, without starting another. */
export const script = (text: string) => `#!/bin/sh\nprintf '%s\\n' '${text}'\n`;
