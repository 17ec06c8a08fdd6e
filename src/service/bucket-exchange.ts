// One exchange of the bucket store over node:http: bodies stream both ways, each no faster than the other side takes it. A
// caller that says or takes nothing for too long is cut off; one that leaves ends the reading and the writing at once.
// Surprises: the body is asked for (100-continue) only when somebody reads it, and what an answer leaves unread of it is
// read away within a bound, since closing over unread bytes resets the connection and may take the answer along.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { BucketBody, BucketRequest, BucketResponse } from "../buckets/message.ts";
import type { S3Failure } from "../buckets/operation.ts";
import type { Limits } from "../vocabulary/limits.ts";
import type { CallerConnection } from "./caller-connection.ts";
import { openPatience, type Patience } from "./caller-patience.ts";

/** What is known of a request before its body. */
export type BucketRequestHead = Omit<BucketRequest, "body" | "bodyLength">;

export interface BucketExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: CallerConnection;
  /** The caller waits to be told that its body is wanted. [RFC 9110 §10.1.1] */
  readonly expectsContinue: boolean;
  readonly limits: Limits;
}

/** Answers the request with what `handle` makes of it. Rejects with faults of our own only; the caller is cut off then. */
export async function serveBucketExchange(
  head: BucketRequestHead,
  exchange: BucketExchange,
  handle: (request: BucketRequest) => Promise<BucketResponse>,
): Promise<void> {
  const { connection, response, limits } = exchange;
  if (connection.isGone) return;
  response.on("drain", connection.wake);
  let incoming: Incoming | undefined;
  const patience = openPatience(limits.bucketIdleTimeoutSeconds, () => {
    // Before the answer there is somebody to tell; after its head there is not.
    if (response.headersSent || incoming === undefined) connection.end();
    else incoming.breakOff();
  });
  try {
    incoming = readIncoming(exchange, patience);
    const answer = await handle({ ...head, body: incoming.chunks, bodyLength: incoming.length });
    if (connection.isGone) await giveUp(answer.body);
    else await write(answer, incoming, exchange, patience);
  } catch (fault) {
    connection.end(); // half an answer must not look like a whole one
    throw fault;
  } finally {
    patience.end();
  }
}

interface Incoming {
  /** Throws an `S3Failure` when the caller leaves, or says nothing for too long. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** From Content-Length; 0 where there is no body; `undefined` for chunked. */
  readonly length: number | undefined;
  /** The body is at its end, or the caller waits to be asked for it, or more would come. */
  state(): "ended" | "not-asked-for" | "coming";
  /** The caller was silent for too long: whoever reads learns it. */
  breakOff(): void;
  /** Reads away what is left, within bounds; `false`: more would come. */
  discard(): Promise<boolean>;
}

const LEFT: S3Failure = { kind: "failure", code: "IncompleteBody", why: "the caller left in the middle of its body" };
const SILENT: S3Failure = { kind: "failure", code: "RequestTimeout", why: "the caller's body stood still" };

function readIncoming(exchange: BucketExchange, patience: Patience): Incoming {
  const { request, response, connection, expectsContinue, limits } = exchange;
  const { "content-length": stated, "transfer-encoding": coding } = request.headers;
  // Without either field there is none. [RFC 9112 §6.3]
  const length = coding !== undefined ? undefined : Number(stated ?? 0);
  const at = { isEnded: length === 0, isAskedFor: !expectsContinue, isBrokenOff: false, bytesRead: 0 };
  if (!at.isEnded) for (const event of ["readable", "end", "error", "close"]) request.on(event, connection.wake);

  /** `undefined` at the end. */
  const nextChunk = async (): Promise<Uint8Array | S3Failure | undefined> => {
    for (;;) {
      if (at.isBrokenOff) return SILENT;
      const chunk = request.read() as Uint8Array | null;
      if (chunk !== null) {
        at.bytesRead += chunk.length;
        patience.progress(chunk.length);
        return chunk;
      }
      if (request.readableEnded) {
        at.isEnded = true;
        return undefined;
      }
      if (connection.isGone || request.destroyed) return LEFT;
      await patience.during(connection.untilWoken());
    }
  };
  async function* read(): AsyncGenerator<Uint8Array, void, void> {
    if (at.isEnded) return;
    if (!at.isAskedFor) response.writeContinue();
    at.isAskedFor = true;
    for (;;) {
      const chunk = await nextChunk();
      if (chunk === undefined) return;
      if (!(chunk instanceof Uint8Array)) throw chunk;
      yield chunk;
    }
  }
  return {
    chunks: { [Symbol.asyncIterator]: read },
    length,
    state: () => (at.isEnded ? "ended" : at.isAskedFor ? "coming" : "not-asked-for"),
    breakOff() {
      at.isBrokenOff = true;
      connection.wake();
    },
    async discard() {
      const most = at.bytesRead + limits.bucketRefusedBodyBytesMax;
      while (at.bytesRead <= most) if (!((await nextChunk()) instanceof Uint8Array)) break;
      return at.isEnded;
    },
  };
}

async function write(
  answer: BucketResponse,
  incoming: Incoming,
  exchange: BucketExchange,
  patience: Patience,
): Promise<void> {
  const { request, response, limits } = exchange;
  const { body } = answer;
  const left = incoming.state();
  // A body that was not asked for may come or not: where the next request begins cannot be told.
  const isLong = incoming.length === undefined || incoming.length > limits.bucketRefusedBodyBytesMax;
  if (left === "not-asked-for" || (left === "coming" && isLong)) response.shouldKeepAlive = false;

  const text = body.kind === "text" ? Buffer.from(body.text) : undefined;
  response.writeHead(answer.status, fieldsOf(answer, text));
  if (request.method === "HEAD" || !mayHaveContent(answer.status)) await giveUp(body);
  else if (body.kind === "stream" && !(await writeStream(body, exchange, patience))) return;

  const content = request.method === "HEAD" ? undefined : text;
  if (incoming.state() === "ended") return void response.end(content);
  // The answer is whole on its way before the rest of the body is looked at.
  if (content === undefined) response.flushHeaders();
  else response.write(content);
  await linger(incoming, exchange);
}

function mayHaveContent(status: number): boolean {
  return status !== 204 && status !== 304;
}

/** To a HEAD the length is told as a GET would have it. [RFC 9110 §8.6] */
function fieldsOf({ fields, status, body }: BucketResponse, text: Uint8Array | undefined): string[] {
  const lines: string[] = [];
  for (const [name, value] of fields) lines.push(name, value);
  if (mayHaveContent(status) && !fields.some(([name]) => name.toLowerCase() === "content-length")) {
    lines.push("Content-Length", String(body.kind === "stream" ? body.length : (text?.length ?? 0)));
  }
  return lines;
}

/** How long a caller that was answered early may take to say the rest. */
const LINGER_MS = 2000;

async function linger(incoming: Incoming, { connection, response }: BucketExchange): Promise<void> {
  const overdue = setTimeout(() => incoming.breakOff(), LINGER_MS);
  const isRead = await incoming.discard();
  clearTimeout(overdue);
  if (isRead) response.end();
  else response.end(() => connection.end());
}

/** `false`: the caller has left. */
async function writeStream(
  body: BucketBody & { readonly kind: "stream" },
  { response, connection }: BucketExchange,
  patience: Patience,
): Promise<boolean> {
  let left = body.length;
  for await (const chunk of body.chunks) {
    left -= chunk.length;
    if (left < 0) throw new Error(`a body of ${body.length} bytes has ${-left} more`);
    response.write(chunk);
    while (response.writableNeedDrain && !connection.isGone) await patience.during(connection.untilWoken());
    if (connection.isGone) return false;
    patience.progress(chunk.length);
  }
  if (left > 0) throw new Error(`a body of ${body.length} bytes ended ${left} bytes early`);
  return true;
}

/** Lets a stream that nobody reads close what it holds. */
async function giveUp(body: BucketBody): Promise<void> {
  if (body.kind === "stream") await body.chunks[Symbol.asyncIterator]().return?.();
}
