// Connects to an API server through a SOCKS proxy.
import { isIPv6 } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { SocksClient } from "socks";
import { Agent, buildConnector, type Dispatcher } from "undici";

/**
 * @param uri with a name and a password if the proxy requires them.
 * @param tls options for the server behind the proxy.
 */
export function socksDispatcher(uri: string, tls: ConnectionOptions): Dispatcher {
  const { hostname, port, username, password } = new URL(uri);
  const proxy = {
    host: bare(hostname),
    port: Number(port) || 1080,
    type: 5 as const, // 4 is another one
    ...(username !== "" && { userId: decodeURIComponent(username), password: decodeURIComponent(password) }),
  };
  // The two types differ only in whether a missing option may be undefined.
  const secured = buildConnector({ ...(tls as buildConnector.BuildOptions), allowH2: false });
  return new Agent({
    connect: (options, callback) => {
      const destination = {
        host: bare(options.hostname),
        port: Number(options.port) || (options.protocol === "https:" ? 443 : 80),
      };
      SocksClient.createConnection({ proxy, command: "connect", destination }).then(
        ({ socket }) => {
          if (options.protocol !== "https:") return callback(null, socket);
          // `options` contains the server's own name, and `tls` may contain another one.
          const { servername = options.servername } = tls;
          secured({ ...options, ...(servername !== undefined && { servername }), httpSocket: socket }, callback);
        },
        (error: Error) => callback(error, null),
      );
    },
  });
}

/** An IPv6 address is in brackets in a URL. */
function bare(hostname: string): string {
  const inside = hostname.replace(/^\[(.*)\]$/, "$1");
  return isIPv6(inside) ? inside : hostname;
}
