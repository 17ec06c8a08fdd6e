// A small HTTP server on a free port of this machine, for as long as a bench runs.

import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

export interface BenchServer extends AsyncDisposable {
  readonly port: number;
}

export async function openBenchServer(listener: RequestListener): Promise<BenchServer> {
  const server = createServer(listener);
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}
