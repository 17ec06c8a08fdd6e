// A small origin on a free port, with the answer of each path given by the test and every request remembered.

import { createServer, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface TestOrigin extends AsyncDisposable {
  readonly port: number;
  /** Path and query of every request so far, in order. */
  readonly asked: string[];
}

export async function openTestOrigin(
  answer: (path: string) => { status?: number; headers?: Record<string, string>; body?: string },
): Promise<TestOrigin> {
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    const path = incoming.url ?? "/";
    asked.push(path);
    incoming.resume();
    const { status = 200, headers = {}, body = "" } = answer(path);
    response.writeHead(status, headers).end(body);
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

export interface Viewed {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks an edge on this machine for a path of a host. */
export async function view(edgePort: number, host: string, path: string, method = "GET"): Promise<Viewed> {
  const { promise, resolve, reject } = Promise.withResolvers<Viewed>();
  const asking = httpRequest(
    { host: "127.0.0.1", port: edgePort, path, method, headers: { Host: host }, agent: false },
    (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      response.once("error", reject);
    },
  );
  asking.once("error", reject);
  asking.end();
  return promise;
}
