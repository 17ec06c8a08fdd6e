// Custom error responses, as they were sent: what to answer instead of an error, and how long to keep one.
// [CFMODEL CustomErrorResponse], [CFDG GeneratingCustomErrorResponses]

import type { WireDocument } from "../../wire/shape.ts";
import { fail, type ApiFailure } from "../errors.ts";
import { documentsOf, numberOf, quoted, textOf } from "../sent-value.ts";
import { duplicateOf, findDuplicate } from "./text.ts";

const ERROR_CODES = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];
const RESPONSE_CODES = [200, ...ERROR_CODES];

/** Seconds: a year. */
const CACHING_MAX = 31_536_000;

const PAGE_PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/;
const PAGE_PATH_MAX = 255;

export function checkCustomErrorResponses(sent: WireDocument): ApiFailure | undefined {
  const responses = documentsOf(sent, "CustomErrorResponses");
  for (const response of responses) {
    const failure = checkResponse(response);
    if (failure !== undefined) return failure;
  }
  const twice = findDuplicate(responses.map((response) => String(numberOf(response, "ErrorCode"))));
  return twice === undefined ? undefined : duplicateOf("CustomErrorResponses", twice);
}

function checkResponse(response: WireDocument): ApiFailure | undefined {
  const code = numberOf(response, "ErrorCode") ?? 0;
  const path = textOf(response, "ResponsePagePath") ?? "";
  const responseCode = textOf(response, "ResponseCode") ?? "";
  const minTTL = numberOf(response, "ErrorCachingMinTTL") ?? 0;
  if (!ERROR_CODES.includes(code)) {
    return fail(
      "InvalidErrorCode",
      `The parameter ErrorCode is ${code}, and must be one of ${ERROR_CODES.join(", ")}.`,
    );
  }
  if ((path === "") !== (responseCode === "")) {
    return fail(
      "InvalidArgument",
      "Your request must specify both ResponsePagePath and ResponseCode together or none of them.",
    );
  }
  if (path !== "" && (path.length > PAGE_PATH_MAX || !PAGE_PATH.test(path))) {
    return fail(
      "InvalidRelativePath",
      `The parameter ResponsePagePath is ${quoted(path)}: it must begin with a slash, be URL-encoded and have at most ${PAGE_PATH_MAX} characters.`,
    );
  }
  if (responseCode !== "" && !RESPONSE_CODES.some((allowed) => String(allowed) === responseCode)) {
    return fail(
      "InvalidResponseCode",
      `The parameter ResponseCode is ${quoted(responseCode)}, and must be one of ${RESPONSE_CODES.join(", ")}.`,
    );
  }
  return minTTL >= 0 && minTTL <= CACHING_MAX
    ? undefined
    : fail(
        "InvalidArgument",
        `The parameter ErrorCachingMinTTL is ${minTTL}, and must be from 0 to ${CACHING_MAX} seconds.`,
      );
}
