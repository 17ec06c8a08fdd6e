// The setting `bucketStores`: a JSON file of S3-compatible stores that have buckets of origins instead of our own, with the keys to
// ask them with, and whose origins may be asked for with these. Read at start; what is wrong with it is told by row and member.

import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { OtherStore } from "../edge/bucket-stores.ts";
import { nearest, type Settings } from "./settings.ts";

export type BucketStoreSettings =
  | { readonly kind: "ok"; readonly stores: readonly OtherStore[] }
  | { readonly kind: "failure"; readonly message: string };

export function readBucketStores({ bucketStores: path }: Pick<Settings, "bucketStores">): BucketStoreSettings {
  if (path === "") return { kind: "ok", stores: [] };
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return failure(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // Its own message would show what is around the fault, which may be a secret.
    return failure(`${path} is not JSON`);
  }
  if (!Array.isArray(content)) return failure(`${path} must be a list of stores: [{ "buckets": […], "endpoint": … }]`);
  const stores: OtherStore[] = [];
  for (const [index, row] of content.entries()) {
    const read = readStore(row);
    if (typeof read === "string") return failure(`${path}, store ${index + 1}: ${read}`);
    stores.push(read);
  }
  return { kind: "ok", stores };
}

function failure(message: string): BucketStoreSettings {
  return { kind: "failure", message: `bucketStores: ${message}` };
}

/** What a member must be, and how to say so. Values are not shown: some are secrets. */
interface Member {
  readonly isOptional?: true;
  readonly isRight: (value: unknown) => boolean;
  readonly allowed: string;
}

const isText =
  (pattern: RegExp) =>
  (value: unknown): boolean =>
    typeof value === "string" && pattern.test(value);
const isListOf =
  (pattern: RegExp, atLeast: number) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.length >= atLeast && value.every(isText(pattern));

const MEMBERS: Readonly<Record<string, Member>> = {
  buckets: {
    isRight: isListOf(/^[a-z0-9*][a-z0-9._*-]*$/, 1),
    allowed: "a list of names of buckets, in which * is any run of characters",
  },
  endpoint: {
    isRight: isEndpoint,
    allowed: "an http or https URL of a host with or without port, and nothing behind it",
  },
  region: { isRight: isText(/^[a-z0-9-]{1,64}$/), allowed: "the name of a region, such as us-east-1" },
  accessKeyId: { isRight: isText(/^[!-+\--.0-~]{1,128}$/), allowed: "an access key id" },
  secretAccessKey: { isRight: isText(/^[ -~]{1,1024}$/), allowed: "the secret of that key" },
  sessionToken: { isOptional: true, isRight: isText(/^[!-~]{1,8192}$/), allowed: "the token of a temporary key" },
  addressing: { isOptional: true, isRight: isText(/^(?:path|virtual)$/), allowed: '"path" or "virtual"' },
  allow: {
    isRight: isRecord,
    allowed: 'who may use the keys: { "accounts": […], "identities": […], "distributions": […], "logs": […] }',
  },
};

const ALLOWED: Readonly<Record<string, Member>> = {
  accounts: { isOptional: true, isRight: isListOf(/^\d{12}$/, 0), allowed: "a list of account ids of twelve digits" },
  identities: {
    isOptional: true,
    isRight: isListOf(/^E[0-9A-Z]{1,31}$/, 0),
    allowed: "a list of ids of origin access identities",
  },
  distributions: {
    isOptional: true,
    isRight: isListOf(/^E[0-9A-Z]{1,31}$/, 0),
    allowed: "a list of ids of distributions",
  },
  logs: { isOptional: true, isRight: isListOf(/^\d{12}$/, 0), allowed: "a list of account ids of twelve digits" },
};

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEndpoint(value: unknown): boolean {
  if (typeof value !== "string" || !/^https?:\/\/[^/?#@\\]+\/?$/.test(value) || !URL.canParse(value)) return false;
  return new URL(value).port !== "0";
}

function findFault(
  row: Readonly<Record<string, unknown>>,
  members: Readonly<Record<string, Member>>,
): string | undefined {
  for (const name of Object.keys(row)) {
    if (Object.hasOwn(members, name)) continue;
    const near = nearest(name, Object.keys(members));
    return `"${name}" is not a member of it${near === undefined ? "" : `; did you mean "${near}"?`}`;
  }
  for (const [name, { isOptional, isRight, allowed }] of Object.entries(members)) {
    const value = row[name];
    if (value === undefined ? isOptional !== true : !isRight(value)) return `"${name}" must be ${allowed}`;
  }
  return undefined;
}

/** The store, or what is wrong with it. */
function readStore(row: unknown): OtherStore | string {
  if (!isRecord(row)) return "it must be an object";
  const fault = findFault(row, MEMBERS) ?? findFault(row["allow"] as Readonly<Record<string, unknown>>, ALLOWED);
  if (fault !== undefined) return fault;
  const {
    buckets,
    endpoint,
    region,
    accessKeyId,
    secretAccessKey,
    sessionToken,
    addressing = "path",
    allow,
  } = row as never as FileRow;
  const { protocol, hostname, port } = new URL(endpoint);
  const scheme = protocol === "https:" ? "https" : "http";
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (addressing === "virtual" && isIP(host) !== 0)
    return 'an endpoint that is an address has no names below it: "addressing" must be "path"';
  return {
    buckets,
    scheme,
    host,
    port: port === "" ? (scheme === "https" ? 443 : 80) : Number(port),
    region,
    accessKeyId,
    secretAccessKey,
    sessionToken,
    addressing,
    allow: {
      accounts: allow.accounts ?? [],
      identities: allow.identities ?? [],
      distributions: allow.distributions ?? [],
      logs: allow.logs ?? [],
    },
  };
}

/** A row in which nothing is wrong. */
interface FileRow {
  readonly buckets: readonly string[];
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  readonly addressing?: "path" | "virtual";
  readonly allow: Partial<OtherStore["allow"]>;
}
