// An error of a website as S3 shows it to browsers: the code, the message and the details as a list. [S3UG CustomErrorDocSupport]

import { STATUS_CODES } from "node:http";
import { S3_ERRORS } from "../errors.ts";
import { NO_BODY, type BucketOutcome, type S3Failure } from "../operation.ts";
import { escapeText } from "../../wire/xml-writer.ts";
import type { AnswerIds } from "../write-outcome.ts";

export function errorPage(failure: S3Failure, method: string, { requestId, hostId }: AnswerIds): BucketOutcome {
  const { status, message } = S3_ERRORS[failure.code];
  const said = failure.message ?? message;
  const rows = [
    ["Code", failure.code],
    ["Message", said],
    ...(failure.details ?? []),
    ["RequestId", requestId],
    ["HostId", hostId],
  ] as const;
  const title = `${status} ${STATUS_CODES[status] ?? ""}`;
  const list = rows.map(([name, text]) => `<li>${name}: ${escapeText(text)}</li>\n`).join("");
  const text = `<html>\n<head><title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n<ul>\n${list}</ul>\n<hr/>\n</body>\n</html>\n`;
  const fields = [
    ["x-amz-error-code", failure.code],
    ["x-amz-error-message", said],
    ["Content-Type", "text/html; charset=utf-8"],
    ...(failure.fields ?? []),
  ] as const;
  return { kind: "ok", status, fields, body: method === "HEAD" ? NO_BODY : { kind: "text", text } };
}
