// A viewer of HTTP/2 over TLS, as Node has it: a connection per request, since who asks again over the same one is
// another test's subject.

import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import type { Ask } from "../scenarios/harness.ts";
import { shakeHands, shakenHands, type ViewerSocketAddress, type WireAnswer } from "./viewer-socket.ts";

export interface Http2Viewer {
  /** Rejects with a `RefusedHandshake` where no connection over TLS comes about. */
  exchange(ask: Ask & { readonly host: string }): Promise<WireAnswer>;
  close(): void;
}

const SILENCE_MS_MAX = 60_000;

export function openHttp2Viewer(address: ViewerSocketAddress): Http2Viewer {
  let session: ClientHttp2Session | undefined;
  return {
    async exchange({ method = "GET", target, host, headers = {}, body }) {
      const socket = await shakeHands(address, "h2");
      const tls = shakenHands(socket);
      if (tls.application !== "h2") {
        socket.destroy();
        throw new Error(`the edge speaks ${tls.application || "no HTTP/2"} here`);
      }
      session = connect(`https://${host}`, { createConnection: () => socket });
      session.on("error", () => undefined); // the stream's own follows
      const pseudo = { ":method": method, ":path": target, ":authority": host, ":scheme": "https" };
      const stream = session.request({ ...pseudo, ...headers }, { endStream: body === undefined });
      if (body !== undefined) stream.end(body.join(""), "latin1");
      return { ...(await readAnswer(stream)), tls };
    },
    close: () => session?.destroy(),
  };
}

function readAnswer(stream: ClientHttp2Stream): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    let status: number | undefined;
    const fields: [string, string][] = [];
    const pieces: Buffer[] = [];
    stream.setTimeout(SILENCE_MS_MAX, () => stream.close(constants.NGHTTP2_CANCEL));
    stream.on("response", (headers, _flags, raw: readonly string[]) => {
      status = headers[":status"];
      for (let at = 0; at + 1 < raw.length; at += 2) {
        const name = raw[at] ?? "";
        if (!name.startsWith(":")) fields.push([name, raw[at + 1] ?? ""]);
      }
    });
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    let fault: Error | undefined;
    stream.on("error", (error) => (fault = error));
    stream.on("close", () => {
      if (status === undefined) return reject(fault ?? new Error("the stream ended without an answer"));
      const body = Buffer.concat(pieces).toString("latin1");
      const brokeOff = stream.rstCode !== constants.NGHTTP2_NO_ERROR;
      resolve({ status, reasonPhrase: "", fields, body, brokeOff, closes: true });
    });
  });
}
