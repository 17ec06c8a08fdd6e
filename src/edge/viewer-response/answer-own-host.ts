// What the edge answers under a host of its own, `health.` before its domain. The table of hosts gives it to no distribution
// (config/config-table.ts). For load balancers and whoever looks after a process.

import { formatHttpDate } from "../../http/http-date.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Received } from "../exchange.ts";
import { healthHostOf } from "../health-host.ts";
import { servedAs } from "../served.ts";
import type { Answer, ViewerRequest } from "../transport/message.ts";
import { countAnswer } from "./count-answer.ts";
import { withOwnFields } from "./response-fields.ts";

const HEALTH_PATH = "/_warmfront/health";

/** Whether it asks how the edge is: that is answered however much else is asked. */
export function isHealthCheck({ host, path }: ViewerRequest, { domainSuffix }: EdgeParts): boolean {
  if (path !== HEALTH_PATH) return false;
  const own = healthHostOf(domainSuffix);
  return host === own || host.toLowerCase().replace(/:\d*$/, "") === own;
}

/** `undefined`: it is no question for the edge itself. 200 for as long as the process serves; what it says of the load is for people. */
export function answerOwnHost({ request, now }: Received, edge: EdgeParts): Answer | undefined {
  if (!isHealthCheck(request, edge)) return undefined;
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  countAnswer(edge, "Miss");
  const requestId = edge.requestIds.next();
  const own = { result: "Miss", requestId, age: undefined } as const;
  const status = edge.load.isPressed ? "overloaded" : "ready";
  const fields = [
    ["Server", "CloudFront"],
    ["Date", formatHttpDate(now)],
    ["Content-Type", JSON_TYPE],
    ["Cache-Control", "no-store"],
  ] as const;
  return {
    status: 200,
    fields: withOwnFields(fields, undefined, own, edge.identity),
    body: { kind: "bytes", bytes: Buffer.from(`${JSON.stringify({ status })}\n`) },
    served: servedAs(undefined, "Miss", JSON_TYPE),
    requestId,
  };
}

const JSON_TYPE = "application/json";
