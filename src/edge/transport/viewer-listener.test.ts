import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";

import { DEFAULT_LIMITS, type Limits } from "../../vocabulary/limits.ts";
import { epochMs } from "../../vocabulary/time.ts";
import type { Answer, AnswerBody, Respond, ViewerRequest } from "./message.ts";
import type { TransportEvent } from "./viewer-peer.ts";
import { openViewerListener, type ViewerListener } from "./viewer-listener.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const LAST = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

function text(body: string): Answer {
  return { status: 200, fields: [], body: { kind: "bytes", bytes: Buffer.from(body) } };
}

function streamed(chunks: AsyncIterable<Uint8Array>, length?: number): Answer {
  return { status: 200, fields: [], body: { kind: "stream", length, chunks } };
}

const echoPath: Respond = (request) => text(request.path);

class Bench implements AsyncDisposable {
  seconds = 1000;
  readonly events: TransportEvent[] = [];
  readonly listener: ViewerListener;
  constructor(listener: ViewerListener) {
    this.listener = listener;
  }
  static async open(respond: Respond, limits: Partial<Limits> = {}): Promise<Bench> {
    let bench: Bench | undefined;
    const listener = await openViewerListener({
      host: "127.0.0.1",
      port: 0,
      limits: { ...DEFAULT_LIMITS, ...limits },
      clock: { now: () => epochMs((bench?.seconds ?? 1000) * 1000) },
      respond,
      log: (event) => bench?.events.push(event),
    });
    return (bench = new Bench(listener));
  }
  /** Moves the clock and looks after the connections. */
  pass(seconds: number): void {
    this.seconds += seconds;
    this.listener.sweep();
  }
  connect(): Viewer {
    return new Viewer(connect({ port: this.listener.address.port, host: "127.0.0.1", allowHalfOpen: true }));
  }
  /** All that comes back for these bytes. */
  async ask(bytes: string): Promise<string> {
    const viewer = this.connect();
    viewer.socket.write(bytes, "latin1");
    return viewer.all();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener[Symbol.asyncDispose]();
    assert.equal(this.listener.connections(), 0);
  }
}

class Viewer {
  readonly socket: Socket;
  received = "";
  error: string | undefined;
  readonly closed: Promise<unknown>;
  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("latin1");
    socket.on("error", (error: NodeJS.ErrnoException) => (this.error = error.code));
    socket.on("end", () => socket.end());
    this.closed = new Promise((resolve) => socket.on("close", resolve));
  }
  send(bytes: string): void {
    this.socket.write(bytes, "latin1");
  }
  read(): void {
    this.socket.on("data", (piece: string) => (this.received += piece));
  }
  /** Reads until what was received matches. */
  async until(pattern: RegExp): Promise<string> {
    if (this.socket.listenerCount("data") === 0) this.read();
    while (!pattern.test(this.received)) {
      await Promise.race([
        once(this.socket, "data"),
        this.closed.then(() => assert.match(this.received, pattern, "the connection was closed before")),
      ]);
    }
    return this.received;
  }
  /** Reads to the end of the connection. */
  async all(): Promise<string> {
    if (this.socket.listenerCount("data") === 0) this.read();
    await this.closed;
    return this.error === undefined ? this.received : `${this.received}<${this.error}>`;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** As many turns of the event loop as it takes; the test's own time-out ends what never comes. */
async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

function statuses(received: string): string[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => match[1] ?? "");
}

test("a request arrives as it was sent, and its answer goes back", { timeout: 10_000 }, async () => {
  let seen: ViewerRequest | undefined;
  await using bench = await Bench.open((request) => {
    seen = request;
    return text("hello");
  });
  const answer = await bench.ask("GET /a?b HTTP/1.1\r\nHost: h:1\r\nX: y\r\nConnection: close\r\n\r\n");
  assert.equal(answer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
  assert.ok(seen !== undefined);
  assert.equal(seen.field("x"), "y");
  assert.equal(seen.body, undefined);
  const { viewerPort = 0, ...rest } = seen;
  assert.ok(viewerPort > 0 && viewerPort <= 65_535);
  assert.deepEqual(JSON.parse(JSON.stringify(rest)), {
    method: "GET",
    target: "/a?b",
    path: "/a",
    query: "b",
    httpVersion: "1.1",
    scheme: "http",
    host: "h:1",
    fields: [
      ["Host", "h:1"],
      ["X", "y"],
      ["Connection", "close"],
    ],
    viewerAddress: "127.0.0.1",
    headBytes: 57,
    memo: {},
    receivedAt: 1_000_000,
  });
});

test(
  "pipelined requests are answered in order, one at a time, some late and some at once",
  { timeout: 10_000 },
  async () => {
    let inWork = 0;
    await using bench = await Bench.open((request) => {
      assert.equal(++inWork, 1);
      if (request.path === "/late") return turn().then(() => (inWork--, text("<late>")));
      inWork--;
      return request.path === "/stream" ? streamed(pieces("<str", "eam>")) : text("<now>");
    });
    const paths = ["/now", "/late", "/stream", "/now", "/now", "/late", "/stream", "/late"];
    const asked = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join("") + LAST;
    const bodies = (await bench.ask(asked)).match(/<\w+>|4\r\n<str\r\n4\r\neam>\r\n0/g);
    const expected = [...paths, "/now"].map((path) =>
      path === "/stream" ? "4\r\n<str\r\n4\r\neam>\r\n0" : `<${path.slice(1)}>`,
    );
    assert.deepEqual(bodies, expected);
  },
);

async function* pieces(...parts: string[]): AsyncGenerator<Uint8Array, void> {
  for (const part of parts) yield Buffer.from(part);
}

test("a viewer may close its half once it has asked", { timeout: 10_000 }, async () => {
  await using bench = await Bench.open(async (request) => text(request.path));
  const viewer = bench.connect();
  viewer.socket.end(GET + GET);
  assert.deepEqual(statuses(await viewer.all()), ["200", "200"]);
});

test("long bodies arrive whole at a viewer that is slow to read", { timeout: 20_000 }, async () => {
  const bytes = Buffer.from(Array.from({ length: 5_000_000 }, (_, index) => index % 251));
  await using bench = await Bench.open((request) => {
    if (request.path === "/last") return text("last");
    const chunks = (async function* () {
      for (let at = 0; at < bytes.length; at += 300_000) yield bytes.subarray(at, at + 300_000);
    })();
    return request.path === "/stream"
      ? streamed(chunks, bytes.length)
      : { ...text(""), body: { kind: "bytes", bytes } };
  });
  const viewer = bench.connect();
  viewer.send(GET + "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n" + LAST);
  for (let count = 0; count < 200; count++) await turn(); // the socket's buffers fill
  const received = await viewer.all();
  const whole = bytes.toString("latin1");
  const parts = received.split(/HTTP\/1\.1 200 OK\r\nContent-Length: \d+\r\nConnection: [-a-z]+\r\n\r\n/);
  assert.deepEqual(
    parts.map((part) => part.length),
    [0, whole.length, whole.length, 4],
  );
  assert.ok(parts[1] === whole && parts[2] === whole);
});

test("a body that breaks off is never a whole message", { timeout: 10_000 }, async () => {
  async function* breaking(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from("abc");
    await turn();
    await turn();
    throw new Error("the origin broke off");
  }
  const rows: [
    length: number | undefined,
    version: string,
    chunks: () => AsyncIterable<Uint8Array>,
    expected: RegExp,
  ][] = [
    [undefined, "1.1", breaking, /chunked\r\nConnection: keep-alive\r\n\r\n3\r\nabc\r\n$/],
    [10, "1.1", breaking, /Content-Length: 10\r\n.*\r\n\r\nabc$/],
    [undefined, "1.0", breaking, /<ECONNRESET>$/], // where a plain end would say that it is whole
    [3, "1.1", () => pieces("abc", "d"), /Content-Length: 3\r\n.*\r\n\r\n(abc)?$/],
    [5, "1.1", () => pieces("abc"), /Content-Length: 5\r\n.*\r\n\r\n(abc)?$/],
  ];
  for (const [length, version, chunks, expected] of rows) {
    await using bench = await Bench.open(() => streamed(chunks(), length));
    const received = await bench.ask(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
    if (received !== "") assert.match(received, expected);
    assert.doesNotMatch(received, /\r\n0\r\n\r\n/);
    assert.deepEqual(
      bench.events.map((event) => event.kind),
      ["answer-broke-off"],
    );
  }
});

test(
  "a stream is read no faster than its viewer takes it, and let go when the viewer leaves",
  { timeout: 20_000 },
  async () => {
    let produced = 0;
    let isReturned = false;
    await using bench = await Bench.open(() =>
      streamed(
        (async function* () {
          try {
            for (;;) {
              produced++;
              yield Buffer.alloc(65_536);
            }
          } finally {
            isReturned = true;
          }
        })(),
      ),
    );
    const viewer = bench.connect();
    viewer.send(GET);
    let quiet = 0;
    for (let last = -1; quiet < 100; quiet = produced === last && produced > 0 ? quiet + 1 : 0) {
      last = produced;
      await turn();
    }
    assert.ok(produced < 500, `${produced} chunks of 64 KiB for a viewer that reads nothing`);
    viewer.socket.resetAndDestroy();
    await eventually(() => isReturned && bench.listener.connections() === 0);
  },
);

test(
  "a viewer that stops reading is cut off in the end, one that reads slowly is not",
  { timeout: 20_000 },
  async () => {
    let isReturned = false;
    await using bench = await Bench.open(() =>
      streamed(
        (async function* () {
          try {
            for (;;) yield Buffer.alloc(65_536);
          } finally {
            isReturned = true;
          }
        })(),
      ),
    );
    const viewer = bench.connect();
    viewer.send(GET);
    await once(viewer.socket, "readable");
    for (let count = 0; count < 300; count++) await turn();
    for (let round = 0; round < 3; round++) {
      bench.pass(50);
      for (let taken = 0; taken < 20_000_000;) {
        const piece: unknown = viewer.socket.read();
        if (typeof piece === "string") taken += piece.length;
        else await once(viewer.socket, "readable");
      }
      for (let count = 0; count < 300; count++) await turn();
      bench.pass(50);
      assert.equal(bench.listener.connections(), 1, "it took something within the time");
    }
    bench.pass(50);
    bench.pass(61);
    await eventually(() => isReturned && bench.listener.connections() === 0);
    assert.ok(bench.events.some((event) => event.kind === "timed-out" && event.phase === "write"));
  },
);

test("time-outs: of a head 408, of an idle connection silence", { timeout: 10_000 }, async () => {
  await using bench = await Bench.open(echoPath);
  const [silent, slow, idle] = [bench.connect(), bench.connect(), bench.connect()];
  slow.send("GET / HT");
  idle.send(GET);
  await idle.until(/\r\n\r\n\/$/);
  await eventually(() => bench.listener.connections() === 3);
  for (let count = 0; count < 20; count++) await turn(); // the beginning of the head has come too
  bench.pass(20);
  slow.send("TP/1.1\r\nHost: a\r\n"); // which does not begin the time anew
  for (let count = 0; count < 20; count++) await turn();
  bench.pass(11);
  assert.equal(await silent.all(), "");
  assert.match(await slow.all(), /^HTTP\/1\.1 408 Request Timeout\r\n.*Connection: close\r\n\r\n/s);
  await eventually(() => bench.listener.connections() === 1); // an idle one has longer
  bench.pass(30);
  await idle.all();
});

test("who is held is not late for as long, and then has its time", { timeout: 10_000 }, async () => {
  const releases: (() => void)[] = [];
  await using bench = await Bench.open((request) =>
    request.path === "/held" ? { ...text("no"), hold: (release) => void releases.push(release) } : text("yes"),
  );
  const [between, within] = [bench.connect(), bench.connect()];
  between.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  within.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\nGET / HT");
  for (const viewer of [between, within]) await viewer.until(/no$/);
  bench.pass(100);
  for (const release of releases) release();
  bench.pass(29);
  between.send(LAST);
  within.send("TP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  for (const viewer of [between, within]) assert.match(await viewer.all(), /no.*yes$/s);
});

test(
  "a pause in a request body ends it: the pipeline sees a throw, the connection is closed",
  { timeout: 10_000 },
  async () => {
    let failure = "";
    await using bench = await Bench.open(async (request) => {
      try {
        for await (const _ of request.body?.chunks ?? []);
      } catch (error) {
        failure = String(error);
      }
      return text("never sent");
    });
    const viewer = bench.connect();
    viewer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    await eventually(() => bench.listener.connections() === 1);
    for (let count = 0; count < 20; count++) await turn();
    bench.pass(29);
    assert.equal(failure, "");
    bench.pass(2);
    assert.equal(await viewer.all(), "");
    assert.match(failure, /the viewer left/);
  },
);

test(
  "a viewer that sends on while its request is in work is read no further than a bound",
  { timeout: 20_000 },
  async () => {
    const work = Promise.withResolvers<Answer>();
    await using bench = await Bench.open((request) =>
      request.path === "/late" ? work.promise : gather(request.body).then((body) => text(String(body.length))),
    );
    const viewer = bench.connect();
    viewer.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
    viewer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30000000\r\n\r\n" + "x".repeat(30_000_000));
    for (let count = 0; count < 2000; count++) await turn();
    assert.ok(viewer.socket.writableLength > 0, "30 MB do not fit between the two");
    work.resolve(text("late"));
    viewer.send(LAST);
    assert.match(await viewer.all(), /late.*\r\n\r\n30000000HTTP.*\r\n\r\n0$/s);
  },
);

async function gather(body: ViewerRequest["body"]): Promise<string> {
  let received = "";
  for await (const piece of body?.chunks ?? []) received += Buffer.from(piece).toString("latin1");
  return received;
}

test("request bodies are read, and the next request begins behind them", { timeout: 10_000 }, async () => {
  await using bench = await Bench.open(async (request) => {
    return text(`<${request.body?.length}:${await gather(request.body)}>`);
  });
  const sized = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
  const chunked =
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\nT: x\r\n\r\n";
  const whole = sized + chunked + sized + LAST;
  const expected = ["<3:abc>", "<undefined:def>", "<3:abc>", "<undefined:>"];
  assert.deepEqual((await bench.ask(whole)).match(/<.*?>/g), expected);
  const viewer = bench.connect();
  viewer.read();
  for (const byte of whole) {
    viewer.send(byte);
    await turn();
  }
  assert.deepEqual((await viewer.all()).match(/<.*?>/g), expected);
});

test("a body can be answered while it is still coming", { timeout: 10_000 }, async () => {
  await using bench = await Bench.open((request) => streamed(request.body?.chunks ?? pieces()));
  const viewer = bench.connect();
  viewer.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  await viewer.until(/Transfer-Encoding: chunked\r\n/);
  viewer.send("3\r\nabc\r\n");
  await viewer.until(/3\r\nabc\r\n$/);
  viewer.send("0\r\n\r\n" + LAST);
  assert.match(await viewer.all(), /3\r\nabc\r\n0\r\n\r\nHTTP/);
});

test(
  "broken framing of a body is a throw, and the connection is closed behind the answer",
  { timeout: 10_000 },
  async () => {
    await using bench = await Bench.open(async (request) =>
      text(await gather(request.body).catch((error: Error) => error.message)),
    );
    const received = await bench.ask(
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n${GET}`,
    );
    assert.match(received, /Connection: close\r\n\r\nthe viewer's request body is malformed: bad-chunk$/);
  },
);

test(
  "100 (Continue) is sent when the body is first wanted, and not at all when it is not",
  { timeout: 10_000 },
  async () => {
    await using bench = await Bench.open((request) =>
      request.path === "/wanted" ? gather(request.body).then(text) : text("no"),
    );
    const head = (path: string): string =>
      `POST ${path} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n`;
    const wanted = bench.connect();
    wanted.send(head("/wanted"));
    assert.equal(await wanted.until(/\r\n\r\n$/), "HTTP/1.1 100 Continue\r\n\r\n");
    wanted.send("abc" + LAST);
    assert.deepEqual(statuses(await wanted.all()), ["100", "200", "200"]);
    // Nobody can tell whether the body follows a refusal, so nothing else may.
    assert.match(
      await bench.ask(head("/unwanted")),
      /^HTTP\/1\.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno$/,
    );
    // A body that comes unasked needs no 100.
    assert.deepEqual(statuses(await bench.ask(head("/wanted") + "abc" + LAST)), ["200", "200"]);
  },
);

test(
  "a body that nobody wants is read over if it is short, and costs the connection if it is long",
  { timeout: 10_000 },
  async () => {
    await using bench = await Bench.open(() => text("done"));
    const post = (length: number): string => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;
    assert.deepEqual(statuses(await bench.ask(post(9) + "x".repeat(9) + LAST)), ["200", "200"]);
    const late = bench.connect();
    late.send(post(5000));
    await late.until(/keep-alive\r\n\r\ndone$/);
    late.send("x".repeat(5000) + LAST);
    assert.deepEqual(statuses(await late.all()), ["200", "200"]);
    // The viewer sends on for a while and reads the answer nevertheless.
    const long = bench.connect();
    long.send(post(2_000_000) + "x".repeat(1_000_000));
    assert.match(await long.all(), /^HTTP\/1\.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone$/);
  },
);

test(
  "what is no request is answered once, by the page of the listener's owner, and nothing behind it",
  { timeout: 10_000 },
  async () => {
    await using plain = await Bench.open(echoPath);
    const received = await plain.ask(`${GET}GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${GET}`);
    assert.deepEqual(statuses(received), ["200", "400"]);
    assert.match(received, /Connection: close\r\n\r\n400 Bad Request: duplicate-host\n$/);
    assert.match(await plain.ask("HEAD / HTTP/3.0\r\n\r\n"), /^HTTP\/1\.1 505 .*\r\n\r\n$/s);
    assert.deepEqual(statuses(await plain.ask("GET /" + "x".repeat(30_000))), ["413"]);

    const refused: unknown[] = [];
    await using listener = await openViewerListener({
      host: "127.0.0.1",
      port: 0,
      limits: DEFAULT_LIMITS,
      clock: { now: () => epochMs(0) },
      respond: echoPath,
      refuse: (message) => {
        refused.push(message);
        return { status: message.status, fields: [["X-Cache", "Error from cloudfront"]], body: { kind: "none" } };
      },
    });
    const viewer = new Viewer(connect(listener.address.port, "127.0.0.1"));
    viewer.send("GET /x HTTP/1.1\r\nA : b\r\n\r\n");
    assert.match(await viewer.all(), /^HTTP\/1\.1 400 Bad Request\r\nX-Cache: Error from cloudfront\r\n/);
    assert.deepEqual(refused, [
      { status: 400, reason: "space-before-colon", method: "GET", target: "/x", viewerAddress: "127.0.0.1" },
    ]);
  },
);

test("a pipeline that breaks its promise costs one request: 500, and the connection", { timeout: 10_000 }, async () => {
  const body: AnswerBody = { kind: "none" };
  const broken: Respond[] = [
    () => assert.fail("thrown"),
    () => Promise.reject(new Error("rejected")),
    () => ({ status: 200, fields: [["Content-Length", "5"]], body }),
    () => ({ status: 200, fields: [["X", "a\r\nb"]], body }),
    () => ({ status: 100, fields: [], body }),
  ];
  for (const respond of broken) {
    await using bench = await Bench.open(respond);
    assert.deepEqual(statuses(await bench.ask(GET + GET)), ["500"]);
    assert.ok(bench.events.some((event) => event.kind === "respond-threw"));
  }
});

test("a refusal's page that cannot be sent is replaced by a plain one", { timeout: 10_000 }, async () => {
  const pages: ((status: number) => Answer)[] = [
    () => assert.fail("thrown"),
    (status) => ({ status, fields: [["X", "a\r\nb"]], body: { kind: "none" } }),
    (status) => ({ ...streamed(pieces("a")), status }),
  ];
  for (const page of pages) {
    await using listener = await openViewerListener({
      host: "127.0.0.1",
      port: 0,
      limits: DEFAULT_LIMITS,
      clock: { now: () => epochMs(0) },
      respond: echoPath,
      refuse: ({ status }) => page(status),
    });
    const viewer = new Viewer(connect(listener.address.port, "127.0.0.1"));
    viewer.send("GET /\r\n\r\n");
    assert.match(await viewer.all(), /^HTTP\/1\.1 400 .*\r\n\r\n400 Bad Request: bad-request-line\n$/s);
  }
});

test("no more connections than allowed are open", { timeout: 10_000 }, async () => {
  await using bench = await Bench.open(echoPath, { viewerConnectionsMax: 2 });
  const [one, two] = [bench.connect(), bench.connect()];
  one.send(GET);
  two.send(GET);
  await Promise.all([one.until(/200/), two.until(/200/)]);
  assert.match(await bench.ask(GET), /^(<ECONNRESET>|<EPIPE>)?$/);
  one.socket.end();
  await one.all();
  await eventually(() => bench.listener.connections() === 1);
  assert.deepEqual(statuses(await bench.ask(LAST)), ["200"]);
});

test("a port that is taken is told as it is", { timeout: 10_000 }, async () => {
  await using bench = await Bench.open(echoPath);
  const { port } = bench.listener.address;
  const again = openViewerListener({
    host: "127.0.0.1",
    port,
    limits: DEFAULT_LIMITS,
    clock: { now: () => epochMs(0) },
    respond: echoPath,
  });
  await assert.rejects(again, { code: "EADDRINUSE" });
});

test("draining closes idle connections at once, finishes answers, and takes no more", { timeout: 10_000 }, async () => {
  const work = Promise.withResolvers<Answer>();
  let isAsked = false;
  await using bench = await Bench.open((request) => {
    if (request.path === "/last") return text("now");
    isAsked = true;
    return work.promise;
  });
  const [idle, busy] = [bench.connect(), bench.connect()];
  idle.send("GET /last HTTP/1.1\r\nHost: a\r\n\r\n");
  await idle.until(/now$/);
  busy.send(GET);
  await eventually(() => isAsked);
  const drained = bench.listener.drain(10);
  await idle.all();
  await eventually(() => bench.listener.connections() === 1);
  assert.match(await bench.ask(GET), /ECONNREFUSED/);
  work.resolve(text("finished"));
  assert.match(await busy.all(), /Connection: close\r\n\r\nfinished$/);
  await drained;
  assert.equal(bench.listener.connections(), 0);
});

test(
  "who was told that it may ask again is answered once more, where idle viewers are spared",
  { timeout: 10_000 },
  async () => {
    const rest = Promise.withResolvers<Buffer>();
    const body = async function* () {
      yield Buffer.from("begun,");
      yield await rest.promise;
    };
    await using bench = await Bench.open((request) =>
      request.path === "/long" ? streamed(body(), 10) : text(`${request.path} `),
    );
    const [idle, busy] = [bench.connect(), bench.connect()];
    idle.send("GET /idle HTTP/1.1\r\nHost: a\r\n\r\n");
    await idle.until(/idle $/);
    busy.send("GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.match(await busy.until(/begun,$/), /Connection: keep-alive/);
    const drained = bench.listener.drain(10, 0.5);
    await idle.all(); // so that the time of who was idle is over
    rest.resolve(Buffer.from("done"));
    await busy.until(/begun,done$/);
    busy.send("GET /again HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.match(await busy.all(), /done.*Connection: close\r\n\r\n\/again $/s);
    await drained;
  },
);

test("who does not ask again is idle from its answer on", { timeout: 5000 }, async () => {
  const rest = Promise.withResolvers<Buffer>();
  const body = async function* () {
    yield Buffer.from("begun,");
    yield await rest.promise;
  };
  await using bench = await Bench.open(() => streamed(body(), 10));
  const viewer = bench.connect();
  viewer.send(GET);
  await viewer.until(/begun,$/);
  const drained = bench.listener.drain(60, 0.1);
  rest.resolve(Buffer.from("done"));
  assert.match(await viewer.all(), /begun,done$/);
  await drained;
});

test("draining cuts off what takes longer than it may", { timeout: 10_000 }, async () => {
  let isAsked = false;
  await using bench = await Bench.open(() => {
    isAsked = true;
    return new Promise<Answer>(() => undefined);
  });
  const viewer = bench.connect();
  viewer.send(GET);
  await eventually(() => isAsked);
  await bench.listener.drain(0.01);
  assert.equal(await viewer.all(), "");
});

test("viewers that leave at any moment leave nothing behind", { timeout: 60_000 }, async () => {
  let returned = 0;
  let begun = 0;
  await using bench = await Bench.open((request) => {
    switch (request.path) {
      case "/late":
        return turn().then(() => text("late"));
      case "/stream":
        begun++;
        return streamed(
          (async function* () {
            try {
              for (let count = 0; count < 20; count++) {
                yield Buffer.alloc(40_000);
                await turn();
              }
            } finally {
              returned++;
            }
          })(),
        );
      case "/body":
        return gather(request.body).then(text, () => text("broken"));
      default:
        return text("x".repeat(100_000));
    }
  });
  const script = [
    GET,
    "GET /late HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
  ];
  let seed = 42;
  const random = (bound: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * bound);
  };
  for (let batch = 0; batch < 20; batch++) {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const viewer = bench.connect();
        const whole = Array.from({ length: 1 + random(3) }, () => script[random(script.length)] ?? "").join("");
        const turns = random(30);
        const manner = random(3);
        const cut = random(2) === 0 ? whole.length : random(whole.length);
        await once(viewer.socket, "connect");
        viewer.send(whole.slice(0, cut));
        if (random(2) === 0) viewer.read();
        for (let count = 0; count < turns; count++) await turn();
        if (manner === 0) viewer.socket.resetAndDestroy();
        else viewer.socket.destroy();
        await viewer.closed;
      }),
    );
  }
  await eventually(() => bench.listener.connections() === 0);
  await eventually(() => returned === begun);
  assert.ok(begun > 100);
  assert.deepEqual(statuses(await bench.ask(LAST)), ["200"], "and the next one is served");
});

test("interim responses go before the answer they are about, and nowhere else [RFC 9110 §15.2]", async () => {
  const late: (() => void)[] = [];
  await using bench = await Bench.open(async (request) => {
    const hint = (): void => request.interim?.(request, 103, [["Link", `<${request.path}.css>`]]);
    hint();
    late.push(hint);
    await turn();
    // What is about an earlier request of the connection comes too late.
    for (const one of late.slice(0, -1)) one();
    return text(request.path);
  });
  const received = await bench.ask(GET + LAST);
  assert.deepEqual(statuses(received), ["103", "200", "103", "200"]);
  assert.match(received, /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/\.css>\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  assert.deepEqual(statuses(await bench.ask("GET / HTTP/1.0\r\n\r\n")), ["200"]);
});
