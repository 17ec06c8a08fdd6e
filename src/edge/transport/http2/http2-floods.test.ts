// Each known flood, sent by one viewer in bounded number over raw frames, while another viewer is served. The sender's
// connection is ended and the operator told, or what it can reach is bounded.

import assert from "node:assert/strict";
import { test } from "node:test";

import { holdAnswers, openHttp2Bench, textAnswer, type Http2Bench } from "../../../../test/support/http2-bench.ts";
import {
  block,
  data,
  FLAG,
  frame,
  GET,
  get,
  integer,
  openRawViewer,
  POST,
  post,
  setting,
  tell,
  TYPE,
  uint32,
  type RawViewer,
} from "../../../../test/support/http2-frames.ts";

const EIGHT = Buffer.alloc(8);

function times(count: number, one: (index: number) => Uint8Array): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => one(index)));
}

interface Flood {
  readonly name: string;
  readonly cve?: string;
  readonly sent: () => readonly Uint8Array[];
  /** What ends it: a bound that is reached as frames come in, or the next sweep of the clock. */
  readonly endedBy: "frames" | "sweep";
}

const FLOODS: readonly Flood[] = [
  {
    name: "requests that are reset as soon as they are made",
    cve: "CVE-2023-44487",
    sent: () => [times(3000, (n) => Buffer.concat([get(2 * n + 1), frame(TYPE.RST_STREAM, 0, 2 * n + 1, uint32(8))]))],
    endedBy: "frames",
  },
  {
    name: "requests that make us reset them",
    cve: "CVE-2025-8671",
    sent: () => [
      times(3000, (n) => Buffer.concat([get(2 * n + 1), frame(TYPE.WINDOW_UPDATE, 0, 2 * n + 1, uint32(0))])),
    ],
    endedBy: "frames",
  },
  {
    name: "malformed requests",
    sent: () => [times(5000, (n) => frame(TYPE.HEADERS, 5, 2 * n + 1, block(...GET, ["connection", "close"])))],
    endedBy: "frames",
  },
  {
    name: "requests whose Host says something else",
    sent: () => [times(3000, (n) => get(2 * n + 1, ["host", "other.test"]))],
    endedBy: "frames",
  },
  {
    name: "CONTINUATION without end",
    cve: "CVE-2024-27316",
    sent: () => [
      frame(TYPE.HEADERS, FLAG.END_STREAM, 1, block(...GET)),
      times(2000, () => frame(TYPE.CONTINUATION, 0, 1, block(["x", "y".repeat(1000)]))),
    ],
    endedBy: "frames",
  },
  {
    name: "empty CONTINUATION frames",
    cve: "CVE-2019-9518",
    sent: () => [
      frame(TYPE.HEADERS, FLAG.END_STREAM, 1, block(...GET)),
      times(20_000, () => frame(TYPE.CONTINUATION, 0, 1)),
    ],
    endedBy: "frames",
  },
  {
    name: "empty DATA frames",
    cve: "CVE-2019-9518",
    sent: () => [post(1), times(20_000, () => data(1, ""))],
    endedBy: "frames",
  },
  {
    name: "DATA frames of a byte each",
    cve: "CVE-2019-9511",
    sent: () => [post(1), times(20_000, () => data(1, "x"))],
    endedBy: "frames",
  },
  {
    name: "a body that goes on after it was stopped",
    sent: () => [
      frame(TYPE.HEADERS, FLAG.END_HEADERS, 1, block(...POST, ["expect", "more"])),
      times(100, () => data(1, Buffer.alloc(16_000))),
    ],
    endedBy: "frames",
  },
  {
    name: "small parts of a header block",
    sent: () => [
      frame(TYPE.HEADERS, FLAG.END_STREAM, 1, block(...GET)),
      times(20, () => frame(TYPE.CONTINUATION, 0, 1, block(["x", "y"]))),
    ],
    endedBy: "frames",
  },
  {
    name: "acknowledgments of nothing",
    sent: () => [times(3000, () => frame(TYPE.PING, FLAG.ACK, 0, EIGHT))],
    endedBy: "frames",
  },
  {
    name: "resets of a stream that has ended",
    sent: () => [get(1), times(200_000, () => frame(TYPE.RST_STREAM, 0, 1, uint32(8)))],
    endedBy: "frames",
  },
  {
    name: "requests on a stream that is none of its own",
    sent: () => [times(10, (n) => frame(TYPE.HEADERS, 5, 2 * n + 2, block(...GET)))],
    endedBy: "frames",
  },
  {
    name: "PING",
    cve: "CVE-2019-9512",
    sent: () => [times(3000, () => frame(TYPE.PING, 0, 0, EIGHT))],
    endedBy: "frames",
  },
  {
    name: "SETTINGS",
    cve: "CVE-2019-9515",
    sent: () => [times(3000, () => frame(TYPE.SETTINGS, 0, 0))],
    endedBy: "frames",
  },
  {
    name: "SETTINGS with many members",
    sent: () => [
      frame(
        TYPE.SETTINGS,
        0,
        0,
        times(2000, () => setting(4, 65_535)),
      ),
    ],
    endedBy: "frames",
  },
  {
    name: "PRIORITY",
    cve: "CVE-2019-9513",
    sent: () => [times(120_000, (n) => frame(TYPE.PRIORITY, 0, 2 * (n % 100) + 1, Buffer.from([0, 0, 0, 0, n & 255])))],
    endedBy: "frames",
  },
  { name: "frames of unknown type", sent: () => [times(200_000, () => frame(0x77, 0, 0))], endedBy: "frames" },
  {
    name: "WINDOW_UPDATE",
    cve: "CVE-2019-9511",
    sent: () => [times(200_000, () => frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(1)))],
    endedBy: "sweep",
  },
  {
    name: "padding",
    sent: () => [
      post(1),
      times(9000, () => frame(TYPE.DATA, FLAG.PADDED, 1, Buffer.concat([Buffer.from([255, 65]), Buffer.alloc(255)]))),
    ],
    endedBy: "sweep",
  },
];

async function openServing(): Promise<Http2Bench> {
  return openHttp2Bench(async (request) => {
    if (request.body === undefined) return textAnswer("ok");
    try {
      for await (const _ of request.body.chunks);
    } catch {
      // The viewer is gone; nobody sees the answer.
    }
    return textAnswer("read");
  });
}

/** Settles in no more than twenty seconds, on a machine that is busy with other tests. */
async function within(promise: Promise<unknown>, what: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`never: ${what}`)), 20_000);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

function drained(viewer: RawViewer): Promise<void> {
  return new Promise((resolve) => {
    if (viewer.isClosed() || viewer.socket.writableLength === 0) resolve();
    else {
      viewer.socket.once("drain", () => resolve());
      viewer.socket.once("close", () => resolve());
    }
  });
}

for (const { name, cve, sent, endedBy } of FLOODS) {
  test(`a flood of ${name} is ended${cve === undefined ? "" : ` (${cve})`}`, { timeout: 30_000 }, async () => {
    await using bench = await openServing();
    const other = openRawViewer(await bench.connectRaw());
    other.send(get(1));
    await other.until(({ type }) => type === TYPE.DATA);
    const viewer = openRawViewer(await bench.connectRaw());
    await viewer.until(({ type }) => type === TYPE.SETTINGS);
    const before = process.memoryUsage.rss();
    viewer.send(...sent());
    if (endedBy === "sweep") {
      await within(drained(viewer), "it is read");
      other.send(get(3));
      await other.until(({ type, stream }) => type === TYPE.DATA && stream === 3);
      bench.pass(1);
    }
    await within(viewer.closed, "it is cut off");
    other.send(get(99));
    await within(
      other.until(({ type, stream }) => type === TYPE.DATA && stream === 99),
      "another viewer is served",
    );
    assert.ok(process.memoryUsage.rss() - before < 200 * 1024 * 1024);
    const kinds = bench.events.map(({ kind }) => kind).filter((kind) => kind !== "refused");
    assert.ok(
      kinds.some((kind) => kind === "flooded" || kind === "protocol-broken"),
      `the log says ${kinds.join()}; the viewer got ${viewer.frames.map(tell).slice(-3).join()}`,
    );
  });
}

// What is bounded without an end of the connection.

test("a header bomb reaches the bound on a section's decoded size, and no further", { timeout: 20_000 }, async () => {
  await using bench = await openServing();
  const viewer = openRawViewer(await bench.connectRaw());
  // 4,000 bytes are put into the dynamic table, and then named a thousand times with a byte each [RFC 7541 §6.1].
  const entry = Buffer.concat([Buffer.from([0x40, 1]), Buffer.from("x"), integer(4000, 7), Buffer.alloc(4000, 97)]);
  viewer.send(frame(TYPE.HEADERS, 5, 1, Buffer.concat([block(...GET), entry, Buffer.alloc(1000, 0xbe)])), get(3));
  await within(
    viewer.until(({ type, stream }) => type === TYPE.DATA && stream === 3),
    "the next request is answered",
  );
  const told = viewer.frames.map(tell).filter((line) => line !== undefined);
  assert.deepEqual(told, ["RST ENHANCE_YOUR_CALM on 1", "200 on 3", "DATA 2 on 3"]);
});

test("bodies that nobody reads hold two megabytes and a window, and no more", { timeout: 20_000 }, async () => {
  const held = holdAnswers("late");
  await using bench = await openHttp2Bench(held.respond);
  const viewer = openRawViewer(await bench.connectRaw());
  const upload = (n: number): Buffer =>
    Buffer.concat([post(2 * n + 1), ...Array.from({ length: 4 }, () => data(2 * n + 1, Buffer.alloc(16_000)))]);
  viewer.send(times(32, upload), frame(TYPE.PING, 0, 0, EIGHT));
  await within(
    viewer.until(({ type }) => type === TYPE.PING),
    "two megabytes are taken",
  );
  assert.equal(held.asked(), 32);
  viewer.send(times(4, (n) => upload(n + 32)));
  await within(viewer.closed, "what is sent beyond the window ends the connection");
  const told = viewer.frames.map(tell).filter((line) => line !== undefined);
  assert.deepEqual(told, ["PING ACK", "GOAWAY FLOW_CONTROL_ERROR"]);
  held.letGo();
});

test("no more requests are open at once than the limit says", { timeout: 20_000 }, async () => {
  const go = Promise.withResolvers<void>();
  let open = 0;
  await using bench = await openHttp2Bench(async () => {
    open++;
    await go.promise;
    return textAnswer("ok");
  });
  const viewer = openRawViewer(await bench.connectRaw());
  viewer.send(times(160, (n) => get(2 * n + 1)));
  await within(
    viewer.until(({ type, stream }) => type === TYPE.RST_STREAM && stream === 319),
    "the last is refused",
  );
  const refused = viewer.frames.filter(({ type }) => type === TYPE.RST_STREAM).map(tell);
  assert.equal(open, 128);
  assert.equal(refused.length, 32);
  assert.equal(refused[0], "RST REFUSED_STREAM on 257");

  // Who has acknowledged the limit knows better, and has its connection ended.
  open = 0;
  const knowing = openRawViewer(await bench.connectRaw());
  knowing.send(
    frame(TYPE.SETTINGS, FLAG.ACK, 0),
    times(160, (n) => get(2 * n + 1)),
  );
  await within(knowing.closed, "it is ended");
  assert.equal(
    knowing.frames.map(tell).findLast((line) => line !== undefined),
    "GOAWAY PROTOCOL_ERROR",
  );
  assert.ok(open <= 128);
  go.resolve();
});

test(
  "what viewers with closed windows hold is bounded, and ends with the write time-out (CVE-2019-9517)",
  { timeout: 20_000 },
  async () => {
    const big = Buffer.alloc(4_000_000);
    await using bench = await openHttp2Bench(() => ({ status: 200, fields: [], body: { kind: "bytes", bytes: big } }));
    const viewer = openRawViewer(await bench.connectRaw(), setting(4, 0));
    viewer.send(times(128, (n) => get(2 * n + 1)));
    await within(
      viewer.until(({ type, stream }) => type === TYPE.HEADERS && stream === 255),
      "all are answered",
    );
    assert.ok(process.memoryUsage().arrayBuffers < 128 * 1024 * 1024, "the body is there once");
    bench.pass(61);
    await within(
      viewer.until(({ type, stream }) => type === TYPE.RST_STREAM && stream === 255),
      "all are reset",
    );
    assert.equal(bench.events.filter(({ kind }) => kind === "timed-out").length, 128);
  },
);

test("a viewer who takes much may tell so as often as it needs to", { timeout: 20_000 }, async () => {
  const big = Buffer.alloc(30_000_000);
  await using bench = await openHttp2Bench(() => ({ status: 200, fields: [], body: { kind: "bytes", bytes: big } }), {
    viewerHttp2OverheadBytesPerSecondMax: 1024,
  });
  const session = await bench.connect();
  const stream = session.request({ ":authority": "a" });
  let bytes = 0;
  stream.on("data", (piece: Buffer) => {
    bytes += piece.length;
    bench.pass(0);
  });
  await within(new Promise((resolve) => stream.once("close", resolve)), "all is taken");
  assert.equal(bytes, big.length);
  assert.deepEqual(bench.events, []);
});
