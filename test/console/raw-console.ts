// Requests to the console as bytes over a socket, so that a test says every field itself, those too that no browser would.

import { once } from "node:events";
import { connect } from "node:net";

export interface RawAnswer {
  readonly status: number;
  /** The head as it came. */
  readonly head: string;
  readonly body: string;
}

export interface RawAsk {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly fields?: readonly string[];
  readonly body?: string;
  /** What Content-Length says where that is not so: the rest never comes. */
  readonly bytesSaid?: number;
}

const WITHIN_MS = 20_000;

export async function askRaw(port: number, asked: RawAsk): Promise<RawAnswer> {
  const {
    method = "GET",
    path = "/",
    host = `console.localhost:${port}`,
    fields = [],
    body = "",
    bytesSaid = Buffer.byteLength(body),
  } = asked;
  const length = bytesSaid === 0 ? [] : [`Content-Length: ${bytesSaid}`];
  const head = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, ...fields, ...length, "Connection: close"];
  const socket = connect({ host: "127.0.0.1", port });
  socket.setTimeout(WITHIN_MS, () => socket.destroy(new Error("no answer in time")));
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  await once(socket, "close");
  const text = Buffer.concat(chunks).toString();
  const end = text.indexOf("\r\n\r\n");
  return { status: Number(text.slice(9, 12)), head: text.slice(0, end), body: text.slice(end + 4) };
}

/** The fields that the console's own page sends. */
export function ownFields(port: number, cookie = ""): readonly string[] {
  return [
    `Origin: http://console.localhost:${port}`,
    "Sec-Fetch-Site: same-origin",
    "X-Warmfront-Console: 1",
    ...(cookie === "" ? [] : [`Cookie: ${cookie}`]),
  ];
}

export const KEY = { accessKeyId: "test", secretAccessKey: "test" };

/** Signs in and has the cookie, as `name=value`. */
export async function rawSignIn(port: number, key: object = KEY): Promise<string> {
  const answer = await askRaw(port, {
    method: "POST",
    path: "/_warmfront/console/session",
    fields: ownFields(port),
    body: JSON.stringify(key),
  });
  const cookie = /^Set-Cookie: ([^;\r]+)/m.exec(answer.head)?.[1];
  if (cookie === undefined) throw new Error(`no session: ${answer.status} ${answer.body}`);
  return cookie;
}

/** Carries out an operation of the API by the console's own way, and has its output. */
export async function callOperation<Output>(
  port: number,
  cookie: string,
  operation: string,
  input: object,
): Promise<Output> {
  const answer = await askRaw(port, {
    method: "POST",
    path: `/_warmfront/console/call/${operation}`,
    fields: ownFields(port, cookie),
    body: JSON.stringify(input),
  });
  if (answer.status >= 300) throw new Error(`${operation}: ${answer.status} ${answer.body}`);
  return (JSON.parse(answer.body) as { output: Output }).output;
}

const BEHAVIOR = {
  TargetOriginId: "site",
  ViewerProtocolPolicy: "allow-all",
  MinTTL: 0,
  ForwardedValues: { QueryString: false, Cookies: { Forward: "none" } },
};

/** A shop: two patterns before the default behavior, one origin on this machine. */
export function shopConfig(reference: string, originPort: number): object {
  const patterns = ["/images/*", "/api/*"];
  return {
    CallerReference: reference,
    Comment: "the shop",
    Enabled: true,
    Aliases: { Quantity: 1, Items: [`${reference}.example.com`] },
    DefaultRootObject: "index.html",
    Origins: {
      Quantity: 1,
      Items: [
        {
          Id: "site",
          DomainName: "localhost",
          CustomOriginConfig: { HTTPPort: originPort, HTTPSPort: 443, OriginProtocolPolicy: "http-only" },
        },
      ],
    },
    DefaultCacheBehavior: BEHAVIOR,
    CacheBehaviors: { Quantity: 2, Items: patterns.map((PathPattern) => ({ PathPattern, ...BEHAVIOR })) },
  };
}

export interface MadeDistribution {
  readonly ETag: string;
  readonly Distribution: { readonly Id: string; readonly DomainName: string };
}
