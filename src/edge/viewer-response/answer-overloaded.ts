// The answer of an edge that is asked too much: 503, with the real service's words, from a page that is made once. It has to cost a
// fraction of what serving costs, or refusing helps nobody. [D-0021]

import { formatHttpDate } from "../../http/http-date.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { EffectiveDistribution } from "../config/effective-config.ts";
import type { EdgeParts } from "../edge-parts.ts";
import { servedAs, type Served } from "../served.ts";
import { prepareFields, type Answer, type PreparedFields } from "../transport/message.ts";
import { countAnswer } from "./count-answer.ts";
import { errorPage } from "./error-page.ts";
import { ownFields, withOwnFields } from "./response-fields.ts";

const REASON = "overload";
const STATUS = 503;
/** As long as an id is. */
const NO_ID = "=".repeat(56);
const PAGE = Buffer.from(errorPage(STATUS, REASON, NO_ID));
const ID_AT = PAGE.indexOf(NO_ID, 0, "latin1");

/** The viewer's next requests on the connection are looked at only after a while, where refusals are more than a few. */
export function answerOverloaded(
  distribution: EffectiveDistribution | undefined,
  now: EpochMs,
  edge: EdgeParts,
): Answer {
  countAnswer(edge, "Error");
  edge.tally.overloaded++;
  const requestId = edge.requestIds.next();
  const bytes = Buffer.allocUnsafe(PAGE.length);
  bytes.set(PAGE);
  bytes.write(requestId, ID_AT, "latin1");
  return {
    status: STATUS,
    prepared: fieldsAt(now, edge),
    fields: ownFields(requestId, undefined),
    body: { kind: "bytes", bytes },
    madeHere: REASON,
    served: servedOf(distribution),
    requestId,
    hold: edge.load.noteRefusal(),
  };
}

interface Prepared {
  readonly second: number;
  readonly fields: PreparedFields;
}

/** Per edge, for the current second: there is a date in them. */
const preparedOf = new WeakMap<EdgeParts["identity"], Prepared>();

function fieldsAt(now: EpochMs, { identity }: EdgeParts): PreparedFields {
  const second = Math.floor(now / 1000);
  const known = preparedOf.get(identity);
  if (known?.second === second) return known.fields;
  const own = { result: "Error", requestId: "", age: undefined } as const;
  const page = [
    ["Server", "CloudFront"],
    ["Date", formatHttpDate(now)],
    ["Content-Type", "text/html"],
  ] as const;
  const all = withOwnFields(page, undefined, own, identity).filter(([name]) => name !== "X-Amz-Cf-Id");
  const fields = prepareFields(all);
  preparedOf.set(identity, { second, fields });
  return fields;
}

const nobodys = servedAs(undefined, "Error", "text/html");
const servedOfDistribution = new WeakMap<EffectiveDistribution, Served>();

function servedOf(distribution: EffectiveDistribution | undefined): Served {
  if (distribution === undefined) return nobodys;
  const known = servedOfDistribution.get(distribution);
  if (known !== undefined) return known;
  const served = servedAs({ distribution }, "Error", "text/html");
  servedOfDistribution.set(distribution, served);
  return served;
}
