// Decides which server certificates to trust, as Go does, and thus kubectl and Pulumi's plugin. Node.js differs in three
// ways. For Go, an intermediate certificate may be the authority. The default authorities are the system's, which include
// those of a company, and not those of Node.js. A certificate's common name is never its name, only its alternative names.
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity, getCACertificates } from "node:tls";

/** How a server's certificate is checked. */
export interface Trust {
  options?: ConnectionOptions;
  /** Whether a handshake can ask for the expected name; undefined if none was given. */
  isName?: boolean;
}

/**
 * @param authority in PEM, as given; undefined: the system's.
 * @param name expected in the certificate; undefined: the server's own.
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

/** Skips certificates that cannot be read. */
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

/** For Go and for Node.js, certificates named by SSL_CERT_FILE and SSL_CERT_DIR count as the system's. */
function systemAuthorities(): string[] {
  const system = getCACertificates("system");
  return [...(system.length > 0 ? system : getCACertificates("default")), ...getCACertificates("extra")];
}
