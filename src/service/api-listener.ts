// The socket side of the API's port. Requests to the management API are read whole within their bounds, those to the
// bucket store are streamed (bucket-exchange.ts); which is which is decided from the head. node:http does the protocol here:
// it is well kept. Whatever arrives is answered by a document: what is no request by the one that `refuse` makes.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { BucketRequest, BucketResponse } from "../buckets/message.ts";
import type { ApiRequest, ApiResponse } from "../callers/message.ts";
import type { Limits } from "../vocabulary/limits.ts";
import { withoutMapping } from "../vocabulary/network-address.ts";
import { formatAuthority } from "./addresses.ts";
import { serveBucketExchange, type BucketRequestHead } from "./bucket-exchange.ts";
import { connectionOf } from "./caller-connection.ts";
import { chooseService, type RequestHead } from "./choose-service.ts";
import { openLiveOutput, type LiveResponse } from "./live-response.ts";

export interface ApiListener {
  readonly address: { readonly host: string; readonly port: number };
  /** Stops accepting, waits for requests in flight, at most `seconds`. */
  drain(seconds: number): Promise<void>;
}

export interface ApiListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly limits: Limits;
  /** Always answers, never throws. */
  readonly handle: (request: ApiRequest) => Promise<ApiResponse | LiveResponse>;
  /** The same for the bucket store; without it everything is for the management API. */
  readonly buckets?: {
    readonly handle: (request: BucketRequest) => Promise<BucketResponse>;
    /** An answer could not be given to its end for a reason of our own. */
    readonly reportFault: (fault: unknown) => void;
  };
  /** `/metrics` is ours, and no bucket's. */
  readonly hasMetrics?: boolean;
  /** Whether a request is the console's, by its host name: whatever its path, it is no bucket's. */
  readonly isConsole?: (fields: ApiRequest["fields"]) => boolean;
  /** An answer to what is no request: bytes that are not HTTP, a body over its bound. `head`: as far as it came. */
  readonly refuse: (why: RefusedRequest, head?: RequestHead) => ApiResponse;
}

export type RefusedRequest = "not-http" | "head-too-large" | "too-slow" | "body-too-large";

/** Rejects with the error of `listen` when the address cannot be had. */
export async function openApiListener(options: ApiListenerOptions): Promise<ApiListener> {
  const { limits, host } = options;
  const timeoutMs = limits.apiRequestTimeoutSeconds * 1000;
  const server = createServer({
    headersTimeout: timeoutMs,
    // An object may take as long as it moves; the body of a request to the management API is timed where it is read.
    requestTimeout: 0,
    keepAliveTimeout: timeoutMs,
    connectionsCheckingInterval: Math.min(timeoutMs, 1000),
    noDelay: true,
    // node:http would answer by itself, and without a document. The signature covers Host, so a request without one is
    // refused for that.
    requireHostHeader: false,
  });
  server.maxConnections = limits.apiConnectionsMax;
  server.on("request", (request, response) => serve(request, response, options, false));
  // An expectation that nobody knows may be passed over. [RFC 9110 §10.1.1]
  server.on("checkExpectation", (request, response) => serve(request, response, options, false));
  server.on("checkContinue", (request, response) => serve(request, response, options, true));
  server.on("connect", (_request, socket) => refuseBytes(socket, options.refuse("not-http")));
  server.on("clientError", (error, socket) => refuseSocket(error, socket as Socket, options));

  const opened = Promise.withResolvers<void>();
  server.once("error", opened.reject);
  server.listen({ host, port: options.port }, opened.resolve);
  await opened.promise;
  server.off("error", opened.reject);
  const { port } = server.address() as AddressInfo;
  return { address: { host, port }, drain: (seconds) => drain(server, seconds) };
}

const CLOSE_IDLE_EVERY_MS = 50;

async function drain(server: Server, seconds: number): Promise<void> {
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  // Those that were busy become idle one by one, and node:http would keep them for the next request.
  server.closeIdleConnections();
  const closing = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
  const overdue = setTimeout(() => server.closeAllConnections(), seconds * 1000);
  await closed.promise;
  clearInterval(closing);
  clearTimeout(overdue);
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: ApiListenerOptions,
  expectsContinue: boolean,
): void {
  const { socket } = request;
  const connection = connectionOf(socket);
  // Answers go out in order, so whoever asks without reading makes us keep what was asked.
  if (++connection.waiting > options.limits.apiPipelinedRequestsMax) return connection.end();
  response.once("close", () => connection.waiting--);

  const head = readHead(request);
  const { buckets, limits } = options;
  const isApi = buckets === undefined || options.isConsole?.(head.fields) === true;
  if (isApi || chooseService(head, options.hasMetrics) === "api") {
    // The body is not on its way yet: one that is too large is not asked for. [RFC 9110 §10.1.1]
    if (expectsContinue && !isDeclaredTooLarge(request, limits.apiBodyBytesMax)) response.writeContinue();
    void serveWhole(head, request, response, options);
    return;
  }
  const exchange = { request, response, connection, expectsContinue, limits };
  connection.inTurn(() => serveBucketExchange(head, exchange, buckets.handle)).catch(buckets.reportFault);
}

function readHead(request: IncomingMessage): BucketRequestHead {
  const target = originForm(request.url ?? "/");
  const mark = target.indexOf("?");
  const { localAddress, localPort, remoteAddress } = request.socket;
  const authority = request.headers.host ?? formatAuthority(localAddress ?? "", localPort ?? 0);
  return {
    method: request.method ?? "",
    rawPath: mark < 0 ? target : target.slice(0, mark),
    rawQuery: mark < 0 ? "" : target.slice(mark + 1),
    fields: pairs(request.rawHeaders),
    endpoint: `http://${authority}`,
    remoteAddress: withoutMapping(remoteAddress ?? ""),
  };
}

async function serveWhole(
  head: BucketRequestHead,
  request: IncomingMessage,
  response: ServerResponse,
  options: ApiListenerOptions,
): Promise<void> {
  const body = hasBody(request) ? await readBody(request, options.limits) : NO_BODY;
  if (body === "broken-off") return;
  if (body === "too-large" || body === "too-slow") {
    // The rest of the body is not read, so the connection cannot carry another request.
    response.shouldKeepAlive = false;
    write(options.refuse(body === "too-large" ? "body-too-large" : body, head), response);
    return;
  }
  const answer = await options.handle({ ...head, body });
  if ("live" in answer) writeLive(answer, response, options.limits);
  else write(answer, response);
}

function writeLive({ status, fields, live }: LiveResponse, response: ServerResponse, limits: Limits): void {
  response.writeHead(status, fields.flat());
  response.flushHeaders();
  live(openLiveOutput(response, limits.tailStalledSeconds));
}

/** What a client sends to a proxy, a server has to understand too. [RFC 9112 §3.2.2] */
function originForm(target: string): string {
  const absolute = /^https?:\/\/[^/?#]*(.*)$/i.exec(target)?.[1];
  if (absolute === undefined) return target;
  return absolute.startsWith("/") ? absolute : `/${absolute}`;
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) fields.push([raw[at] ?? "", raw[at + 1] ?? ""]);
  return fields;
}

function isDeclaredTooLarge(request: IncomingMessage, bytesMax: number): boolean {
  return Number(request.headers["content-length"]) > bytesMax;
}

/** Without either field there is none [RFC 9112 §6.3], and most requests are spared the cost of reading a stream. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

const NO_BODY = new Uint8Array(0);

async function readBody(
  request: IncomingMessage,
  limits: Limits,
): Promise<Uint8Array | "too-large" | "too-slow" | "broken-off"> {
  if (isDeclaredTooLarge(request, limits.apiBodyBytesMax)) return "too-large";
  const chunks: Uint8Array[] = [];
  let length = 0;
  const overdue = Promise.withResolvers<"too-slow">();
  const timer = setTimeout(() => overdue.resolve("too-slow"), limits.apiRequestTimeoutSeconds * 1000);
  // Not ended with the request's own stream: the refusal goes out over the same connection.
  const reading = request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;
  try {
    for (;;) {
      const next = await Promise.race([reading.next(), overdue.promise]);
      if (next === "too-slow") return next;
      if (next.done === true) break;
      length += next.value.length;
      if (length > limits.apiBodyBytesMax) return "too-large";
      chunks.push(next.value);
    }
  } catch {
    return "broken-off"; // the caller went away: there is nobody to answer
  } finally {
    clearTimeout(timer);
  }
  return chunks.length === 0 ? NO_BODY : Buffer.concat(chunks);
}

function write(answer: ApiResponse, response: ServerResponse): void {
  const fields: string[] = [];
  for (const [name, value] of answer.fields) fields.push(name, value);
  const bytes = answer.bytes?.length ?? Buffer.byteLength(answer.body);
  if (answer.status !== 204) fields.push("Content-Length", String(bytes));
  response.writeHead(answer.status, fields);
  if (answer.bytes !== undefined) {
    response.end(answer.bytes);
    return;
  }
  // As many bytes as characters: nothing but ASCII, which has the same bytes in Latin-1 and is written with less work.
  response.end(answer.body, bytes === answer.body.length ? "latin1" : "utf8");
}

function refuseSocket(error: NodeJS.ErrnoException, socket: Socket, options: ApiListenerOptions): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const answer = options.refuse(
    error.code === "HPE_HEADER_OVERFLOW"
      ? "head-too-large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "too-slow"
        : "not-http",
  );
  refuseBytes(socket, answer);
}

/** Time to read a refusal; a connection that is reset at once takes it along. */
const LINGER_MS = 1000;

/**
 * Answers where there is no response of node:http to write to, and closes. A caller that does not close its own side is
 * not waited for, or it would keep its place among the connections for ever.
 */
function refuseBytes(socket: Duplex, answer: ApiResponse): void {
  const overdue = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on("close", () => clearTimeout(overdue));
  socket.on("error", () => socket.destroy()); // the other side may be gone already
  const head = answer.fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const body = Buffer.from(answer.body);
  socket.end(
    `HTTP/1.1 ${answer.status} Refused\r\n${head}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body.toString()}`,
  );
}
