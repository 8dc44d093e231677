// A port of the loopback that nobody listens on.
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";

/** One that is free now; another program can still take it. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // An address of a listening TCP server is never a string.
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
