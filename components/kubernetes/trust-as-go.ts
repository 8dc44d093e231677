// Which certificates of a server are trusted: as Go decides it, and so kubectl and Pulumi's plugin, where Node.js decides
// otherwise. An authority may be one in the middle of a chain. Without an authority it is those of the system that count, with
// what a company has added there, and not those that came with Node.js. A certificate's name is one of its alternative names
// and never its common name.
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity, getCACertificates } from "node:tls";

/** How a server's certificate is checked. */
export interface Trust {
  options?: ConnectionOptions;
  /** Whether the name to expect is one that a handshake can ask for; undefined where none was given. */
  isName?: boolean;
}

/**
 * @param authority in PEM, as it was given; undefined: the system's.
 * @param name of the certificate to expect; undefined: the server's own.
 */
export function trustAsGo(authority: unknown, name: string | undefined): Trust {
  return {
    options: {
      ca: authority === undefined ? systemAuthorities() : certificatesIn(String(authority)),
      allowPartialTrustChain: true,
      checkServerIdentity: (host, certificate) =>
        checkServerIdentity(name ?? host, { ...certificate, subject: { ...certificate.subject, CN: "" } }),
    },
    ...(name !== undefined && { isName: isIP(name) === 0 }),
  };
}

/** Of several certificates those that can't be read are passed over. */
function certificatesIn(pem: string): string[] {
  const blocks = pem.match(/^-----BEGIN CERTIFICATE-----$[^-]*^-----END CERTIFICATE-----$/gm) ?? [];
  return blocks.filter((block) => {
    try {
      return new X509Certificate(block).subject !== undefined;
    } catch {
      return false;
    }
  });
}

/** What SSL_CERT_FILE and SSL_CERT_DIR name counts as the system's, for Go and for Node.js. */
function systemAuthorities(): string[] {
  const system = getCACertificates("system");
  return [...(system.length > 0 ? system : getCACertificates("default")), ...getCACertificates("extra")];
}
