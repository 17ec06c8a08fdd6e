// Which of the services that share the port a request is for, decided from its head: bodies for the bucket store are
// streamed, all others are read whole. Names that are a bucket's come first, since such a bucket may hold any path. Whether the
// signature holds is for the service to find out.

import type { ApiField } from "../callers/message.ts";
import { isApiVersion } from "../model/api.ts";
import { readS3HostName } from "../model/s3-host-name.ts";
import { queryParameters } from "../wire/canonical-request.ts";
import { isMetricsRequest } from "./metrics/who-may-ask.ts";
import { isOwnPath } from "./own-paths.ts";

export interface RequestHead {
  readonly method: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly fields: readonly ApiField[];
}

/** `api`: everything but the bucket store, our own paths among it. */
export type PortService = "api" | "buckets";

/** `hasMetrics`: metrics are told to somebody at least. */
export function chooseService(head: RequestHead, hasMetrics = false): PortService {
  const { method, rawPath, rawQuery, fields } = head;
  const field = (lowerName: string): string => fields.find(([name]) => name.toLowerCase() === lowerName)?.[1] ?? "";
  if (readS3HostName(field("host")) !== undefined) return "buckets";
  if (isOwnPath(rawPath)) return "api";

  const signed = serviceOfHeader(field("authorization")) ?? serviceOfQuery(rawQuery);
  if (signed !== undefined) return signed;

  if (hasMetrics && isMetricsRequest(head)) return "api";
  // No bucket is named like a version of the API.
  if (isApiVersion(rawPath.split("/", 2)[1] ?? "")) return "api";
  const isCall =
    method === "POST" &&
    rawPath === "/" &&
    (field("x-amz-target") !== "" || /^application\/x-www-form-urlencoded\b/i.test(field("content-type").trim()));
  return isCall ? "api" : "buckets";
}

function serviceOfScope(credential: string): PortService {
  // The access key's id may hold anything, so the scope is counted from its end.
  return credential.split("/").at(-2) === "s3" ? "buckets" : "api";
}

/** `undefined`: nothing that says so. Only the bucket store ever knew the older signature. */
function serviceOfHeader(authorization: string): PortService | undefined {
  if (/^\s*AWS\s/.test(authorization)) return "buckets";
  const credential = /^\s*AWS4-[A-Z0-9-]+\s(?:.*[\s,])?Credential=([^,\s]*)/.exec(authorization)?.[1];
  return credential === undefined ? undefined : serviceOfScope(credential);
}

function serviceOfQuery(rawQuery: string): PortService | undefined {
  if (!/X-Amz-|AWSAccessKeyId|Signature/.test(rawQuery)) return undefined;
  const parameters = queryParameters(rawQuery);
  const credential = parameters.get("X-Amz-Credential")?.[0];
  if (credential !== undefined) return serviceOfScope(credential);
  return parameters.has("AWSAccessKeyId") || parameters.has("Signature") ? "buckets" : undefined;
}
