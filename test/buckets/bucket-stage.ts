// A bucket store without sockets: the memory index, object files in a folder of their own, and requests that are signed as
// clients do it, by a signer that shares no line with the one under test.

import assert from "node:assert/strict";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { BucketBody } from "../../src/buckets/message.ts";
import { openObjectFiles } from "../../src/buckets/files/open-object-files.ts";
import type { BucketService } from "../../src/buckets/operation.ts";
import { serveBuckets } from "../../src/buckets/serve-buckets.ts";
import { openMemoryStore } from "../../src/store/memory/open-memory-store.ts";
import type { AccessKey, Store } from "../../src/store/store.ts";
import type { AccessKeyId, AccountId } from "../../src/vocabulary/ids.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/vocabulary/limits.ts";
import { epochMs, type EpochMs } from "../../src/vocabulary/time.ts";

export const HOST = "127.0.0.1:7400";

/** Whose key signs; `nobody` sends no signature. */
export type Who = "owner" | "reader" | "other" | "nobody";

export interface Asking {
  readonly as?: Who;
  readonly host?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** What is said of the body's length, where that is not so; `undefined` for nothing. */
  readonly bodyLength?: number | undefined;
}

export interface Answered {
  readonly status: number;
  /** By lower-case name. */
  readonly fields: ReadonlyMap<string, string>;
  readonly text: string;
  readonly bytes: Buffer;
  /** Of an error document; "" for none. */
  readonly code: string;
}

export interface BucketStage {
  readonly service: BucketService;
  readonly store: Store;
  readonly clock: { at: EpochMs };
  /** What must never happen; empty at the end, or the test fails. */
  readonly faults: unknown[];
  /** Whys of refusals. */
  readonly whys: string[];
  /** Of the object files. */
  readonly folder: string;
  /** Until those that nobody needs are gone. */
  readonly closeFiles: () => Promise<void>;
  /** `line` as `GET /bucket/key?x=y`. */
  readonly ask: (line: string, asking?: Asking) => Promise<Answered>;
}

export const START = epochMs(Date.UTC(2026, 0, 2, 3, 4, 5));

const ACCOUNTS: Readonly<Record<Exclude<Who, "nobody">, AccessKey>> = {
  owner: keyOf("AKIAOWNEROWNEROWNER1", "111111111111", "full"),
  reader: keyOf("AKIAREADERREADERREA1", "111111111111", "read-only"),
  other: keyOf("AKIAOTHEROTHEROTHER1", "222222222222", "full"),
};

function keyOf(id: string, account: string, access: AccessKey["access"]): AccessKey {
  return {
    accessKeyId: id as AccessKeyId,
    secret: `secret-of-${id}`,
    account: account as AccountId,
    userName: id.toLowerCase(),
    access,
    createdAtMs: epochMs(0),
  };
}

export async function openBucketStage(t: TestContext, limits: Partial<Limits> = {}): Promise<BucketStage> {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-buckets-"));
  const faults: unknown[] = [];
  const whys: string[] = [];
  const clock = { at: START };
  const store = await openMemoryStore();
  const files = await openObjectFiles({
    folder,
    random: randomBytes,
    reportFault: (fault) => faults.push(fault),
    removeAfterMs: 0,
  });
  for (const key of Object.values(ACCOUNTS)) await store.credentials.createKey(key);
  const service: BucketService = {
    store,
    files,
    clock: { now: () => clock.at },
    random: randomBytes,
    limits: { ...DEFAULT_LIMITS, ...limits },
    serviceSecret: new Uint8Array(32),
    isDefaultKeyAllowed: false,
    reportFault: (fault) => faults.push(fault),
    reportRefusal: (why) => whys.push(why),
  };
  const closeFiles = async (): Promise<void> => {
    await files[Symbol.asyncDispose]();
  };
  t.after(async () => {
    await closeFiles();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(faults, []);
  });
  return {
    service,
    store,
    clock,
    faults,
    whys,
    folder,
    closeFiles,
    ask: (line, asking = {}) => ask(service, line, asking),
  };
}

async function ask(service: BucketService, line: string, asking: Asking): Promise<Answered> {
  const { as = "owner", host = HOST } = asking;
  const space = line.indexOf(" ");
  const method = line.slice(0, space);
  const [rawPath = "", ...query] = line.slice(space + 1).split("?");
  const rawQuery = query.join("?");
  const body = Buffer.from(asking.body ?? "");
  const fields: (readonly [string, string])[] = [["Host", host], ...Object.entries(asking.fields ?? {})];
  const bodyLength = "bodyLength" in asking ? asking.bodyLength : body.length;
  if (bodyLength !== undefined) fields.push(["Content-Length", String(bodyLength)]);
  const signed = as === "nobody" ? [] : sign(method, rawPath, rawQuery, fields, ACCOUNTS[as], service.clock.now());
  const answer = await serveBuckets(
    {
      method,
      rawPath,
      rawQuery,
      fields: [...fields, ...signed],
      body: inPieces(body),
      bodyLength,
      endpoint: `http://${host}`,
      remoteAddress: "127.0.0.1",
    },
    service,
  );
  const bytes = await readBody(answer.body, method);
  const text = bytes.toString();
  assert(answer.fields.some(([name]) => name === "x-amz-request-id"));
  return {
    status: answer.status,
    fields: new Map(answer.fields.map(([name, value]) => [name.toLowerCase(), value])),
    bytes,
    text,
    code: answer.status >= 400 ? (/<Code>(.*?)<\/Code>/.exec(text)?.[1] ?? "") : "",
  };
}

async function* inPieces(body: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536);
}

async function readBody(body: BucketBody, method: string): Promise<Buffer> {
  switch (body.kind) {
    case "none":
      return Buffer.alloc(0);
    case "text":
      return Buffer.from(body.text);
    case "stream": {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body.chunks) chunks.push(Buffer.from(chunk));
      const bytes = Buffer.concat(chunks);
      if (method !== "HEAD") assert.equal(bytes.length, body.length, "as many bytes as were told");
      return bytes;
    }
  }
}

/** Text of each element of that name, unescaped, in order. */
export function textsOf(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text = ""]) =>
    text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&#xD;", "\r").replaceAll("&amp;", "&"),
  );
}

/** Signature Version 4 of S3, in the header, over an unsigned payload. */
function sign(
  method: string,
  rawPath: string,
  rawQuery: string,
  fields: readonly (readonly [string, string])[],
  { accessKeyId, secret }: AccessKey,
  now: EpochMs,
): readonly (readonly [string, string])[] {
  const date = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
  const added = [
    ["x-amz-date", date],
    ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"],
  ] as const;
  const all = new Map(
    [...fields, ...added].map(([name, value]) => [name.toLowerCase(), value.trim().replace(/ +/g, " ")] as const),
  );
  const names = [...all.keys()].sort();
  const query = rawQuery
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const [name = "", ...value] = part.split("=");
      return [canonical(name.replaceAll("+", " ")), canonical(value.join("=").replaceAll("+", " "))] as const;
    })
    .sort((one, other) => (one.join("=") < other.join("=") ? -1 : 1))
    .map((pair) => pair.join("="))
    .join("&");
  const path = rawPath.split("/").map(canonical).join("/").replaceAll("%2F", "/");
  const request = [
    method,
    path,
    query,
    ...names.map((name) => `${name}:${all.get(name) ?? ""}`),
    "",
    names.join(";"),
    "UNSIGNED-PAYLOAD",
  ].join("\n");
  const scope = [date.slice(0, 8), "us-east-1", "s3", "aws4_request"];
  const text = ["AWS4-HMAC-SHA256", date, scope.join("/"), createHash("sha256").update(request).digest("hex")].join(
    "\n",
  );
  const key = scope.reduce<string | Buffer>(
    (last, part) => createHmac("sha256", last).update(part).digest(),
    `AWS4${secret}`,
  );
  const signature = createHmac("sha256", key).update(text).digest("hex");
  const credential = `${accessKeyId}/${scope.join("/")}`;
  return [
    ...added,
    [
      "Authorization",
      `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
    ],
  ];
}

function canonical(text: string): string {
  const bytes = Buffer.from(
    Buffer.from(text, "latin1")
      .toString("latin1")
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    "latin1",
  );
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}
