// Viewers who ask for long bodies and stop reading them, as many as there are connections to the origin: others still get theirs.
// The place is given up at once here (`originStalledSeconds` 0), so that tests wait for states and for no time. [D-0038]

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { get, type IncomingMessage, type ServerResponse } from "node:http";
import { test } from "node:test";
import { block, FLAG, frame, openRawViewer, setting, TYPE, type RawViewer } from "../support/http2-frames.ts";
import { openTlsWorld, shakeHands } from "../support/tls-world.ts";
import { ALL_METHODS, type BehaviorDraft } from "./harness.ts";
import { eventually, openWired, type WiredWorld } from "./wired.ts";

const HOST = "d1.cloudfront.localhost";
/** Longer than what sockets and their buffers in the kernel take. */
const LONG_BYTES = 33_554_432;
const CONNECTIONS = 4;
const LIMITS = { originConnectionsPerOriginMax: CONNECTIONS, originStalledSeconds: 0 };
const ONE_WORKER = { workers: 1 };

const BLOCK = Buffer.alloc(65_521); // a prime: pieces that are repeated or left out are seen
for (let at = 0; at < BLOCK.length; at++) BLOCK[at] = (at * 31) % 251;

function bytesAt(from: number, length: number): Buffer {
  const at = from % BLOCK.length;
  return BLOCK.subarray(at, Math.min(BLOCK.length, at + length));
}

const DIGEST = digestOf(0);

function digestOf(from: number): string {
  const hash = createHash("sha1");
  for (let at = from; at < LONG_BYTES;) {
    const piece = bytesAt(at, LONG_BYTES - at);
    hash.update(piece);
    at += piece.length;
  }
  return hash.digest("hex");
}

/** What the origin has been asked from which byte on, in order, and what it has got rid of. */
interface Pouring {
  readonly ranges: (string | undefined)[];
  sent: number;
}

/** Answers /short shortly, and anything else with as much of a long body as is taken; a range to its end where one is asked for. */
function pourLong(
  { world }: Pick<WiredWorld, "world">,
  fields: Readonly<Record<string, string>>,
  framing = "sized",
): Pouring {
  const pouring: Pouring = { ranges: [], sent: 0 };
  world.origin.answer((request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith("/short") === true)
      return void response.writeHead(200, { "Content-Length": "5" }).end("short");
    const { range } = request.headers;
    pouring.ranges.push(range);
    if (request.url === "/silent") return;
    const from = Number(/^bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
    const part = { "Content-Range": `bytes ${from}-${LONG_BYTES - 1}/${LONG_BYTES}` };
    const length = { "Content-Length": String(LONG_BYTES - from) };
    response.writeHead(from === 0 ? 200 : 206, {
      ...(framing === "sized" && length),
      ...(from > 0 && part),
      ...fields,
    });
    let at = from;
    const goOn = (): void => {
      while (at < LONG_BYTES && !response.destroyed) {
        const piece = bytesAt(at, LONG_BYTES - at);
        at += piece.length;
        pouring.sent += piece.length;
        if (!response.write(piece)) return void response.once("drain", goOn);
      }
      response.end();
    };
    goOn();
  });
  return pouring;
}

/** Nothing of the body is read before `drink`. */
async function askAndStall({ port }: WiredWorld, path: string): Promise<IncomingMessage> {
  const asking = get({ host: "127.0.0.1", port, path, headers: { Host: HOST }, agent: false });
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  return response;
}

/** As many as there are connections. */
function stallAll(wired: WiredWorld): Promise<IncomingMessage[]> {
  return Promise.all(Array.from({ length: CONNECTIONS }, (_, number) => askAndStall(wired, `/${number}`)));
}

/** Until nothing moves any more: this process has both ends of all connections. */
async function untilStill(count: () => number): Promise<void> {
  for (let still = 0, last = count(); still < 300;) {
    await new Promise((resolve) => setImmediate(resolve));
    still = last === count() ? still + 1 : 0;
    last = count();
  }
}

/** Digest of the body, or how it broke off. */
async function drink(response: IncomingMessage): Promise<string> {
  const hash = createHash("sha1");
  try {
    for await (const piece of response) hash.update(piece as Buffer);
    return hash.digest("hex");
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

const PASSED: BehaviorDraft = {
  AllowedMethods: ALL_METHODS,
  ForwardedValues: { Headers: { Quantity: 1, Items: ["*"] } },
  MinTTL: 0,
};

/** How the body goes, what the origin says of it, and what the cache keeps it for. */
const WAYS: readonly (readonly [string, BehaviorDraft, Readonly<Record<string, string>>])[] = [
  ["that is stored", {}, { "Cache-Control": "max-age=60" }],
  ["that is not stored", {}, { "Cache-Control": "no-store" }],
  ["that passes the cache by", PASSED, { "Cache-Control": "max-age=60" }],
];

for (const [way, behavior, fields] of WAYS) {
  for (const framing of ["sized", "chunked"]) {
    const title = `viewers who stop reading a ${framing} body ${way} leave their connections to the origin to others`;
    test(`${title}, and get the rest when they read on`, { timeout: 60_000 }, async () => {
      await using wired = await openWired({ behavior }, LIMITS, [], undefined, ONE_WORKER);
      const pouring = pourLong(wired, { ...fields, ETag: '"1"' }, framing);
      const stalled = await stallAll(wired);
      await untilStill(() => pouring.sent);

      const other = wired.viewer();
      other.send(`GET /short HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
      await other.until(/short$/);
      assert.equal(wired.connections(), CONNECTIONS + 1, "nobody is cut off");

      for (const viewer of stalled) assert.equal(await drink(viewer), DIGEST);
      assert.deepEqual(pouring.ranges.slice(0, CONNECTIONS), Array(CONNECTIONS).fill(undefined));
      assert.equal(pouring.ranges.length, CONNECTIONS + 1, "one of them was asked to be generous");
      assert.match(pouring.ranges.at(-1) ?? "", /^bytes=[1-9]\d*-$/);
      assert.ok(wired.world.events.some(({ event, why }) => event === "connection-lent" && /from byte/.test(why)));
      await eventually(() => wired.world.edge.counters().fetchesInFlight === 0);
      assert.equal(wired.world.edge.counters().answersBrokenOff, 0);
    });
  }

  test(
    `a viewer who stops reading a body ${way} is broken off for others where the rest cannot be asked for`,
    { timeout: 60_000 },
    async () => {
      await using wired = await openWired({ behavior }, LIMITS, [], undefined, ONE_WORKER);
      const pouring = pourLong(wired, fields);
      const stalled = await stallAll(wired);
      await untilStill(() => pouring.sent);

      const other = wired.viewer();
      other.send(`GET /short HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
      await other.until(/short$/);
      const drunk = await Promise.all(stalled.map(drink));
      assert.equal(drunk.filter((got) => got === DIGEST).length, CONNECTIONS - 1, "no more than had to be");
      assert.equal(drunk.filter((got) => got === "ECONNRESET").length, 1);
      assert.equal(wired.world.edge.counters().answersBrokenOff, 1);
      await eventually(() => wired.world.edge.counters().fetchesInFlight === 0);
    },
  );
}

test("who waits within the time for which a viewer may stall takes nothing from it", { timeout: 30_000 }, async () => {
  const limits = { originConnectionsPerOriginMax: 1, originStalledSeconds: 3600 };
  await using wired = await openWired({}, limits, [], undefined, ONE_WORKER);
  const pouring = pourLong(wired, { "Cache-Control": "no-store", ETag: '"1"' });
  const stalled = await askAndStall(wired, "/long");
  await untilStill(() => pouring.sent);
  const other = wired.viewer();
  other.send(`GET /short HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await eventually(() => wired.world.edge.counters().requests === 2);
  assert.equal(await drink(stalled), DIGEST);
  await other.until(/short$/);
  assert.deepEqual(pouring.ranges, [undefined]);
});

test(
  "who leaves while it waits for a connection again leaves its place in the queue",
  { timeout: 20_000 },
  async () => {
    const limits = { originConnectionsPerOriginMax: 1, originStalledSeconds: 0 };
    await using wired = await openWired({}, limits, [], undefined, ONE_WORKER);
    const pouring = pourLong(wired, { "Cache-Control": "no-store", ETag: '"1"' });
    const stalled = await askAndStall(wired, "/long");
    await untilStill(() => pouring.sent);
    // Its place goes to one for whom the origin takes its time.
    const silent = wired.viewer();
    silent.send(`GET /silent HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await eventually(() => pouring.ranges.length === 2);
    const drinking = drink(stalled);
    await eventually(() => wired.world.events.some(({ event }) => event === "connection-lent"));
    assert.equal(wired.world.edge.counters().fetchesInFlight, 2);
    stalled.destroy();
    await drinking;
    await eventually(() => wired.world.edge.counters().fetchesInFlight === 1);
  },
);

test("viewers who stall hold up nobody at whichever worker their keys are", { timeout: 60_000 }, async () => {
  const limits = { originConnectionsPerOriginMax: 1, originStalledSeconds: 0, originWaitMillisecondsMax: 0 };
  await using wired = await openWired({}, limits, [], undefined, { workers: 3 });
  pourLong(wired, { "Cache-Control": "max-age=60", ETag: '"1"' });
  // More than there are connections of all workers: some of them are asked to be generous before anybody else comes.
  const stalled = await Promise.all(Array.from({ length: 5 }, (_, number) => askAndStall(wired, `/${number}`)));
  for (let number = 0; number < 12; number++) {
    const other = wired.viewer();
    other.send(`GET /short/${number} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await other.until(/short$/);
    other.socket.destroy();
  }
  for (const viewer of stalled) assert.equal(await drink(viewer), DIGEST);
  await eventually(() => wired.connections() === 0);
});

test("one HTTP/2 connection with 128 stalled streams holds up nobody", { timeout: 60_000 }, async () => {
  const draft = { config: { HttpVersion: "http2" } };
  // Nobody is refused because others wait.
  const limits = { ...LIMITS, originWaitMillisecondsMax: 0 };
  await using tls = await openTlsWorld(draft, { limits, ...ONE_WORKER });
  const pouring = pourLong(tls, { "Cache-Control": "no-store" });
  const open = async (settings: Uint8Array): Promise<RawViewer> => {
    const shaken = await shakeHands(tls.port, { servername: HOST, ALPNProtocols: ["h2"] });
    assert.ok(shaken.kind === "secure");
    return openRawViewer(shaken.socket, settings);
  };
  const ask = (stream: number, path: string): Buffer =>
    frame(
      TYPE.HEADERS,
      FLAG.END_HEADERS | FLAG.END_STREAM,
      stream,
      block([":method", "GET"], [":scheme", "https"], [":path", path], [":authority", HOST]),
    );
  // It lets nothing of a body be sent: SETTINGS_INITIAL_WINDOW_SIZE is 0.
  const greedy = await open(setting(4, 0));
  greedy.send(...Array.from({ length: 128 }, (_, number) => ask(2 * number + 1, `/${number}`)));
  await eventually(() => pouring.ranges.length >= CONNECTIONS && tls.world.edge.counters().requests === 128);

  const other = await open(Buffer.alloc(0));
  other.send(ask(1, "/short"));
  const body = await other.until(({ type, stream }) => type === TYPE.DATA && stream === 1);
  assert.equal(body?.payload.toString(), "short");
  greedy.socket.destroy();
  other.socket.destroy();
  await eventually(() => tls.world.edge.counters().fetchesInFlight === 0);
});
