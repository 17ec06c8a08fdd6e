// A bucket's CORS configuration: what may be put, and what it makes of a request from a page of another origin.
// [S3API PutBucketCors], [S3UG ManageCorsUsing]; the protocol itself: [W3C cors].

import type { Bucket } from "../../store/buckets.ts";
import type { ApiField } from "../../callers/message.ts";
import { matchesPattern } from "../access/policy-pattern.ts";
import { fail, type S3Failure } from "../operation.ts";
import { group, INTEGER, many, maybe, some, TEXT, type SettingDocument } from "./setting-shape.ts";

export const CORS_SHAPE = group({
  CORSRule: some(
    group({
      ID: maybe(TEXT),
      AllowedHeader: many(TEXT),
      AllowedMethod: some(TEXT),
      AllowedOrigin: some(TEXT),
      ExposeHeader: many(TEXT),
      MaxAgeSeconds: maybe(INTEGER),
    }),
  ),
});

export interface CorsRule {
  readonly ID?: string;
  readonly AllowedHeader: readonly string[];
  readonly AllowedMethod: readonly string[];
  readonly AllowedOrigin: readonly string[];
  readonly ExposeHeader: readonly string[];
  readonly MaxAgeSeconds?: number;
}

const RULES_MAX = 100;
const METHODS = ["GET", "PUT", "HEAD", "POST", "DELETE"];

/** The texts are S3's. */
export function checkCors(value: SettingDocument): S3Failure | undefined {
  const rules = value["CORSRule"] as unknown as readonly CorsRule[];
  if (rules.length > RULES_MAX)
    return invalid(`The number of CORS rules should not exceed allowed limit of ${RULES_MAX} rules.`);
  for (const { AllowedMethod, AllowedOrigin, AllowedHeader, ExposeHeader, MaxAgeSeconds = 0 } of rules) {
    const method = AllowedMethod.find((name) => !METHODS.includes(name));
    if (method !== undefined) {
      return invalid(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`);
    }
    for (const [name, values] of [
      ["AllowedOrigin", AllowedOrigin],
      ["AllowedHeader", AllowedHeader],
    ] as const) {
      const wild = values.find((text) => text.split("*").length > 2);
      if (wild !== undefined) return invalid(`${name} "${wild}" can not have more than one wildcard.`);
    }
    const exposed = ExposeHeader.find((name) => !/^[\w!#$%&'+.^`|~-]+$/.test(name));
    if (exposed !== undefined) {
      return invalid(
        `ExposeHeader "${exposed}" contains wildcard or is no header's name. We currently do not support wildcard for ExposeHeader.`,
      );
    }
    if (MaxAgeSeconds < 0) return invalid("MaxAgeSeconds cannot be negative.");
  }
  return undefined;
}

function invalid(message: string): S3Failure {
  return fail("InvalidRequest", { message });
}

export function corsRulesOf({ settings }: Pick<Bucket, "settings">): readonly CorsRule[] {
  return settings.cors === undefined ? [] : (JSON.parse(settings.cors) as { CORSRule: readonly CorsRule[] }).CORSRule;
}

/** What a page asks for: its origin, the method, and in a preflight the fields that it wants to send. */
export interface CrossOriginRequest {
  readonly origin: string;
  readonly method: string;
  /** In lower case. */
  readonly headers: readonly string[];
}

/** The first rule that allows all of it. */
export function findCorsRule(
  rules: readonly CorsRule[],
  { origin, method, headers }: CrossOriginRequest,
): CorsRule | undefined {
  return rules.find(
    (rule) =>
      rule.AllowedMethod.includes(method) &&
      rule.AllowedOrigin.some((allowed) => matchesText(allowed, origin)) &&
      headers.every((name) => rule.AllowedHeader.some((allowed) => matchesText(allowed.toLowerCase(), name))),
  );
}

/** With at most one `*`; a `?` is itself. */
function matchesText(written: string, text: string): boolean {
  const parts = written.split("*").map((part) => ({ kind: "literal" as const, text: part }));
  const [first, ...rest] = parts;
  const pattern = first === undefined ? [] : [first, ...rest.flatMap((part) => [{ kind: "any" as const }, part])];
  return matchesPattern(pattern, text);
}

/** Fields of an answer that the rule allows. Origins other than `*` are told by name, with credentials. */
export function corsFields(rule: CorsRule, { origin, headers }: CrossOriginRequest): readonly ApiField[] {
  const isAnyone = rule.AllowedOrigin.includes("*");
  const fields: ApiField[] = [["Access-Control-Allow-Origin", isAnyone ? "*" : origin]];
  if (headers.length > 0) fields.push(["Access-Control-Allow-Headers", headers.join(", ")]);
  fields.push(["Access-Control-Allow-Methods", rule.AllowedMethod.join(", ")]);
  if (rule.ExposeHeader.length > 0) fields.push(["Access-Control-Expose-Headers", rule.ExposeHeader.join(", ")]);
  if (rule.MaxAgeSeconds !== undefined) fields.push(["Access-Control-Max-Age", String(rule.MaxAgeSeconds)]);
  if (!isAnyone) fields.push(["Access-Control-Allow-Credentials", "true"]);
  fields.push(["Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"]);
  return fields;
}
