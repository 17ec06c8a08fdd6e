// One viewer's HTTP/2 connection: a node:http2 session on a TLS socket, each of its streams an exchange with the pipeline
// [D-0009]. What nghttp2 holds by itself (frames, HPACK, flow control, most floods) is set up here, and what it does not
// hold is counted here. No stream has a timer: the listener's sweep drives everything.

import { constants, performServerHandshake, type ServerHttp2Session } from "node:http2";
import type { TLSSocket } from "node:tls";

import type { EpochMs } from "../../vocabulary/time.ts";
import { secondsBetween } from "../../vocabulary/time.ts";
import { Http2Exchange, type ExchangeSurroundings } from "./http2-exchange.ts";
import type { ConnectionSurroundings } from "./viewer-connection.ts";
import type { ViewerPeer } from "./viewer-peer.ts";

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM, NGHTTP2_NO_ERROR } = constants;

/** Largest stream id: a GOAWAY that names it says that an end is near, and refuses nothing yet [RFC 9113 §6.8]. */
const LAST_STREAM_ID = 2_147_483_647;

/** Takes over a socket whose handshake is done and has agreed on `h2`. */
export function acceptHttp2(socket: TLSSocket, around: ConnectionSurroundings): ViewerPeer {
  const { limits, clock } = around;
  const viewerAddress = (socket.remoteAddress ?? "").replace(/^::ffff:(?=[0-9.]+$)/, "");
  const exchanges = new Set<Http2Exchange>();
  let since = clock.now();
  let answered = 0;
  let isLeaving = false;

  const session: ServerHttp2Session = performServerHandshake(socket, {
    // A head up to twice the bound still gets its 413; beyond that the stream is reset.
    settings: {
      maxConcurrentStreams: limits.viewerHttp2StreamsMax,
      maxHeaderListSize: 2 * limits.viewerHeaderBytesMax,
    },
    maxHeaderListPairs: 2 * limits.viewerFieldsMax,
    streamResetBurst: limits.viewerHttp2ResetBurstMax,
    streamResetRate: limits.viewerHttp2ResetsPerSecondMax,
    // What origins repeat is theirs to repeat, as over HTTP/1.1.
    strictSingleValueFields: false,
  });

  const on: ExchangeSurroundings = {
    around,
    viewerAddress,
    onClosed(exchange) {
      exchanges.delete(exchange);
      answered++;
      since = clock.now();
    },
  };
  session.on("stream", (stream, _headers, flags, rawFields) => {
    if (stream.destroyed || stream.closed) return; // reset as soon as it was opened
    const exchange = new Http2Exchange(stream, on);
    exchanges.add(exchange);
    exchange.begin(rawFields, (flags & NGHTTP2_FLAG_END_STREAM) === 0);
  });
  session.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ERR_HTTP2_ERROR") around.log({ kind: "protocol-broken", viewerAddress, why: error.message });
    else around.log({ kind: "socket-failed", viewerAddress, error });
  });
  session.on("close", () => around.onClosed(peer));

  /** No further streams; ends once those that are open are through. */
  function leave(): void {
    isLeaving = true;
    if (!session.destroyed) session.close();
  }

  const peer: ViewerPeer = {
    drain() {
      if (isLeaving || session.destroyed) return;
      isLeaving = true;
      if (exchanges.size === 0) {
        leave();
        return;
      }
      // A request that is on its way must not be lost: told first, and cut off once the viewer has seen it.
      session.goaway(NGHTTP2_NO_ERROR, LAST_STREAM_ID);
      session.ping(() => leave());
    },
    destroy() {
      session.destroy();
      socket.destroy();
    },
    sweep(now: EpochMs) {
      if (session.destroyed) return;
      for (const exchange of exchanges) {
        const phase = exchange.overdue(now);
        if (phase === undefined) continue;
        around.log({ kind: "timed-out", viewerAddress, phase });
        exchange.reset(NGHTTP2_CANCEL);
      }
      if (exchanges.size > 0) return;
      const waited = secondsBetween(since, now);
      if (waited <= (answered === 0 ? limits.viewerHeaderTimeoutSeconds : limits.viewerIdleTimeoutSeconds)) return;
      if (!isLeaving) around.log({ kind: "timed-out", viewerAddress, phase: "idle" });
      leave();
    },
  };
  return peer;
}
