// Between the origin's answer and the cache: the answer as it is, or compressed. What is stored, shared with waiting viewers
// and sent is the compressed form then, under the key of those who take it.

import { combineField } from "../../http/field-list.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Authorized } from "../exchange.ts";
import type { OriginResponse } from "../origin-request/origin-answer.ts";
import { chooseCoding, codingForViewer } from "./choose-coding.ts";
import { encodedFields, encodedFieldsOf304, encodedHere, isHeldEncoded } from "./encoded-fields.ts";

/** The body of what comes back is to be read or given up instead of the given one's. */
export function compress(exchange: Authorized, response: OriginResponse, edge: EdgeParts): OriginResponse {
  if (response.status === 304) return confirm(exchange, response);
  const choice = chooseCoding(exchange, response, edge.encoders.bounds);
  if (choice.kind === "as-it-is") return response;
  const { coding } = choice;
  const changed = {
    ...response,
    fields: encodedFields(response.fields, coding),
    length: undefined,
    encoded: encodedHere(response.fields, coding),
  };
  // A HEAD tells what a GET would.
  if (response.body === undefined) return changed;
  const body = edge.encoders.encode(response.body, coding, response.length ?? 0);
  return body === undefined ? response : { ...changed, body };
}

/** The viewer's own condition was forwarded, and held. */
function confirm(exchange: Authorized, response: OriginResponse): OriginResponse {
  if (codingForViewer(exchange).kind === "as-it-is") return response;
  if (!isHeldEncoded(combineField(exchange.request.fields, "if-none-match"), response.fields)) return response;
  return { ...response, fields: encodedFieldsOf304(response.fields) };
}
