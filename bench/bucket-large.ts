// An object of 5 GB into a bucket and out of it again: in one request, in parts as the SDK's upload helper sends them, and
// through the edge as an identity that the bucket's policy names. How much the resident memory of the control process and of
// the edge grows over what it was before the first of these transfers. The object is made up as it is sent; its file is gone
// with the data directory.

import { DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { statfsSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { Readable } from "node:stream";
import { distributePrivately } from "../test/support/private-bucket.ts";
import { startBenchService, viewOnce, type BenchService } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { residentMegabytes } from "./support/machine.ts";
import { formatObjectRequest, formatUploadHead } from "./support/object-requests.ts";

const OBJECT_BYTES = 5 * 2 ** 30;
const PART_BYTES = 64 * 2 ** 20;
const PARTS_AT_ONCE = 4;
const BLOCK = Buffer.alloc(262_144, "x");
/** A disk that is slower than a third of what is usual is not measured on. */
const SECONDS_MAX = 300;
const LOOKED_AT_EVERY_MS = 20;
const BUCKET = "bench";
const DISK_BYTES = 3 * OBJECT_BYTES;

export const bucketLarge: Bench = {
  name: "bucket-large",
  about:
    "Growth of resident memory while an object of 5 GB goes into a bucket and out of it, directly and through the edge.",
  async run() {
    const { bavail, bsize } = statfsSync(tmpdir());
    if (bavail * bsize < DISK_BYTES) {
      return [
        { what: "an object of 5 GB", value: "–", unit: "", how: `${tmpdir()} has no room for ${DISK_BYTES} bytes` },
      ];
    }
    await using service = await startBenchService();
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const s3 = new S3Client({ endpoint: service.apiUrl, region: "us-east-1", credentials, forcePathStyle: true });
    try {
      const host = await distributePrivately(service, s3, BUCKET);
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "small", Body: "small" }));
      const { status } = await viewOnce(service.edgePort, host, "/small");
      if (status !== 200) throw new Error(`the edge answers ${status} where the identity has a grant`);
      const before = { control: residentMegabytes(service.controlId), edge: residentMegabytes(service.edgeId) };
      const figures: Figure[] = [];
      const transfer = async (what: string, work: () => Promise<number>): Promise<void> => {
        figures.push(...(await watch(what, work, service, before)));
      };
      await transfer("uploaded in one request", () => uploadWhole(service, "whole"));
      await transfer("read from the bucket", () =>
        read(service.apiPort, formatObjectRequest(service.apiPort, "GET", `/${BUCKET}/whole`)),
      );
      await transfer("read through the edge as an identity", () =>
        read(service.edgePort, Buffer.from(`GET /whole HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)),
      );
      await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: "whole" }));
      await transfer(`uploaded in parts of 64 MB, ${PARTS_AT_ONCE} at once, by the SDK`, () =>
        uploadInParts(s3, "parts"),
      );
      await transfer("of parts, read through the edge as an identity", () =>
        read(service.edgePort, Buffer.from(`GET /parts HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)),
      );
      return figures;
    } finally {
      s3.destroy();
    }
  },
};

/** One figure of each process. */
async function watch(
  what: string,
  work: () => Promise<number>,
  service: BenchService,
  before: { readonly control: number; readonly edge: number },
): Promise<readonly Figure[]> {
  const peak = { ...before };
  const looking = setInterval(() => {
    peak.control = Math.max(peak.control, residentMegabytes(service.controlId));
    peak.edge = Math.max(peak.edge, residentMegabytes(service.edgeId));
  }, LOOKED_AT_EVERY_MS);
  const begun = performance.now();
  const bytes = await work().finally(() => clearInterval(looking));
  const seconds = (performance.now() - begun) / 1000;
  return (["control", "edge"] as const).map((process) => ({
    what: `an object of 5 GB ${what}, ${process} process`,
    value: (peak[process] - before[process]).toFixed(0),
    unit: "MB of growth",
    wanted: "< 64",
    how: `${(bytes / 2 ** 30).toFixed(1)} GB in ${seconds.toFixed(0)} s, ${(bytes / 1e6 / seconds).toFixed(0)} MB/s; from ${before[process].toFixed(0)} MB`,
  }));
}

async function uploadWhole(service: BenchService, key: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = connect({ host: "127.0.0.1", port: service.apiPort });
  const stopping = setTimeout(() => reject(new Error(`not uploaded in ${SECONDS_MAX} s`)), SECONDS_MAX * 1000);
  let answer = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    answer += text;
    if (!answer.includes("\r\n\r\n")) return;
    if (answer.startsWith("HTTP/1.1 200 ")) resolve(OBJECT_BYTES);
    else reject(new Error(answer));
  });
  socket.once("error", reject);
  socket.once("close", () => reject(new Error(`closed: ${answer}`)));
  socket.write(formatUploadHead(service.apiPort, `/${BUCKET}/${key}`, OBJECT_BYTES));
  let sent = 0;
  const goOn = (): void => {
    while (sent < OBJECT_BYTES && !socket.destroyed) {
      sent += BLOCK.length;
      if (!socket.write(BLOCK)) return void socket.once("drain", goOn);
    }
  };
  goOn();
  try {
    return await promise;
  } finally {
    clearTimeout(stopping);
    socket.destroy();
  }
}

async function uploadInParts(client: S3Client, key: string): Promise<number> {
  function* blocks(): Generator<Uint8Array> {
    for (let sent = 0; sent < OBJECT_BYTES; sent += BLOCK.length) yield BLOCK;
  }
  const Body = Readable.from(blocks(), { objectMode: false });
  await new Upload({
    client,
    params: { Bucket: BUCKET, Key: key, Body },
    partSize: PART_BYTES,
    queueSize: PARTS_AT_ONCE,
  }).done();
  return OBJECT_BYTES;
}

/** Until the whole object came; its bytes are counted and not kept. */
async function read(port: number, request: Buffer): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let head = "";
  let bytes = 0;
  const socket = connect({
    host: "127.0.0.1",
    port,
    onread: {
      buffer: Buffer.alloc(BLOCK.length),
      callback: (count, block) => {
        bytes += count;
        if (head.includes("\r\n\r\n")) {
          if (bytes >= OBJECT_BYTES) resolve(bytes);
          return true;
        }
        head += Buffer.from(block.buffer, block.byteOffset, count).toString("latin1");
        const end = head.indexOf("\r\n\r\n");
        if (end >= 0) bytes -= end + 4;
        if (!head.startsWith("HTTP/1.1 200 ")) reject(new Error(head));
        return true;
      },
    },
  });
  const stopping = setTimeout(() => reject(new Error(`${bytes} bytes in ${SECONDS_MAX} s`)), SECONDS_MAX * 1000);
  socket.once("error", reject);
  socket.once("close", () => reject(new Error(`closed after ${bytes} bytes`)));
  socket.write(request);
  try {
    return await promise;
  } finally {
    clearTimeout(stopping);
    socket.destroy();
  }
}
