// A viewer over one HTTP/2 connection: Node's own client, and between it and the socket a counter that reads the frames of the edge as
// they pass. What the log counts of an answer are the frames of its head and the content of its body; a request is counted as HTTP/1.1
// would spell it, which is here put together anew.

import { connect as connectHttp2, constants, type ClientHttp2Session, type IncomingHttpHeaders } from "node:http2";
import { Duplex } from "node:stream";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { tlsOf } from "./http1-viewer.ts";
import { toldBy, type Asked, type EdgeAddress, type Seen, type Viewer, type ViewerConnection } from "./viewing.ts";

interface Session {
  readonly client: ClientHttp2Session;
  readonly over: ViewerConnection;
  /** Of answers, by stream. */
  readonly bytesOf: Map<number, number>;
}

export function openHttp2Viewer(at: () => EdgeAddress): Viewer {
  let session: Promise<Session | undefined> | undefined;
  let isUsable = (): boolean => false;

  async function open(host: string): Promise<Session | undefined> {
    const port = at().edgeHttpsPort;
    const socket = connectTls({
      host: "127.0.0.1",
      port,
      servername: host,
      ALPNProtocols: ["h2"],
      rejectUnauthorized: false,
    });
    socket.on("error", () => undefined);
    await new Promise<void>((resolve) => {
      socket.once("secureConnect", () => resolve()).once("close", () => resolve());
    });
    if (socket.destroyed) return undefined;
    const over: ViewerConnection = { version: "HTTP/2.0", port: socket.localPort ?? 0, tls: tlsOf(socket) };
    const bytesOf = new Map<number, number>();
    const wire = countFrames(socket, bytesOf);
    const client = connectHttp2(`https://${host}`, { createConnection: () => wire });
    client.on("error", () => undefined);
    isUsable = () => !client.closed && !client.destroyed && !wire.destroyed;
    return { client, over, bytesOf };
  }

  return {
    async ask(asked) {
      if (session === undefined || ((await session) !== undefined && !isUsable())) session = open(asked.host);
      const opened = await session;
      if (opened !== undefined) return exchange(opened, asked);
      session = undefined;
      return lost(asked, { version: "HTTP/2.0", port: 0, tls: undefined });
    },
    close: () => void session?.then((opened) => opened?.client.destroy()),
  };
}

function lost(asked: Asked, over: ViewerConnection): Seen {
  const now = performance.now();
  const nothing = { bytesOut: 0, bytesIn: 0, startedAtMs: now, endedAtMs: now };
  return { asked, over, ending: "lost", status: 0, ...toldBy(() => undefined), ...nothing };
}

function exchange({ client, over, bytesOf }: Session, asked: Asked): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen>();
  const startedAtMs = performance.now();
  let answered: IncomingHttpHeaders & { ":status"?: number | undefined } = {};
  let isOver = false;
  const { method, target, host, fields, body } = asked;
  const sent = [...fields, ...(body === undefined ? [] : [["content-length", String(body.length)] as const])];
  const raw = [":method", method, ":scheme", "https", ":authority", host, ":path", target];
  for (const [name, value] of sent) raw.push(name.toLowerCase(), value);
  const spelled = `${method} ${target} HTTP/2.0\r\nhost: ${host}\r\n${sent.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  let stream: ReturnType<ClientHttp2Session["request"]>;
  try {
    stream = client.request(raw, {
      endStream: body === undefined,
    });
  } catch {
    return Promise.resolve(lost(asked, over));
  }

  function end(ending: Seen["ending"]): void {
    if (isOver) return;
    isOver = true;
    const { id = 0 } = stream;
    resolve({
      asked,
      ending,
      status: answered[":status"] ?? 0,
      ...toldBy((lowerName) => answered[lowerName]?.toString()),
      bytesOut: bytesOf.get(id) ?? 0,
      bytesIn: spelled.length + (body?.length ?? 0),
      over,
      startedAtMs,
      endedAtMs: performance.now(),
    });
    bytesOf.delete(id);
  }
  const leave = (): void => {
    stream.close(constants.NGHTTP2_CANCEL);
    end("left");
  };
  let hasBody = false;
  /** The head may be told behind the first bytes of the body that came with it. */
  function leaveInMidBody(): void {
    if (asked.leavesInMidBody !== true || !hasBody || answered[":status"] === undefined) return;
    leave();
  }
  stream.on("response", (headers) => {
    answered = headers;
    leaveInMidBody();
  });
  stream.on("data", () => {
    hasBody = true;
    leaveInMidBody();
  });
  stream.on("error", () => undefined);
  let hasEnded = false;
  stream.once("end", () => (hasEnded = true));
  stream.once("close", () => {
    if (answered[":status"] === undefined) end("lost");
    else end(hasEnded && stream.rstCode === constants.NGHTTP2_NO_ERROR ? "whole" : "cut");
  });
  if (body !== undefined) stream.end(body);
  void asked.leavesUnanswered?.then(leave);
  return promise;
}

const FRAME_HEAD = 9;
const [DATA, HEADERS, CONTINUATION] = [0, 1, 9];

/** The same bytes, and by stream how many the answers took. */
function countFrames(socket: TLSSocket, bytesOf: Map<number, number>): Duplex {
  let unread: Buffer = Buffer.alloc(0);
  function count(chunk: Buffer): void {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    let at = 0;
    while (unread.length - at >= FRAME_HEAD) {
      const length = unread.readUIntBE(at, 3);
      if (unread.length - at < FRAME_HEAD + length) break;
      const type = unread[at + 3] ?? 0;
      const stream = unread.readUInt32BE(at + 5);
      const counted = type === DATA ? length : type === HEADERS || type === CONTINUATION ? FRAME_HEAD + length : 0;
      if (counted > 0) bytesOf.set(stream, (bytesOf.get(stream) ?? 0) + counted);
      at += FRAME_HEAD + length;
    }
    unread = unread.subarray(at);
  }
  const wire = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _, done) => void socket.write(chunk, () => done()),
    final: (done) => void socket.end(() => done()),
    destroy: (fault, done) => {
      socket.destroy();
      done(fault);
    },
  });
  socket.on("data", (chunk: Buffer) => {
    count(chunk);
    if (!wire.push(chunk)) socket.pause();
  });
  socket.on("close", () => wire.destroy());
  return wire;
}
