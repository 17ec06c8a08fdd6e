// A viewer in the test's own process: `fetch` as far as tests want it, to an edge at an address whatever name is asked for. The global fetch lets
// nobody set Host, and `*.localhost` leads nowhere in Node.js on most systems.

import { request as ask } from "node:http";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";

/** Statuses whose answer has no body, also to `Response`. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Redirects are not followed, codings are not undone: what is asserted on is what came. A new connection each time. */
export async function fetchFromEdge(
  at: { readonly port: number; readonly host: string; readonly path: string },
  init: RequestInit,
): Promise<Response> {
  const { port, path } = at;
  // Reads the body, whatever kind it is, and refuses what fetch refuses.
  const asked = new Request(`http://127.0.0.1:${port}`, init);
  const body = asked.body === null ? undefined : Buffer.from(await asked.arrayBuffer());
  const headers: Record<string, string> = { Host: new Headers(init.headers).get("host") ?? at.host };
  for (const [name, value] of asked.headers) if (name !== "host") headers[name] = value;
  if (body !== undefined) headers["content-length"] = String(body.length);
  const { method } = asked;
  // By an old Node.js, too, which has no Promise.withResolvers.
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = ask({ host: "127.0.0.1", port, path, method, headers, agent: false, signal: asked.signal }, resolve);
    sent.once("error", reject);
    sent.end(body);
  });
  const status = answer.statusCode ?? 0;
  const fields = new Headers();
  for (let i = 0; i < answer.rawHeaders.length; i += 2) {
    fields.append(answer.rawHeaders[i] ?? "", answer.rawHeaders[i + 1] ?? "");
  }
  const hasBody = method !== "HEAD" && !BODILESS.has(status);
  if (!hasBody) answer.resume();
  const stream = hasBody ? (Readable.toWeb(answer) as ReadableStream<Uint8Array>) : undefined;
  return new Response(stream as ConstructorParameters<typeof Response>[0], {
    status,
    statusText: answer.statusMessage ?? "",
    headers: fields,
  });
}
