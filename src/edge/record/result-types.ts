// What the log says of how a request was answered: the result type and the detailed one, by the pipeline's own reasons and by how the
// answer ended.

import type { ReasonName } from "../reasons.ts";
import type { Answer, ServedOutcome } from "../transport/message.ts";
import type { ResultType } from "./traffic.ts";

/** Of an answer that the edge made itself, by its reason. Some are what the real service says; the others are the nearest word it has. [CFDG AccessLogs] */
const DETAILED_TYPES = {
  "bad-request": "InvalidRequest",
  "plain-http": "InvalidRequest",
  misdirected: "InvalidRequestCertificate",
  "method-not-allowed": "InvalidRequestMethod",
  "geo-restricted": "ClientGeoBlocked",
  "not-enforced": "Error",
  "signed-missing-key": "Error",
  "signed-invalid-key": "Error",
  "signed-malformed-signature": "Error",
  "signed-malformed-policy": "Error",
  "signed-denied": "Error",
  "redirect-to-https": "Redirect",
  "too-large": "InvalidRequest",
  "origin-range": "OriginContentRangeLengthError",
  range: "Error",
  "request-timeout": "ClientHungUpRequest",
  "origin-dns": "OriginDnsError",
  "origin-connect": "OriginConnectError",
  "origin-closed": "OriginCommError",
  "origin-address": "OriginConnectError",
  "origin-access": "OriginError",
  "origin-store": "OriginConnectError",
  capacity: "CapacityExceeded",
  overload: "CapacityExceeded",
  "viewer-body": "ClientCommError",
  fault: "Error",
} as const satisfies Record<ReasonName, string>;

/** As it was decided, before the first byte was sent: `x-edge-response-result-type`. */
export function decidedResult(answer: Answer | undefined): ResultType {
  if (answer === undefined) return "Error";
  if (answer.madeHere === "capacity" || answer.madeHere === "overload") return "CapacityExceeded";
  return answer.served?.result ?? "Error";
}

/** As it turned out: `x-edge-result-type`. An answer that did not arrive whole is an error, whatever it was to be. */
export function endedResult(decided: ResultType, outcome: ServedOutcome): ResultType {
  return outcome === "whole" ? decided : "Error";
}

/** `x-edge-detailed-result-type`. */
export function detailedResult(answer: Answer | undefined, decided: ResultType, outcome: ServedOutcome): string {
  switch (outcome) {
    case "whole":
      return answer?.madeHere === undefined ? decided : DETAILED_TYPES[answer.madeHere];
    case "broke-off":
      return "OriginCommError";
    case "viewer-left":
      return "ClientCommError";
  }
}
