// What an origin's head amounts to: a switch that was asked for, or a response and its body.

import { whyNotSwitched } from "../transport/websocket-handshake.ts";
import { failure, type Failed } from "./fetch-faults.ts";
import type { ResponseHead } from "./http1-response-reader.ts";
import type { OriginBody, OriginResponse, OriginTunnel } from "./origin-answer.ts";
import { listFields, type OriginRequest } from "./origin-request.ts";
import type { FetchSignal } from "./waiting-viewers.ts";
import type { ArrivedBody, OriginConnection } from "./origin-connection.ts";

/** A switch that was not asked for, or that does not answer what was asked, gets nothing more from us: the caller closes. */
export function readSwitch(
  head: ResponseHead,
  connection: OriginConnection,
  { fields, upgrade }: OriginRequest,
  signal: FetchSignal,
): OriginTunnel | Failed {
  const fault =
    upgrade === undefined ? "101 that nobody asked for" : whyNotSwitched(listFields(fields), head.allFields);
  if (fault !== undefined || signal.aborted) {
    return { ...failure(502, "origin-closed", "origin", fault ?? "the edge stops"), phase: "sent", isLasting: true };
  }
  const socket = connection.detach();
  const close = { handleEvent: (): void => void socket.destroy() };
  signal.addEventListener("abort", close);
  socket.on("close", () => signal.removeEventListener("abort", close));
  return { kind: "tunnel", fields: head.fields, far: socket };
}

/** `bodyBytesMax`: what may be cached at all; a stream is held to it while it comes. */
export function readResponse(head: ResponseHead, arrived: ArrivedBody, bodyBytesMax: number): OriginResponse | Failed {
  const { status, fields, length, memo } = head;
  const told = length ?? (arrived.kind === "whole" ? arrived.bytes.length : 0);
  if (told > bodyBytesMax) {
    if (arrived.kind === "stream") arrived.body.stop();
    const why = `the origin's answer: its body has ${told} bytes, more than the ${bodyBytesMax} that may be cached`;
    return { ...failure(502, "origin-closed", "origin", why), phase: "sent", isLasting: true };
  }
  return { kind: "response", status, fields, length, memo, body: bodyOf(arrived) };
}

function bodyOf(arrived: ArrivedBody): OriginBody | undefined {
  switch (arrived.kind) {
    case "none":
      return undefined;
    case "whole":
      return new WholeBody(arrived.bytes);
    case "stream":
      return { chunks: arrived.body, abort: () => arrived.body.stop() };
  }
}

/** It is nearly always taken as the bytes that it is. */
class WholeBody implements OriginBody {
  readonly whole: Uint8Array;

  constructor(whole: Uint8Array) {
    this.whole = whole;
  }

  get chunks(): AsyncIterable<Uint8Array> {
    return inOnePiece(this.whole);
  }

  abort(): void {
    // Its connection is free already.
  }
}

async function* inOnePiece(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
