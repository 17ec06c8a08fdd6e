// The answer to a handshake that the origin has accepted: 101, and in place of a body the way through. [D-0010]

import { combineField } from "../../http/field-list.ts";
import { secondsBetween } from "../../vocabulary/time.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Authorized } from "../exchange.ts";
import type { OriginTunnel } from "../origin-request/origin-answer.ts";
import type { Answer, TunnelEnd } from "../transport/message.ts";
import { servedAs } from "../served.ts";
import { countAnswer } from "./count-answer.ts";
import { viewerFields, withOwnFields } from "./response-fields.ts";

/** Never stored, so a miss; who asked is told when it is over, because only then is there something to tell. */
export function answerTunnel(
  exchange: Authorized,
  { fields, far }: OriginTunnel,
  requestId: string,
  edge: EdgeParts,
): Answer {
  const { tally, machineClock } = edge;
  countAnswer(edge, "Miss");
  tally.tunnels++;
  tally.tunnelsOpen++;
  const openedAt = machineClock.now();
  const ended = ({ by, isAbrupt, bytesFromViewer, bytesToViewer }: TunnelEnd): void => {
    tally.tunnelsOpen--;
    const scheme = exchange.request.scheme === "https" ? "wss" : "ws";
    const how = `${isAbrupt ? "broken off" : "closed"} by ${ENDED_BY[by]}`;
    const lasted = `${Math.round(secondsBetween(openedAt, machineClock.now()))} s`;
    const bytes = `${bytesFromViewer} bytes from the viewer, ${bytesToViewer} to it`;
    edge.log(
      "info",
      "tunnel-closed",
      requestId,
      `${exchange.distribution.id} ${scheme} ${how} after ${lasted}: ${bytes}`,
    );
  };
  const own = { result: "Miss", requestId, age: undefined } as const;
  const kept = viewerFields(fields, exchange.behavior, exchange.now);
  return {
    status: 101,
    fields: withOwnFields(kept, combineField(fields, "via"), own, edge.identity),
    body: { kind: "tunnel", tunnel: { far, ended } },
    served: servedAs(exchange, "Miss", undefined),
    requestId,
  };
}

const ENDED_BY = {
  viewer: "the viewer",
  origin: "the origin",
  idle: "the edge: the origin was silent for too long",
  cut: "the edge: it stops",
} as const satisfies Record<TunnelEnd["by"], string>;
