// What a distribution's log bucket has been brought, read back as any reader of such logs does, and a distribution that has one.

import type { CloudFrontClient, DistributionConfig } from "@aws-sdk/client-cloudfront";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { ACCESS_LOG_FIELDS, ACCESS_LOG_PREAMBLE } from "../../src/edge/record/access-log-fields.ts";
import { readRecordBlocks } from "../../src/edge/record/read-record-blocks.ts";
import { DONE_SEGMENT, OPEN_SEGMENT } from "../../src/service/log-spool.ts";
import { deploy, smallConfig } from "./distribution.ts";

export type Logged = Readonly<Record<(typeof ACCESS_LOG_FIELDS)[number], string>>;

export interface LogFile {
  readonly key: string;
  /** As any reader gets it. */
  readonly text: string;
  readonly lines: readonly Logged[];
}

/** Every file of the bucket; a torn one, or a line that is none, fails the test. `known`: read before, and noted for the next time. */
export async function readLogBucket(
  s3: S3Client,
  Bucket: string,
  known = new Map<string, LogFile>(),
): Promise<readonly LogFile[]> {
  const files: LogFile[] = [];
  for (let StartAfter: string | undefined; ; StartAfter = files.at(-1)?.key) {
    const { Contents = [], IsTruncated } = await s3.send(
      new ListObjectsV2Command({ Bucket, ...(StartAfter !== undefined && { StartAfter }) }),
    );
    for (const { Key = "" } of Contents) {
      const file = known.get(Key) ?? (await readOne(s3, Bucket, Key));
      known.set(Key, file);
      files.push(file);
    }
    if (IsTruncated !== true) return files;
  }
}

async function readOne(s3: S3Client, Bucket: string, Key: string): Promise<LogFile> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
  return { key: Key, text: gunzipSync(bytes).toString("latin1"), lines: readLogFile(bytes) };
}

/**
 * Until nothing waits on the disk: no line of a worker's, no file for a bucket. What workers still have in memory is not seen. `endings`: of
 * the names that count.
 */
export async function untilNothingWaits(
  dataDirectory: string,
  endings: readonly string[] = [OPEN_SEGMENT, DONE_SEGMENT, ".gz"],
): Promise<void> {
  const isThere = (): boolean =>
    namesBelow(join(dataDirectory, "logs")).some((name) => endings.some((ending) => name.endsWith(ending)));
  while (isThere()) await wait(20);
}

/** None where there is no such folder. One that goes while it is looked through is looked through again without it. */
function namesBelow(folder: string): readonly string[] {
  while (existsSync(folder)) {
    try {
      return readdirSync(folder, { recursive: true, encoding: "utf8" });
    } catch (fault) {
      if (!(fault instanceof Error) || !("code" in fault) || fault.code !== "ENOENT") throw fault;
    }
  }
  return [];
}

/** Ids of the requests whose lines workers have left on the disk and nobody has fetched yet. */
export function spooledRequests(dataDirectory: string): ReadonlySet<string> {
  const home = join(dataDirectory, "logs");
  const ids = new Set<string>();
  const place = ACCESS_LOG_FIELDS.indexOf("x-edge-request-id");
  for (const name of namesBelow(home)) {
    if (!/\.(?:open|records)$/.test(name)) continue;
    let segment: Uint8Array;
    try {
      segment = readFileSync(join(home, name));
    } catch {
      continue; // fetched meanwhile
    }
    readRecordBlocks(segment, ({ line }) => void ids.add(line.split("\t")[place] ?? ""));
  }
  ids.delete("-");
  return ids;
}

function readLogFile(compressed: Uint8Array): readonly Logged[] {
  const text = gunzipSync(compressed).toString("latin1");
  assert.ok(text.startsWith(ACCESS_LOG_PREAMBLE), text.slice(0, 100));
  assert.ok(text.endsWith("\n"), "the last line is whole");
  const lines = text.slice(ACCESS_LOG_PREAMBLE.length).split("\n").slice(0, -1);
  assert.notEqual(lines.length, 0, "no file without lines");
  return lines.map((line) => {
    const values = line.split("\t");
    assert.equal(values.length, ACCESS_LOG_FIELDS.length, line);
    return Object.fromEntries(ACCESS_LOG_FIELDS.map((name, index) => [name, values[index] ?? ""])) as Logged;
  });
}

/** A bucket that distributions may log into: with ACLs, which buckets of today begin without. */
export async function createLogBucket(s3: S3Client, Bucket: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership: "BucketOwnerPreferred" }));
}

/** Reads until so many lines are there, in all files together. Bounded by the test's own time-out. */
export async function untilDelivered(s3: S3Client, bucket: string, lines: number): Promise<readonly LogFile[]> {
  const known = new Map<string, LogFile>();
  for (;;) {
    const files = await readLogBucket(s3, bucket, known);
    if (files.reduce((sum, file) => sum + file.lines.length, 0) >= lines) return files;
    await wait(50);
  }
}

export interface LoggedSite extends AsyncDisposable {
  readonly id: string;
  readonly domain: string;
}

/** Answers `page <path>` to everything, cacheable for five minutes; deployed when it resolves. `logBucket` "": without a log. */
export async function openLoggedSite(
  client: CloudFrontClient,
  logging: { readonly logBucket: string; readonly prefix?: string; readonly includeCookies?: boolean },
  more: Partial<DistributionConfig> = {},
): Promise<LoggedSite> {
  const server = createServer((request, response) => {
    const status = request.url?.startsWith("/missing") === true ? 404 : 200;
    response.writeHead(status, { "Cache-Control": "max-age=300" }).end(`page ${request.url}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { logBucket, prefix = "", includeCookies = false } = logging;
  const close = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };
  const made = await deploy(client, {
    ...smallConfig((server.address() as AddressInfo).port),
    ...(logBucket !== "" && {
      Logging: {
        Enabled: true,
        IncludeCookies: includeCookies,
        Bucket: `${logBucket}.s3.amazonaws.com`,
        Prefix: prefix,
      },
    }),
    ...more,
  }).catch(async (refusal: unknown) => {
    await close();
    throw refusal;
  });
  return { ...made, [Symbol.asyncDispose]: close };
}
