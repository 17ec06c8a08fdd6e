// What comes back from an origin: a switch, interim responses, or a head and its body, each checked for what Node's parser lets
// through and we do not.

import type * as http from "node:http";
import type { Duplex } from "node:stream";
import { combineField } from "../../http/field-list.ts";
import { connectionNames, endToEndFields } from "../end-to-end.ts";
import type { Field } from "../transport/message.ts";
import { noteSpent } from "../../vocabulary/spent-buffers.ts";
import { whyNotSwitched } from "../transport/websocket-handshake.ts";
import type { OriginRequest } from "./build-origin-request.ts";
import { failure, type Failed } from "./fetch-faults.ts";
import type { OriginResponse, OriginTunnel } from "./origin-answer.ts";

/** A switch that was not asked for, or that does not answer what was asked, gets nothing more from us. */
export function readSwitch(
  received: http.IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { fields, upgrade }: OriginRequest,
  signal: AbortSignal,
): OriginTunnel | Failed {
  const answered = readFields(received.rawHeaders);
  const fault = upgrade === undefined ? "101 that nobody asked for" : whyNotSwitched(fields, answered);
  socket.on("error", () => undefined); // until its owner listens
  if (fault !== undefined || signal.aborted) {
    socket.destroy();
    return { ...failure(502, "origin-closed", "origin", fault ?? "the edge stops"), phase: "sent", isLasting: true };
  }
  const close = (): void => void socket.destroy();
  signal.addEventListener("abort", close);
  socket.on("close", () => signal.removeEventListener("abort", close));
  if (head.length > 0) socket.unshift(head);
  return {
    kind: "tunnel",
    fields: endToEndFields(answered, connectionNames(combineField(answered, "connection"))),
    far: socket,
  };
}

function readFields(raw: readonly string[]): Field[] {
  const fields: Field[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) fields.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  return fields;
}

/** How the body of a response is read. */
interface Reading {
  readonly request: OriginRequest;
  readonly gapMs: number;
  readonly bodyBytesMax: number;
}

export function readResponse(
  received: http.IncomingMessage,
  sent: http.ClientRequest,
  reading: Reading,
): OriginResponse | Failed {
  const { request, bodyBytesMax } = reading;
  const all = readFields(received.rawHeaders);
  const coding = combineField(all, "transfer-encoding");
  const stated = coding === undefined ? combineField(all, "content-length") : undefined;
  const length = stated !== undefined && /^\d{1,15}$/.test(stated) ? Number(stated) : undefined;
  const status = received.statusCode ?? 0;
  const why =
    whyNotHttp(received, coding) ??
    (stated !== undefined && length === undefined ? `Content-Length is ${stated.slice(0, 100)}` : undefined) ??
    (length !== undefined && length > bodyBytesMax
      ? `its body has ${length} bytes, more than the ${bodyBytesMax} that may be cached`
      : undefined);
  if (why !== undefined) {
    sent.on("error", () => {}); // told below
    sent.destroy();
    return {
      ...failure(502, "origin-closed", "origin", `the origin's answer: ${why}`),
      phase: "sent",
      isLasting: true,
    };
  }
  const listed = connectionNames(combineField(all, "connection"));
  const hasBody = request.method !== "HEAD" && status !== 204 && status !== 304 && length !== 0;
  const isDelimited = coding !== undefined || length !== undefined;
  let fault: Error | undefined;
  // Of a body whose end is that of the connection, only this tells that it was cut.
  sent.on("error", (error) => (fault = error));
  if (!hasBody) received.resume(); // to its end, so that the connection goes back to the pool
  const isCut = (): boolean => fault !== undefined && !isDelimited && !request.takesTruncated;
  return {
    kind: "response",
    status,
    fields: endToEndFields(all, listed).filter(([name]) => name.toLowerCase() !== "content-length"),
    length,
    body: hasBody
      ? { chunks: readBody(received, sent, { ...reading, isCut }), abort: () => sent.destroy() }
      : undefined,
  };
}

/** What the parser lets through and we do not. */
function whyNotHttp(
  { httpVersion, statusCode = 0 }: http.IncomingMessage,
  coding: string | undefined,
): string | undefined {
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return `it is HTTP/${httpVersion}`;
  // Other classes than the five mean nothing that could be passed on. [RFC 9110 §15]
  if (statusCode < 200 || statusCode > 599) return `its status is ${statusCode}`;
  if (coding === undefined) return undefined;
  // Whoever sends this in HTTP/1.0 does not know what it means. [RFC 9112 §6.1]
  if (httpVersion === "1.0") return "it is HTTP/1.0 with a transfer coding";
  return coding.trim().toLowerCase() === "chunked" ? undefined : `its transfer coding is ${coding.slice(0, 100)}`;
}

export function interimFields(raw: readonly string[]): Field[] {
  const all = readFields(raw);
  const listed = connectionNames(combineField(all, "connection"));
  return endToEndFields(all, listed).filter(([name]) => name.toLowerCase() !== "content-length");
}

/**
 * The pause that counts is the origin's: while the reader holds a chunk, no timer runs. Written out, because a generator
 * that was not started, or that waits, could not be given up at once.
 */
function readBody(
  received: http.IncomingMessage,
  sent: http.ClientRequest,
  { request, gapMs, bodyBytesMax, isCut }: Reading & { readonly isCut: () => boolean },
): AsyncIterable<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = received[Symbol.asyncIterator]();
  let bytes = 0;
  // What is left of either body is nobody's any more. Read to its end, also what has arrived, it leaves the connection to the pool.
  const end = (): void => {
    if (!received.readableEnded || !sent.writableFinished) sent.destroy();
  };
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      const timer = setTimeout(() => {
        received.destroy(new Error(`the origin paused for ${request.origin.readTimeout} s`));
      }, gapMs);
      try {
        const next = await chunks.next();
        if (next.done === true) {
          end();
          if (!received.complete || isCut()) throw new Error("the origin's response broke off");
          return next;
        }
        bytes += next.value.length;
        noteSpent(next.value.length);
        if (bytes > bodyBytesMax)
          throw new Error(`the body has more than the ${bodyBytesMax} bytes that may be cached`);
        return next;
      } catch (error) {
        sent.destroy();
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    async return() {
      end();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
