// A server that misbehaves, to test the reading of external data.
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { ExecutionContext } from "ava";

/** Starts a server that stops when the test ends. Returns its address. */
export async function hostileServer(t: ExecutionContext, answer: RequestListener): Promise<string> {
  const http = createServer(answer);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  t.teardown(
    () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  );
  // An address of a listening TCP server is never a string.
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** An answer that begins so and then never ends; `sent` counts its bytes. */
export function endless(begin: string, unit: string): { answer: RequestListener; sent(): number } {
  let sent = 0;
  const chunk = Buffer.from(unit.repeat(Math.ceil(65_536 / unit.length)));
  return {
    sent: () => sent,
    answer: (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write(begin);
      const send = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        response.once("drain", send);
      };
      send();
    },
  };
}
