// A viewer over one kept HTTP/1.1 connection, with or without TLS, that counts what passes: heads as they stand on the wire, and bodies
// without what frames them.

import { connect, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { toldBy, type Asked, type EdgeAddress, type Seen, type Viewer, type ViewerConnection } from "./viewing.ts";

export function openHttp1Viewer(isSecure: boolean, at: () => EdgeAddress): Viewer {
  let socket: Socket | undefined;
  let over: ViewerConnection = { version: "HTTP/1.1", port: 0, tls: undefined };

  async function open(host: string): Promise<Socket> {
    const { edgePort, edgeHttpsPort } = at();
    const opened = isSecure
      ? connectTls({ host: "127.0.0.1", port: edgeHttpsPort, servername: host, rejectUnauthorized: false })
      : connect(edgePort, "127.0.0.1");
    opened.on("error", () => undefined);
    await new Promise<void>((resolve) => {
      opened.once(isSecure ? "secureConnect" : "connect", () => resolve()).once("close", () => resolve());
    });
    over = { version: "HTTP/1.1", port: opened.localPort ?? 0, tls: isSecure ? tlsOf(opened as TLSSocket) : undefined };
    return opened;
  }

  return {
    async ask(asked) {
      if (socket === undefined || socket.destroyed || !socket.writable) socket = await open(asked.host);
      const seen = await exchange(socket, asked, over);
      // Who only ends its half may still want the answer.
      if (seen.ending === "left" && !isSecure) socket.resetAndDestroy();
      else if (seen.mustClose) socket.destroy();
      return seen;
    },
    close: () => socket?.destroy(),
  };
}

export function tlsOf(socket: TLSSocket): NonNullable<ViewerConnection["tls"]> {
  return { protocol: socket.getProtocol() ?? "", cipher: socket.getCipher()?.name ?? "" };
}

interface Exchanged extends Seen {
  readonly mustClose: boolean;
}

function exchange(socket: Socket, asked: Asked, over: ViewerConnection): Promise<Exchanged> {
  const { promise, resolve } = Promise.withResolvers<Exchanged>();
  const startedAtMs = performance.now();
  const { head, framed } = writeRequest(asked);
  const reader = new AnswerReader(asked.method);
  let isOver = false;

  function end(ending: Seen["ending"]): void {
    if (isOver) return;
    isOver = true;
    socket.off("data", onData).off("close", onClose);
    const field = (lowerName: string): string | undefined => reader.field(lowerName);
    resolve({
      asked,
      ending,
      status: reader.status,
      ...toldBy(field),
      bytesOut: reader.headBytes + reader.bodyBytes,
      bytesIn: head.length + (asked.body?.length ?? 0),
      over,
      startedAtMs,
      endedAtMs: performance.now(),
      mustClose: ending !== "whole" || field("connection") === "close",
    });
  }
  function onData(piece: Buffer): void {
    reader.push(piece);
    if (reader.isWhole) end("whole");
    else if (asked.leavesInMidBody === true && reader.bodyBytes > 0) end("left");
  }
  function onClose(): void {
    end(reader.status === 0 ? "lost" : reader.endsWithConnection ? "whole" : "cut");
  }
  if (socket.destroyed) onClose();
  else {
    socket.on("data", onData).on("close", onClose);
    socket.write(framed === undefined ? head : Buffer.concat([head, framed]));
    void asked.leavesUnanswered?.then(() => end("left"));
  }
  return promise;
}

function writeRequest({ method, target, host, fields, body }: Asked): {
  readonly head: Buffer;
  readonly framed?: Buffer;
} {
  // Every other body is sent in chunks.
  const isChunked = body !== undefined && body.length % 2 === 1;
  const framing =
    body === undefined ? [] : isChunked ? ["Transfer-Encoding: chunked"] : [`Content-Length: ${body.length}`];
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    ...fields.map((field) => field.join(": ")),
    ...framing,
  ];
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  if (body === undefined) return { head };
  if (!isChunked) return { head, framed: body };
  const size = Buffer.from(`${body.length.toString(16)}\r\n`);
  return { head, framed: Buffer.concat([size, body, Buffer.from("\r\n0\r\n\r\n")]) };
}

/** Reads one answer; framing is not counted. [RFC 9112 §6.3] */
class AnswerReader {
  readonly #method: string;
  #unread: Buffer = Buffer.alloc(0);
  #fields: ReadonlyMap<string, string> | undefined;
  #left: number | "chunks" | "connection" = 0;
  #chunkLeft = 0;
  status = 0;
  headBytes = 0;
  bodyBytes = 0;
  isWhole = false;

  constructor(method: string) {
    this.#method = method;
  }

  get endsWithConnection(): boolean {
    return this.#left === "connection";
  }

  field(lowerName: string): string | undefined {
    return this.#fields?.get(lowerName);
  }

  push(piece: Buffer): void {
    this.#unread = this.#unread.length === 0 ? piece : Buffer.concat([this.#unread, piece]);
    if (this.#fields === undefined && !this.#readHead()) return;
    if (this.#left === "chunks") this.#readChunks();
    else this.#take(this.#left === "connection" ? this.#unread.length : this.#left);
  }

  #readHead(): boolean {
    const end = this.#unread.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const [first = "", ...lines] = this.#unread.toString("latin1", 0, end).split("\r\n");
    this.headBytes = end + 4;
    this.#unread = this.#unread.subarray(end + 4);
    this.status = Number(first.slice(9, 12));
    const fields = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
    );
    this.#fields = fields;
    const hasBody = this.#method !== "HEAD" && this.status !== 304 && this.status !== 204;
    const length = fields.get("content-length");
    if (!hasBody) this.#left = 0;
    else if (fields.get("transfer-encoding") === "chunked") this.#left = "chunks";
    else this.#left = length === undefined ? "connection" : Number(length);
    return true;
  }

  #take(most: number): void {
    const taken = Math.min(most, this.#unread.length);
    this.bodyBytes += taken;
    this.#unread = this.#unread.subarray(taken);
    if (typeof this.#left !== "number") return;
    this.#left -= taken;
    this.isWhole = this.#left === 0;
  }

  #readChunks(): void {
    for (;;) {
      if (this.#chunkLeft > 0) {
        const taken = Math.min(this.#chunkLeft, this.#unread.length);
        this.bodyBytes += taken;
        this.#chunkLeft -= taken;
        this.#unread = this.#unread.subarray(taken);
        if (this.#chunkLeft > 0) return;
      }
      // The line break behind the last chunk, then a size. [RFC 9112 §7.1]
      const text = this.#unread.toString("latin1", 0, 40);
      const size = /^(?:\r\n)?([0-9a-f]+)[^\r]*\r\n/i.exec(text);
      if (size === null) return;
      this.#chunkLeft = Number.parseInt(size[1] ?? "", 16);
      if (this.#chunkLeft === 0) {
        this.isWhole = this.#unread.indexOf("\r\n\r\n") >= 0;
        return;
      }
      this.#unread = this.#unread.subarray(size[0].length);
    }
  }
}
