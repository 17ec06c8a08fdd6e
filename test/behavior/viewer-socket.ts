// A viewer that writes bytes and reads bytes: one HTTP/1.1 connection, kept alive as long as the edge keeps it. It reads
// answers by itself, strictly by their framing, so that nothing of what the edge sends is tidied up on the way.

import { connect, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { AskedHandshake, ShakenHands } from "../scenarios/harness.ts";

export interface WireAnswer {
  readonly status: number;
  readonly reasonPhrase: string;
  /** In order, framing fields included. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** The connection ended before the message did. */
  readonly brokeOff: boolean;
  /** The edge closes the connection after it. */
  readonly closes: boolean;
  /** What came back through the tunnel that a 101 opened. */
  readonly tunnel?: string | undefined;
  readonly tls?: ShakenHands | undefined;
}

export interface ViewerSocket {
  /**
   * `bytes` is one whole request, a character per byte; HEAD is told from its first word. After a 101 `tunnel` is sent,
   * and as much read back. Rejects with a `RefusedHandshake` where no connection over TLS comes about.
   */
  exchange(bytes: string, tunnel?: string): Promise<WireAnswer>;
  close(): void;
}

/** Nothing that a scenario asks takes longer, on the real service neither. */
const SILENCE_MS_MAX = 60_000;

export interface ViewerSocketAddress {
  readonly host: string;
  readonly port: number;
  /** Over TLS; whose certificate answers is not this viewer's to judge. */
  readonly tls?: AskedHandshake;
}

export class RefusedHandshake extends Error {}

export function openViewerSocket(address: ViewerSocketAddress): ViewerSocket {
  let connection: Connection | undefined;
  return {
    async exchange(bytes, tunnel) {
      const kept = connection?.isOpen() === true ? connection : (connection = await openConnection(address));
      kept.write(bytes);
      const answer = await readAnswer(kept, bytes.startsWith("HEAD "));
      const isTunnel = answer.status === 101;
      if (isTunnel && tunnel !== undefined) kept.write(tunnel);
      const echo = isTunnel && tunnel !== undefined ? await kept.take(tunnel.length) : undefined;
      if (answer.closes || isTunnel) {
        kept.close();
        connection = undefined;
      }
      return { ...answer, tls: kept.tls, ...(isTunnel && { tunnel: echo }) };
    },
    close: () => connection?.close(),
  };
}

interface Connection {
  readonly tls: ShakenHands | undefined;
  write(bytes: string): void;
  /** `undefined`: the connection ended before that much was there. */
  take(count: number): Promise<string | undefined>;
  /** Up to and without the mark, which is taken too. */
  takeUntil(mark: string): Promise<string | undefined>;
  /** All that comes until the end. */
  takeRest(): Promise<string>;
  isOpen(): boolean;
  close(): void;
}

/** TLS as a viewer would have it, but for old versions that a test may want. */
export async function shakeHands(
  { host, port, tls = {} }: ViewerSocketAddress,
  application: "h2" | "http/1.1",
): Promise<TLSSocket> {
  const { name, minVersion = "TLSv1", maxVersion } = tls;
  const options: ConnectionOptions = {
    host,
    port,
    rejectUnauthorized: false,
    minVersion,
    ciphers: "ALL:@SECLEVEL=0",
    ALPNProtocols: [application],
    ...(maxVersion !== undefined && { maxVersion }),
    ...(typeof name === "string" && { servername: name }),
  };
  const socket = connectTls(options);
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", (error) => reject(new RefusedHandshake(error.message)));
    socket.once("close", () => reject(new RefusedHandshake("closed")));
  });
  return socket;
}

export function shakenHands(socket: TLSSocket): ShakenHands {
  const certificate = socket.getPeerCertificate();
  return {
    protocol: socket.getProtocol() ?? "",
    application: typeof socket.alpnProtocol === "string" ? socket.alpnProtocol : "",
    isFor: (name) => checkServerIdentity(name, certificate) === undefined,
  };
}

async function connectPlainly({ host, port }: ViewerSocketAddress): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return socket;
}

async function openConnection(address: ViewerSocketAddress): Promise<Connection> {
  const secure = address.tls === undefined ? undefined : await shakeHands(address, "http/1.1");
  const tls = secure && shakenHands(secure);
  const socket: Socket = secure ?? (await connectPlainly(address));
  let held = "";
  let hasEnded = false;
  let wake: (() => void) | undefined;
  const notify = (): void => {
    wake?.();
    wake = undefined;
  };
  socket.setEncoding("latin1");
  socket.setTimeout(SILENCE_MS_MAX, () => socket.destroy());
  socket.on("data", (piece: string) => {
    held += piece;
    notify();
  });
  socket.on("error", () => undefined); // "close" follows
  for (const event of ["end", "close"])
    socket.on(event, () => {
      hasEnded = true;
      notify();
    });

  async function takeWhen(lengthOf: () => number | undefined): Promise<string | undefined> {
    for (;;) {
      const length = lengthOf();
      if (length !== undefined) {
        const taken = held.slice(0, length);
        held = held.slice(length);
        return taken;
      }
      if (hasEnded) return undefined;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  return {
    tls,
    write: (bytes) => void socket.write(bytes, "latin1"),
    take: (count) => takeWhen(() => (held.length >= count ? count : undefined)),
    async takeUntil(mark) {
      const taken = await takeWhen(() => {
        const at = held.indexOf(mark);
        return at < 0 ? undefined : at + mark.length;
      });
      return taken?.slice(0, -mark.length);
    },
    takeRest: async () => (await takeWhen(() => (hasEnded ? held.length : undefined))) ?? "",
    isOpen: () => !hasEnded && !socket.destroyed && held === "",
    close: () => void socket.destroy(),
  };
}

async function readAnswer(connection: Connection, isHead: boolean): Promise<WireAnswer> {
  const head = await connection.takeUntil("\r\n\r\n");
  if (head === undefined) throw new Error("the connection was closed without an answer");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const [, statusText, reasonPhrase = ""] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(statusLine) ?? [];
  if (statusText === undefined) throw new Error(`not a status line: ${statusLine}`);
  const status = Number(statusText);
  if (status < 200 && status !== 101) return readAnswer(connection, isHead);
  const fields = lines.map((line) => {
    const colon = line.indexOf(": ");
    if (colon < 1) throw new Error(`not a field line: ${line}`);
    return [line.slice(0, colon), line.slice(colon + 2)] as const;
  });
  const field = (lowerName: string): string | undefined =>
    fields.find(([name]) => name.toLowerCase() === lowerName)?.[1];
  const closes = field("connection")?.toLowerCase() === "close";
  const answer = (body: string | undefined): WireAnswer => ({
    status,
    reasonPhrase,
    fields,
    body: body ?? "",
    brokeOff: body === undefined,
    closes: closes || body === undefined,
  });
  if (isHead || status === 101 || status === 204 || status === 304) return answer("");
  if (field("transfer-encoding") === "chunked") return answer(await readChunks(connection));
  const length = field("content-length");
  return answer(length === undefined ? await connection.takeRest() : await connection.take(Number(length)));
}

async function readChunks(connection: Connection): Promise<string | undefined> {
  let body = "";
  for (;;) {
    const size = await connection.takeUntil("\r\n");
    if (size === undefined) return undefined;
    if (!/^[0-9a-f]+$/i.test(size)) throw new Error(`not a chunk size: ${size}`);
    const count = Number.parseInt(size, 16);
    if (count === 0) {
      // Trailers, and the empty line.
      for (let line = await connection.takeUntil("\r\n"); line !== ""; line = await connection.takeUntil("\r\n")) {
        if (line === undefined) return undefined;
      }
      return body;
    }
    const chunk = await connection.take(count + 2);
    if (chunk === undefined) return undefined;
    body += chunk.slice(0, -2);
  }
}
