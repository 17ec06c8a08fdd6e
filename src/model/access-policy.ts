// The access policy in a signed URL or cookie: who may have what, from when, until when, from where. The edge reads it after
// it has found the key and before it verifies the signature; `warmfront sign` writes it. Strict, because it was signed as
// a whole: what would have to be guessed is refused. [CFDG private-content-creating-signed-url-custom-policy]

import { parseIpv4Range, type Ipv4Range } from "../vocabulary/ipv4-range.ts";
import { parseStrictJson, type StrictObject, type StrictValue } from "../wire/strict-json.ts";

export interface AccessPolicy {
  /** `undefined`: every URL of every distribution that trusts the key. */
  readonly resource: string | undefined;
  /** Epoch seconds: access ends with the beginning of this second. */
  readonly lessThan: number;
  /** Access begins after the beginning of this second. */
  readonly greaterThan: number | undefined;
  readonly addresses: (Ipv4Range & { readonly text: string }) | undefined;
}

export type ReadPolicy =
  | { readonly kind: "policy"; readonly policy: AccessPolicy }
  | { readonly kind: "malformed"; readonly why: string };

/** Epochs are of 32 bits: whoever writes milliseconds is told so, rather than let in for millennia. [SEEN 2026-11-20 #6] */
const EPOCH_SECONDS_MAX = 2_147_483_647;

/** A condition's value stands on the fifth level, or the sixth within a list. */
const DEPTH_MAX = 8;

class Malformed extends Error {}

function malformed(why: string): never {
  throw new Malformed(why);
}

/** Reads the text of a custom policy. */
export function parseAccessPolicy(text: string): ReadPolicy {
  const read = parseStrictJson(text, { depthMax: DEPTH_MAX, keepsEscapedQuestionMark: true });
  if (read.kind === "fault") return { kind: "malformed", why: `${read.message}, at character ${read.at + 1}` };
  try {
    return { kind: "policy", policy: readDocument(read.value) };
  } catch (error) {
    if (error instanceof Malformed) return { kind: "malformed", why: error.message };
    throw error;
  }
}

function readDocument(document: StrictValue): AccessPolicy {
  const statements = members(document, "the policy", ["Statement"]).get("Statement");
  if (statements === undefined) return malformed("there is no Statement");
  const list = Array.isArray(statements) ? (statements as readonly StrictValue[]) : [statements];
  const [statement] = list;
  if (statement === undefined || list.length > 1) return malformed(`there is one Statement, not ${list.length}`);
  const parts = members(statement, "Statement", ["Resource", "Condition"]);
  const resource = parts.get("Resource");
  if (resource !== undefined && typeof resource !== "string") return malformed("Resource is not a text");
  const condition = parts.get("Condition");
  if (condition === undefined) return malformed("there is no Condition");
  const conditions = members(condition, "Condition", ["DateLessThan", "DateGreaterThan", "IpAddress"]);
  const lessThan = readEpoch(conditions, "DateLessThan");
  if (lessThan === undefined) return malformed("there is no DateLessThan");
  return {
    resource,
    lessThan,
    greaterThan: readEpoch(conditions, "DateGreaterThan"),
    addresses: readAddresses(conditions),
  };
}

function members(value: StrictValue, name: string, known: readonly string[]): StrictObject {
  if (!(value instanceof Map)) return malformed(`${name} is not an object`);
  const object = value as StrictObject;
  for (const member of object.keys()) {
    if (!known.includes(member)) malformed(`${name} has ${JSON.stringify(member)}; known there: ${known.join(", ")}`);
  }
  return object;
}

function only(conditions: StrictObject, condition: string, member: string): StrictValue | undefined {
  const value = conditions.get(condition);
  if (value === undefined) return undefined;
  return members(value, condition, [member]).get(member) ?? malformed(`${condition} has no ${member}`);
}

function readEpoch(conditions: StrictObject, condition: string): number | undefined {
  const value = only(conditions, condition, "AWS:EpochTime");
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || !("digits" in value)) {
    return malformed(`AWS:EpochTime of ${condition} is not a number; numbers have no quotation marks`);
  }
  const seconds = parseEpoch(value.digits);
  return seconds ?? malformed(`AWS:EpochTime of ${condition} is ${value.digits}: ${whyNoEpoch(value.digits)}`);
}

function readAddresses(conditions: StrictObject): AccessPolicy["addresses"] {
  const text = only(conditions, "IpAddress", "AWS:SourceIp");
  if (text === undefined) return undefined;
  if (typeof text !== "string") return malformed("AWS:SourceIp is not a text");
  const range = parseIpv4Range(text);
  return range === undefined
    ? malformed(`AWS:SourceIp is ${JSON.stringify(text)}: it is an IPv4 address or range, like 192.0.2.0/24`)
    : { ...range, text };
}

/** Digits as they stand in a policy or in `Expires`. `undefined`: see `whyNoEpoch`. */
export function parseEpoch(digits: string): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,9})$/.test(digits)) return undefined;
  const seconds = Number(digits);
  return seconds <= EPOCH_SECONDS_MAX ? seconds : undefined;
}

export function whyNoEpoch(digits: string): string {
  if (/^[0-9]+$/.test(digits) && Number(digits) > EPOCH_SECONDS_MAX) {
    const inSeconds = Number(digits) / 1000;
    return inSeconds <= EPOCH_SECONDS_MAX
      ? `that is more than ${EPOCH_SECONDS_MAX}: it looks like milliseconds, in seconds it is ${Math.floor(inSeconds)}`
      : `that is more than ${EPOCH_SECONDS_MAX}`;
  }
  return "it is a whole number of seconds since 1970";
}

/** The policy that a URL with `Expires` stands for, as every signer writes it. [CFDG private-content-creating-signed-url-canned-policy] */
export function cannedPolicyText(url: string, expires: number): string {
  return `{"Statement":[{"Resource":${JSON.stringify(url)},"Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
}

export interface PolicyDraft {
  readonly resource: string | undefined;
  readonly expires: number;
  readonly notBefore?: number | undefined;
  readonly ipAddress?: string | undefined;
}

/** Without white space, conditions in the order of the guide. */
export function customPolicyText({ resource, expires, notBefore, ipAddress }: PolicyDraft): string {
  return JSON.stringify({
    Statement: [
      {
        Resource: resource,
        Condition: {
          DateLessThan: { "AWS:EpochTime": expires },
          DateGreaterThan: notBefore === undefined ? undefined : { "AWS:EpochTime": notBefore },
          IpAddress: ipAddress === undefined ? undefined : { "AWS:SourceIp": ipAddress },
        },
      },
    ],
  });
}
