// The control process, and the whole service, killed again and again while clients put, upload in parts, complete, copy and
// delete over the API, trying again until they are answered. Afterwards every object is whole and one that its key may have,
// uploads in progress are there and can be ended either way, and the disk has no file that the index does not name.

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  UploadPartCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { diceOf, type Dice } from "../api/mutate.ts";
import { bucketClient, statusOf, untilAnswered } from "../support/bucket-client.ts";
import { processesOf, startService, type RunningService } from "../support/running-service.ts";

const SEED = Number(process.env["WARMFRONT_KILL_SEED"] ?? 20_261_120);
const KILLS = process.env["WARMFRONT_NIGHTLY"] === "1" ? 60 : 8;
const LANES = 5;
const KEYS = 4;
const BYTES_MAX = 400_000;
const Bucket = "killed";
const FLAGS = ["--log-level", "debug", "--upload-part-bytes-min", "0"];
const NOTHING = "nothing";

const md5 = (bytes: Uint8Array): Buffer => createHash("md5").update(bytes).digest();

interface Begun {
  readonly Key: string;
  readonly UploadId: string;
  readonly parts: Map<number, string>;
}

/** What the clients know, and who answers them. */
class Ledger {
  /** ETags that a key may have: one, or as many as there are requests whose answer did not come. */
  readonly may = new Map<string, Set<string>>();
  /** The bytes of an ETag, by their digest. */
  readonly bytesOf = new Map<string, string>();
  readonly uploads = new Map<string, Begun>();
  answers = 0;
  readonly #onAnswer = new Set<() => void>();
  client: S3Client;
  constructor(client: S3Client) {
    this.client = client;
  }
  async send<T>(request: (client: S3Client) => Promise<T>): Promise<{ readonly answer: T; readonly isFirst: boolean }> {
    const answered = await untilAnswered(() => request(this.client));
    this.answers++;
    for (const wake of this.#onAnswer) wake();
    return answered;
  }
  /** Settles when so many more answers have come. */
  async after(count: number): Promise<void> {
    const until = this.answers + count;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      if (this.answers >= until) resolve();
    };
    this.#onAnswer.add(wake);
    await promise;
    this.#onAnswer.delete(wake);
  }
  mayBecome(key: string, etag: string): void {
    const possible = this.may.get(key) ?? new Set([NOTHING]);
    this.may.set(key, possible.add(etag));
  }
  is(key: string, etag: string): void {
    this.may.set(key, new Set([etag]));
  }
}

function drawBytes(dice: Dice): Buffer {
  const bytes = Buffer.alloc(dice.below(BYTES_MAX), dice.below(256));
  if (bytes.length >= 4) bytes.writeUInt32BE(dice.below(2 ** 31), bytes.length - 4);
  return bytes;
}

async function put(ledger: Ledger, Key: string, dice: Dice): Promise<void> {
  const Body = drawBytes(dice);
  const etag = md5(Body).toString("hex");
  ledger.bytesOf.set(etag, etag);
  ledger.mayBecome(Key, etag);
  const { answer } = await ledger.send((s3) => s3.send(new PutObjectCommand({ Bucket, Key, Body })));
  assert.equal(answer.ETag, `"${etag}"`);
  ledger.is(Key, etag);
}

async function remove(ledger: Ledger, Key: string): Promise<void> {
  ledger.mayBecome(Key, NOTHING);
  await ledger.send((s3) => s3.send(new DeleteObjectCommand({ Bucket, Key })));
  ledger.is(Key, NOTHING);
}

/** The ETag of a copy is that of its bytes, whatever the source had. */
async function copy(ledger: Ledger, from: string, to: string): Promise<void> {
  const sources = [...(ledger.may.get(from) ?? [])].filter((etag) => etag !== NOTHING);
  for (const etag of sources) {
    const copied = ledger.bytesOf.get(etag) ?? "";
    ledger.bytesOf.set(copied, copied);
    ledger.mayBecome(to, copied);
  }
  try {
    const { answer } = await ledger.send((s3) =>
      s3.send(new CopyObjectCommand({ Bucket, Key: to, CopySource: `${Bucket}/${from}` })),
    );
    ledger.is(to, (answer.CopyObjectResult?.ETag ?? "").replaceAll('"', ""));
  } catch (error) {
    assert.equal(statusOf(error), 404, String(error));
  }
}

async function upload(ledger: Ledger, Key: string, dice: Dice): Promise<void> {
  const { answer } = await ledger.send((s3) => s3.send(new CreateMultipartUploadCommand({ Bucket, Key })));
  const { UploadId = "" } = answer;
  const begun: Begun = { Key, UploadId, parts: new Map() };
  ledger.uploads.set(UploadId, begun);
  const bodies: Buffer[] = [];
  for (let PartNumber = 1; PartNumber <= 3; PartNumber++) {
    const Body = drawBytes(dice);
    bodies.push(Body);
    await ledger.send((s3) => s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body })));
    begun.parts.set(PartNumber, md5(Body).toString("hex"));
  }
  const ending = dice.below(4);
  if (ending === 0) return; // nobody ends it
  ledger.uploads.delete(UploadId);
  if (ending === 1) {
    await ledger.send((s3) => s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))).catch(mayBeEnded);
    return;
  }
  const etag = `${md5(Buffer.concat(bodies.map(md5))).toString("hex")}-3`;
  ledger.bytesOf.set(etag, md5(Buffer.concat(bodies)).toString("hex"));
  ledger.mayBecome(Key, etag);
  const Parts = [...begun.parts].map(([PartNumber, ETag]) => ({ PartNumber, ETag }));
  const completed = await ledger
    .send((s3) => s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } })))
    .catch(mayBeEnded);
  if (completed !== undefined) assert.equal(completed.answer.ETag, `"${etag}"`);
  ledger.is(Key, etag); // an upload that is no more was completed by an earlier try
}

function mayBeEnded(error: unknown): undefined {
  assert.equal((error as Error).name, "NoSuchUpload");
}

async function work(ledger: Ledger, lane: number, isOver: () => boolean): Promise<void> {
  const dice = diceOf(SEED + lane * 7919);
  const keyAt = (index: number): string => `${lane}/${index % KEYS}`;
  const key = (): string => keyAt(dice.below(KEYS));
  while (!isOver()) {
    const choice = dice.below(10);
    if (choice < 4) await put(ledger, key(), dice);
    else if (choice < 7) await upload(ledger, key(), dice);
    else if (choice < 9) {
      const from = dice.below(KEYS);
      await copy(ledger, keyAt(from), keyAt(from + 1 + dice.below(KEYS - 1)));
    } else await remove(ledger, key());
  }
}

/** Everything that is listed is read. */
async function assertWhole(ledger: Ledger): Promise<number> {
  const { client } = ledger;
  const found = new Set<string>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
    for (const { Key = "", ETag = "", Size } of Contents) {
      const etag = ETag.replaceAll('"', "");
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array(0);
      assert.equal(bytes.length, Size);
      assert.equal(md5(bytes).toString("hex"), ledger.bytesOf.get(etag), `seed ${SEED}: ${Key} is torn`);
      assert.ok(ledger.may.get(Key)?.has(etag), `seed ${SEED}: ${Key} is of another time`);
      found.add(Key);
    }
  }
  for (const [key, possible] of ledger.may) {
    assert.ok(found.has(key) || possible.has(NOTHING), `seed ${SEED}: ${key} is lost`);
  }
  return found.size;
}

/** Those that the clients know of are all there with their parts; each is completed or aborted. */
async function endUploads(ledger: Ledger): Promise<void> {
  const { client } = ledger;
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket })); // fewer than a page
  const listed = Uploads.map(({ Key = "", UploadId = "" }) => ({ Key, UploadId }));
  const ids = new Set(listed.map(({ UploadId }) => UploadId));
  for (const { UploadId } of ledger.uploads.values()) assert.ok(ids.has(UploadId), `seed ${SEED}: an upload is lost`);
  for (const [index, { Key, UploadId }] of listed.entries()) {
    const { Parts = [] } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    const parts = Parts.map(({ PartNumber = 0, ETag = "" }) => ({ PartNumber, ETag: ETag.replaceAll('"', "") }));
    const known = ledger.uploads.get(UploadId)?.parts ?? new Map<number, string>();
    for (const [number, etag] of known) {
      assert.equal(parts.find(({ PartNumber }) => PartNumber === number)?.ETag, etag, `seed ${SEED}: part ${number}`);
    }
    if (index % 2 === 0 || parts.length === 0) {
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      continue;
    }
    const MultipartUpload = { Parts: parts };
    const { ETag = "" } = await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }),
    );
    const etag = ETag.replaceAll('"', "");
    const sums = Buffer.concat(parts.map((part) => Buffer.from(part.ETag, "hex")));
    assert.equal(etag, `${md5(sums).toString("hex")}-${parts.length}`);
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    ledger.bytesOf.set(etag, md5((await Body?.transformToByteArray()) ?? new Uint8Array(0)).toString("hex"));
    ledger.is(Key, etag);
  }
}

function filesIn(directory: string): string[] {
  const found = readdirSync(join(directory, "objects"), { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map(({ name }) => name);
}

test(
  `killed ${KILLS} times under load, the bucket store has whole objects, its uploads, and no other file`,
  { timeout: 600_000 },
  async (context) => {
    const dataDirectory = mkdtempSync(join(tmpdir(), "warmfront-killed-"));
    const dice = diceOf(SEED);
    let service: RunningService = await startService(FLAGS, { dataDirectory });
    const ledger = new Ledger(bucketClient(service));
    try {
      await ledger.client.send(new CreateBucketCommand({ Bucket }));
      let isOver = false;
      const lanes = Promise.all(Array.from({ length: LANES }, (_, lane) => work(ledger, lane, () => isOver)));
      const killing = (async () => {
        for (let kill = 0; kill < KILLS; kill++) {
          await ledger.after(1 + dice.below(40));
          if (kill % 4 < 3) {
            process.kill(processesOf(service, "api").at(-1) ?? 0, "SIGKILL");
            continue;
          }
          await service.end("SIGKILL");
          service = await startService(FLAGS, { dataDirectory });
          ledger.client.destroy();
          ledger.client = bucketClient(service);
        }
        await ledger.after(20);
        isOver = true;
      })();
      await Promise.all([lanes, killing]);
      const objects = await assertWhole(ledger);
      context.diagnostic(`${ledger.answers} answers, ${objects} objects, ${ledger.uploads.size} uploads in progress`);
      await endUploads(ledger);
      await assertWhole(ledger);
      // What goes at a stop has gone; what a start has to clean up goes soon after it.
      assert.equal(await service.end(), 0);
      service = await startService(FLAGS, { dataDirectory });
      await using store = await openSqliteStore({ path: join(dataDirectory, "store.sqlite") });
      for (;;) {
        const files = filesIn(dataDirectory);
        if ((await store.buckets.filesInUse(files)).size === files.length) break;
        await new Promise((resolve) => setTimeout(resolve, 50)); // the time limit of the test ends it
      }
    } finally {
      ledger.client.destroy();
      await service[Symbol.asyncDispose]();
      rmSync(dataDirectory, { recursive: true, force: true });
    }
  },
);

test("a service that takes over lets the process before it finish what its callers are in the middle of", async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "warmfront-killed-"));
  const Body = Buffer.alloc(200_000, "whole");
  const first = await startService(FLAGS, { dataDirectory });
  let s3 = bucketClient(first);
  try {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const half = Promise.withResolvers<void>();
    const rest = Promise.withResolvers<void>();
    const body = Readable.from(
      (async function* () {
        yield Body.subarray(0, 100_000);
        half.resolve();
        await rest.promise;
        yield Body.subarray(100_000);
      })(),
    );
    const putting = s3.send(new PutObjectCommand({ Bucket, Key: "slow", Body: body, ContentLength: Body.length }));
    await half.promise;
    while (filesIn(dataDirectory).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await first.end("SIGKILL");
    let isReady = false;
    const starting = startService(FLAGS, { dataDirectory });
    void starting.then(() => (isReady = true));
    // Longer than a start takes that does not wait.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const wereTwo = isReady;
    rest.resolve();
    const [put] = await Promise.allSettled([putting]);
    await using second = await starting;
    assert.ok(!wereTwo, "two processes write object files");
    assert.equal(put.status === "fulfilled" && put.value.ETag, `"${md5(Body).toString("hex")}"`);
    s3.destroy();
    s3 = bucketClient(second);
    const stored = await s3.send(new GetObjectCommand({ Bucket, Key: "slow" }));
    assert.equal(Body.compare((await stored.Body?.transformToByteArray()) ?? new Uint8Array(0)), 0);
  } finally {
    s3.destroy();
    await first[Symbol.asyncDispose]();
    rmSync(dataDirectory, { recursive: true, force: true });
  }
});
