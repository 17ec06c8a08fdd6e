// An operation's outcome → the answer: the two ids that each answer has, S3's error document, and nothing after the head where
// the method or the status allows none.

import type { RandomBytes } from "../vocabulary/ids.ts";
import { S3_ERRORS } from "./errors.ts";
import type { BucketBody, BucketRequest, BucketResponse } from "./message.ts";
import { NO_BODY, type BucketOutcome, type S3Failure } from "./operation.ts";
import { errorDocument, textElement } from "./xml.ts";

export interface AnswerIds {
  readonly requestId: string;
  readonly hostId: string;
}

/** 16 characters of the alphabet that the real ones have, and base64 of 48 bytes. */
export function newIds(random: RandomBytes): AnswerIds {
  const requestId = Array.from(random(16), (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join("");
  return { requestId, hostId: Buffer.from(random(48)).toString("base64") };
}

/** 32 characters, so that each is as likely. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export function writeOutcome(
  outcome: BucketOutcome,
  { method }: Pick<BucketRequest, "method">,
  { requestId, hostId }: AnswerIds,
): BucketResponse {
  const fields: (readonly [string, string])[] = [
    ["x-amz-request-id", requestId],
    ["x-amz-id-2", hostId],
  ];
  if (outcome.kind === "ok") {
    return { status: outcome.status, fields: [...fields, ...outcome.fields], body: outcome.body };
  }
  const { status } = S3_ERRORS[outcome.code];
  if (method === "HEAD") return { status, fields: [...fields, ...(outcome.fields ?? [])], body: NO_BODY };
  fields.push(["Content-Type", "application/xml"]);
  return { status, fields: [...fields, ...(outcome.fields ?? [])], body: errorBody(outcome, requestId, hostId) };
}

function errorBody(failure: S3Failure, requestId: string, hostId: string): BucketBody {
  return {
    kind: "text",
    text: errorDocument(errorContent(failure) + textElement("RequestId", requestId) + textElement("HostId", hostId)),
  };
}

/** Code, message and details, as in an error document; also what one key of a batch is answered. */
export function errorContent({ code, message = S3_ERRORS[code].message, details = [] }: S3Failure): string {
  return (
    textElement("Code", code) +
    textElement("Message", message) +
    details.map(([name, text]) => textElement(name, text)).join("")
  );
}
