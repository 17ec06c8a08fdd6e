// Answers that the edge makes by itself, as values: failures of origins, refusals, redirects.

import { formatHttpDate } from "../../http/http-date.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Authorized, Refusal } from "../exchange.ts";
import type { OriginFailure } from "../origin-request/origin-answer.ts";
import type { Answer, Field } from "../transport/message.ts";
import { servedAs, type Served } from "../served.ts";
import { countAnswer } from "./count-answer.ts";
import { errorPage, errorXml, redirectPage } from "./error-page.ts";
import { xmlCodeOf, type ReasonName } from "../reasons.ts";
import { withOwnFields } from "./response-fields.ts";

export function answerFailure(exchange: Authorized, failed: OriginFailure, requestId: string, edge: EdgeParts): Answer {
  const why = `${exchange.distribution.id} ${failed.status}: ${failed.why}`;
  if (failed.fault === "origin") edge.log("warn", "origin-failed", requestId, why);
  else edge.logSeldom("info", "viewer-failed", requestId, why);
  return answerMadeHere(failed.status, failed.reason, edge, exchange.now, { requestId, reached: exchange });
}

/** How far a request got before it was answered. */
type Reached = Partial<Pick<Served, "distribution" | "behavior">>;

export function answerRefusal(refused: Refusal, now: EpochMs, edge: EdgeParts, reached?: Reached): Answer {
  if (refused.location !== undefined && (refused.status === 301 || refused.status === 307)) {
    countAnswer(edge, "Redirect");
    const page = redirectPage(refused.status);
    const own = { result: "Redirect", requestId: edge.requestIds.next(), age: undefined } as const;
    const fields = withOwnFields(
      [...madeHereFields(now), ["Location", refused.location]],
      undefined,
      own,
      edge.identity,
    );
    return {
      status: refused.status,
      fields,
      body: { kind: "bytes", bytes: page },
      framingAt: MADE_HERE_FRAMING_AT,
      served: servedAs(reached, "Redirect", HTML),
      requestId: own.requestId,
    };
  }
  // Only settings of the owner's are named to viewers, nothing that a request has brought along.
  const detail = refused.reason === "not-enforced" ? refused.why : "";
  return answerMadeHere(refused.status, refused.reason, edge, now, { detail, reached });
}

interface MadeHere {
  /** Of one that was kept. */
  readonly age?: number | undefined;
  /** Drawn where it is left out. */
  readonly requestId?: string;
  /** A line more on the page. */
  readonly detail?: string;
  readonly reached?: Reached | undefined;
}

export function answerMadeHere(
  status: number,
  reason: ReasonName,
  edge: EdgeParts,
  now: EpochMs,
  { age, requestId = edge.requestIds.next(), detail = "", reached }: MadeHere = {},
): Answer {
  countAnswer(edge, "Error");
  const own = { result: "Error", requestId, age } as const;
  const code = xmlCodeOf(reason);
  const contentType = code === undefined ? HTML : "text/xml";
  return {
    status,
    fields: withOwnFields(madeHereFields(now, contentType), undefined, own, edge.identity),
    body: {
      kind: "bytes",
      bytes: code === undefined ? errorPage(status, reason, requestId, detail) : errorXml(code, reason),
    },
    madeHere: reason,
    framingAt: MADE_HERE_FRAMING_AT,
    served: servedAs(reached, "Error", contentType),
    requestId,
  };
}

/** The real service says how long its own answers are behind these, and before what it adds to every answer. [SEEN 2026-11-20 #1] */
const MADE_HERE_FRAMING_AT = 3;

const HTML = "text/html";

function madeHereFields(now: EpochMs, contentType = HTML): Field[] {
  return [
    ["Server", "CloudFront"],
    ["Date", formatHttpDate(now)],
    ["Content-Type", contentType],
  ];
}
