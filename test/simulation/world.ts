// A world without network and without time of its own: an edge, origins whose every answer is given by hand, viewers who
// read at will, a clock that is moved. Actions are data, so that a seed makes a trace and a trace can be shortened.

import assert from "node:assert/strict";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import type { Edge, EdgeEvent } from "../../src/edge/edge.ts";
import type { OriginFetcher } from "../../src/edge/origin-request/fetch-origin.ts";
import type { OriginFailure, OriginResponse } from "../../src/edge/origin-request/origin-answer.ts";
import { listFields, type OriginRequest } from "../../src/edge/origin-request/origin-request.ts";
import type { Answer } from "../../src/edge/transport/message.ts";
import type { Change } from "../../src/store/store.ts";
import type { DistributionId, FeedNumber, InvalidationId } from "../../src/vocabulary/ids.ts";
import type { Fidelity } from "../../src/vocabulary/fidelity.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { epochMs, type EpochMs } from "../../src/vocabulary/time.ts";
import { formatHttpDate } from "../../src/http/http-date.ts";
import { ALL_METHODS, list, published, viewerRequest } from "../scenarios/harness.ts";
import type { WatchedStorage } from "../support/watched-storage.ts";
import { openWorkers, WORKERS } from "../support/workers.ts";

/** What an origin says of how long its answer lasts; indices are drawn. */
export const CACHE_CONTROLS = [
  undefined,
  "max-age=10",
  "max-age=30, stale-while-revalidate=20",
  "max-age=10, stale-if-error=15",
  "max-age=10, must-revalidate",
  "no-cache",
  "no-store",
  "s-maxage=20",
  "private, max-age=50",
] as const;

/** MinTTL, DefaultTTL, MaxTTL. */
export const TTLS = [
  [0, 60, 1000],
  [5, 5, 5],
  [0, 20, 15],
  [0, 0, 1000],
] as const;

export const PATHS = ["/a", "/a?v=1", "/b", "/b/c"] as const;
export const VARIANTS = ["one", "two"] as const;
export const INVALIDATIONS = ["/a", "/a*", "/b", "/b/*", "/*", "/a?v=1"] as const;
export const STATUSES = [200, 200, 200, 200, 404, 503, 301] as const;
/** What is answered instead of 404, 502 and 503 where there are error pages: one of the paths, so that things meet. */
export const PAGE_PATH = "/b/c";
/** Lengths of content: a few bytes, long enough to be compressed, and more than one segment and one piece of a storage. */
export const CONTENT_BYTES = [30, 1200, 600_000] as const;
/** Ranges are drawn in thirtieths of the content, which comes in three chunks. */
const RANGE_PARTS = 30;
const CHUNKS = 3;

/** What does not change while a world lasts. */
export interface Setup {
  readonly fidelity: Fidelity;
  readonly bytes: number;
  /** Variants are told apart by a cookie that is forwarded, instead of by a header. */
  readonly cookies: boolean;
  /** Some viewers take gzip, and get it. */
  readonly compress: boolean;
  readonly errorPages: boolean;
  /** Authorization goes to the origin. */
  readonly authorization: boolean;
  /** The cache has room for a few responses. */
  readonly isTight: boolean;
}

export type Action =
  | {
      readonly kind: "ask";
      readonly path: number;
      readonly variant: number;
      readonly method: "GET" | "HEAD";
      readonly range: readonly [number, number] | undefined;
      readonly condition: boolean;
      readonly gzip: boolean;
      readonly authorized: boolean;
      /** It takes the first chunk, and then one when it is told to. */
      readonly slow: boolean;
    }
  | { readonly kind: "post"; readonly path: number; readonly variant: number }
  | { readonly kind: "read"; readonly viewer: number }
  | { readonly kind: "leave"; readonly viewer: number }
  | {
      readonly kind: "answer";
      readonly fetch: number;
      readonly status: number;
      readonly control: number;
      readonly tellsLength: boolean;
      readonly validates: boolean;
    }
  | { readonly kind: "chunk"; readonly fetch: number }
  | { readonly kind: "break"; readonly fetch: number }
  | { readonly kind: "fail"; readonly fetch: number; readonly status: 502 | 504 }
  | { readonly kind: "advance"; readonly seconds: number }
  | { readonly kind: "invalidate"; readonly path: number }
  | { readonly kind: "configure"; readonly ttl: number; readonly isEnabled: boolean }
  | { readonly kind: "change"; readonly path: number };

/** One request to the origin, and what became of it. `…Order` count actions; they are what "before" means here. */
export interface Fetch {
  readonly id: number;
  readonly path: string;
  readonly variant: string;
  readonly gzip: boolean;
  readonly authorized: boolean;
  readonly method: string;
  readonly request: OriginRequest;
  readonly began: number;
  state: "asked" | "sending" | "whole" | "broken" | "failed" | "given-up";
  headOrder: number;
  headAt: EpochMs;
  status: number;
  control: string | undefined;
  /** As it was configured when the viewer came who caused it: the request says which configuration it was made from. */
  readonly ttl: (typeof TTLS)[number];
  version: number;
  /** When its body was through. */
  wholeOrder: number;
  isPart: boolean;
}

export interface Viewer {
  readonly path: string;
  readonly variant: string;
  readonly method: "GET" | "HEAD" | "POST";
  readonly gzip: boolean;
  /** First and last byte. */
  readonly range: readonly [number, number] | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly order: number;
  readonly now: EpochMs;
  readonly isEnabled: boolean;
  answer: Answer | undefined;
  /** By the clock, which may have been set back since it asked. */
  answeredAt: EpochMs;
  received: Buffer;
  end: "open" | "whole" | "broken" | "left";
}

export interface Trace {
  readonly setup: Setup;
  readonly viewers: readonly Viewer[];
  readonly fetches: readonly Fetch[];
  readonly invalidations: readonly { readonly path: string; readonly order: number }[];
}

export function contentOf(path: string, variant: string, version: number, bytes: number): Buffer {
  const text = `${path} ${variant} ${version} `;
  return Buffer.alloc(bytes, text);
}

export function entityTag(path: string, variant: string, version: number): string {
  return `"${Buffer.from(`${path} ${variant}`).toString("hex")}-${version}"`;
}

interface Pending extends Fetch {
  settle: (outcome: OriginResponse | OriginFailure) => void;
  give: (chunk: Buffer | Error | undefined) => void;
  left: Buffer;
}

const QUIET_LOOKS = 3;

/** Room for three short responses, or for one that is long and a few short ones. */
const TIGHT_BYTES = { short: 9000, long: 620_000 } as const;

/** Plays the actions, then lets everything come to its end. What viewers got is the caller's to judge. */
export async function play(actions: readonly Action[], setup: Setup, watched?: WatchedStorage): Promise<Trace> {
  const { fidelity, bytes } = setup;
  let now = epochMs(Date.UTC(2026, 10, 20, 12));
  let order = 0;
  let number = 0;
  /** Index of those in force. */
  let ttls = 0;
  let isEnabled = true;
  const versions = new Map<string, number>();
  const viewers: Viewer[] = [];
  const leaving = new Map<Viewer, () => void>();
  /** Slow viewers who wait until they are told to read on. */
  const waitingToRead = new Map<Viewer, () => void>();
  let isEnding = false;
  const fetches: Pending[] = [];
  const invalidations: { path: string; order: number }[] = [];
  const faults: EdgeEvent[] = [];
  let inFlight = 0;

  const fetcher: OriginFetcher = {
    fetch(request, _signal, answered) {
      const asked = listFields(request.fields);
      inFlight++;
      fetches.push({
        id: fetches.length,
        path: request.target,
        variant: setup.cookies
          ? (/^v=(\w+)$/.exec(fieldOf(asked, "cookie") ?? "")?.[1] ?? "")
          : (fieldOf(asked, "x-variant") ?? ""),
        gzip: setup.compress && fieldOf(asked, "accept-encoding") === "gzip",
        authorized: fieldOf(asked, "authorization") !== undefined,
        method: request.method,
        request,
        began: order,
        state: "asked",
        headOrder: Number.POSITIVE_INFINITY,
        headAt: now,
        status: 0,
        control: undefined,
        ttl: TTLS[Number(fieldOf(asked, "x-ttls"))] ?? TTLS[0],
        version: 0,
        wholeOrder: Number.POSITIVE_INFINITY,
        isPart: false,
        settle: answered,
        give: () => undefined,
        left: Buffer.alloc(0),
      });
    },
    attempts: () => fetches.length,
    isCrowded: () => false,
    inFlight: () => inFlight,
    close: () => undefined,
  };
  const workers = watched === undefined ? WORKERS : 1;
  const edge = await openWorkers(
    (worker) => ({
      ...worker,
      settings: {
        domainSuffix: "cloudfront.localhost",
        publicHttpsPort: 7443,
        popName: "LCL50-P1",
        fidelity,
        allowPrivateOrigins: true,
        limits: setup.isTight
          ? { ...DEFAULT_LIMITS, cacheCapacityBytes: bytes > 10_000 ? TIGHT_BYTES.long : TIGHT_BYTES.short }
          : DEFAULT_LIMITS,
      },
      clock: { now: () => now },
      random: (count) => new Uint8Array(count).fill(number),
      countryOf: () => undefined,
      log: (event) => {
        if (event.level === "error") faults.push(event);
      },
      fetcher,
      ...(watched !== undefined && { storage: watched.storage }),
    }),
    workers,
  );

  const apply = (change: (at: FeedNumber) => Change): void => edge.apply([change(++number as FeedNumber)]);
  const configure = (): void => {
    const [MinTTL, DefaultTTL, MaxTTL] = TTLS[ttls] ?? TTLS[0];
    const behavior = {
      MinTTL,
      DefaultTTL,
      MaxTTL,
      AllowedMethods: ALL_METHODS,
      Compress: setup.compress,
      ForwardedValues: {
        QueryString: true,
        Cookies: { Forward: setup.cookies ? ("all" as const) : ("none" as const) },
        Headers: list(...(setup.cookies ? [] : ["X-Variant"]), ...(setup.authorization ? ["Authorization"] : [])),
      },
    };
    const CustomErrorResponses = list(
      ...(setup.errorPages ? ([404, 502, 503] as const) : []).map((ErrorCode) => ({
        ErrorCode,
        ResponsePagePath: PAGE_PATH,
        ResponseCode: "200" as const,
        ErrorCachingMinTTL: 10,
      })),
    );
    const origin = { CustomHeaders: list({ HeaderName: "X-TTLs", HeaderValue: String(ttls) }) };
    const distribution = published({ origin, behavior, config: { Enabled: isEnabled, CustomErrorResponses } }, 80);
    apply((at) => ({ kind: "distribution", number: at, distribution }));
  };
  const pick = <T>(from: readonly T[], index: number): T | undefined => from[index % Math.max(1, from.length)];
  const waiting = (): Pending[] => fetches.filter(({ state }) => state === "asked");
  const sending = (): Pending[] => fetches.filter(({ state }) => state === "sending");

  function answer(fetch: Pending, given: Extract<Action, { kind: "answer" }>): void {
    const { path, variant, request } = fetch;
    fetch.headOrder = order;
    fetch.headAt = now;
    fetch.control = CACHE_CONTROLS[given.control];
    fetch.version = versions.get(path) ?? 0;
    const tag = entityTag(path, variant, fetch.version);
    const conditions = listFields(request.fields);
    const asked = fieldOf(conditions, "if-none-match");
    const isSame = given.validates && asked === tag && given.status === 200;
    // A 304 that says nothing leaves what was said before: the model would have to know what that was.
    if (isSame) fetch.control ??= "max-age=10";
    const range = given.status === 200 && !isSame ? fieldOf(conditions, "range") : undefined;
    const ifRange = fieldOf(conditions, "if-range");
    const [, from = "", to = ""] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
    const isPart = from !== "" && given.tellsLength && (ifRange === undefined || ifRange === tag);
    fetch.isPart = isPart;
    fetch.status = isSame ? 304 : isPart ? 206 : given.status;
    const content = contentOf(path, variant, fetch.version, bytes);
    const last = Math.min(to === "" ? bytes - 1 : Number(to), bytes - 1);
    const isDone = given.status >= 200 && given.status < 400;
    if (fetch.method === "POST" && fidelity === "rfc9111" && isDone) invalidations.push({ path, order });
    fetch.left = isPart ? content.subarray(Number(from), last + 1) : content;
    const hasBody = fetch.status !== 304;
    fetch.state = hasBody ? "sending" : "whole";
    if (!hasBody) {
      fetch.wholeOrder = order;
      inFlight--;
    }
    fetch.settle({
      kind: "response",
      status: fetch.status,
      fields: [
        ["X-Fetch", String(fetch.id)],
        ["Date", formatHttpDate(now)],
        ["Vary", setup.cookies ? "Cookie" : "X-Variant"],
        ["Content-Type", "text/plain"],
        ["Set-Cookie", `owner=${variant}`],
        ...(given.status === 200 ? [["ETag", tag] as const] : []),
        ...(fetch.control === undefined ? [] : [["Cache-Control", fetch.control] as const]),
        ...(isPart ? [["Content-Range", `bytes ${from}-${last}/${bytes}`] as const] : []),
      ],
      length: hasBody && (given.tellsLength || isPart) ? fetch.left.length : undefined,
      body: hasBody ? bodyOf(fetch) : undefined,
    });
  }

  function bodyOf(fetch: Pending): { chunks: AsyncIterable<Uint8Array>; abort(): void } {
    const given: (Buffer | Error | undefined)[] = [];
    let wake: (() => void) | undefined;
    fetch.give = (chunk) => {
      given.push(chunk);
      wake?.();
    };
    const giveUp = (): void => {
      if (fetch.state !== "sending") return;
      fetch.state = "given-up";
      inFlight--;
      fetch.give(new Error("given up"));
    };
    return {
      abort: giveUp,
      chunks: {
        [Symbol.asyncIterator]: () => ({
          async next() {
            while (given.length === 0) await new Promise<void>((resolve) => (wake = resolve));
            const chunk = given.shift();
            if (chunk instanceof Error) throw chunk;
            return chunk === undefined ? { done: true, value: undefined } : { done: false, value: chunk };
          },
          async return() {
            giveUp();
            return { done: true, value: undefined };
          },
        }),
      },
    };
  }

  function chunk(fetch: Pending): void {
    const size = Math.min(bytes / CHUNKS, fetch.left.length);
    fetch.give(fetch.left.subarray(0, size));
    fetch.left = fetch.left.subarray(size);
    if (fetch.left.length > 0) return;
    fetch.state = "whole";
    fetch.wholeOrder = order;
    inFlight--;
    fetch.give(undefined);
  }

  function breakOff(fetch: Pending): void {
    fetch.state = "broken";
    inFlight--;
    fetch.give(new Error("the origin broke off"));
  }

  function fail(fetch: Pending, status: 502 | 504): void {
    fetch.state = "failed";
    fetch.status = status;
    fetch.headOrder = order;
    fetch.headAt = now;
    inFlight--;
    fetch.settle({ kind: "failure", status, reason: "origin-closed", fault: "origin", why: "simulated" });
  }

  function ask(given: Extract<Action, { kind: "ask" }>): void {
    const path = PATHS[given.path] ?? "/a";
    const variant = VARIANTS[given.variant] ?? "one";
    const part = bytes / RANGE_PARTS;
    const range = given.range && ([given.range[0] * part, given.range[1] * part] as const);
    const gzip = given.gzip && setup.compress;
    const ifNoneMatch = given.condition ? entityTag(path, variant, versions.get(path) ?? 0) : undefined;
    const viewer: Viewer = {
      path,
      variant,
      method: given.method,
      gzip,
      range,
      ifNoneMatch,
      order,
      now,
      isEnabled,
      answer: undefined,
      answeredAt: now,
      received: Buffer.alloc(0),
      end: "open",
    };
    viewers.push(viewer);
    const headers = {
      ...(ifNoneMatch !== undefined && { "If-None-Match": ifNoneMatch }),
      ...(range !== undefined && { Range: `bytes=${range[0]}-${range[1]}` }),
      ...(gzip && { "Accept-Encoding": "gzip" }),
      ...(given.authorized && { Authorization: "Basic eA==" }),
    };
    void receive(viewer, { from: edge, headers, slow: given.slow });
  }

  function post(given: Extract<Action, { kind: "post" }>): void {
    const path = PATHS[given.path] ?? "/a";
    const variant = VARIANTS[given.variant] ?? "one";
    const received = Buffer.alloc(0);
    const said = {
      range: undefined,
      ifNoneMatch: undefined,
      answer: undefined,
      answeredAt: now,
      gzip: false,
      received,
    };
    const viewer: Viewer = { path, variant, method: "POST", order, now, isEnabled, ...said, end: "open" };
    viewers.push(viewer);
    void receive(viewer, { from: edge, headers: {}, slow: false });
  }

  interface Receiving {
    readonly from: Edge;
    readonly headers: Readonly<Record<string, string>>;
    readonly slow: boolean;
  }

  async function receive(viewer: Viewer, { from, headers, slow }: Receiving): Promise<void> {
    const { method, path, variant } = viewer;
    // Where no cookies are forwarded this one is the viewer's secret.
    const own = { "X-Variant": variant, Cookie: setup.cookies ? `v=${variant}` : `secret=${viewers.length}` };
    viewer.answer = await from.respond(viewerRequest({ method, target: path, headers: { ...own, ...headers } }));
    viewer.answeredAt = now;
    const { body } = viewer.answer;
    if (body.kind === "bytes") viewer.received = Buffer.from(body.bytes);
    if (body.kind !== "stream" || method === "HEAD") {
      viewer.end = "whole";
      return;
    }
    const reader = body.chunks[Symbol.asyncIterator]();
    leaving.set(viewer, () => {
      viewer.end = "left";
      readOn(viewer);
      void reader.return?.();
    });
    try {
      for (;;) {
        const step = await reader.next();
        if (viewer.end === "left") return;
        if (step.done === true) break;
        viewer.received = Buffer.concat([viewer.received, step.value]);
        if (slow && !isEnding) await new Promise<void>((resolve) => waitingToRead.set(viewer, resolve));
      }
      viewer.end = "whole";
    } catch {
      if (viewer.end === "open") viewer.end = "broken";
    } finally {
      leaving.delete(viewer);
    }
  }

  function act(action: Action): void {
    switch (action.kind) {
      case "ask":
        return ask(action);
      case "post":
        return post(action);
      case "read":
        return readOn(pick([...waitingToRead.keys()], action.viewer));
      case "leave":
        return pick([...leaving.values()], action.viewer)?.();
      case "answer": {
        const fetch = pick(waiting(), action.fetch);
        return fetch && answer(fetch, action);
      }
      case "chunk": {
        const fetch = pick(sending(), action.fetch);
        return fetch && chunk(fetch);
      }
      case "break": {
        const fetch = pick(sending(), action.fetch);
        return fetch && breakOff(fetch);
      }
      case "fail": {
        const fetch = pick(waiting(), action.fetch);
        return fetch && fail(fetch, action.status);
      }
      case "advance":
        now = epochMs(now + action.seconds * 1000);
        return;
      case "invalidate": {
        const path = INVALIDATIONS[action.path] ?? "/*";
        invalidations.push({ path, order });
        const distribution = "E1" as DistributionId;
        const invalidation = { id: "I1" as InvalidationId, distribution, paths: [path] };
        return apply((at) => ({ kind: "invalidation", number: at, invalidation }));
      }
      case "configure":
        ttls = action.ttl;
        ({ isEnabled } = action);
        return configure();
      case "change": {
        const path = PATHS[action.path] ?? "/a";
        versions.set(path, (versions.get(path) ?? 0) + 1);
      }
    }
  }

  function readOn(viewer: Viewer | undefined): void {
    if (viewer === undefined) return;
    waitingToRead.get(viewer)?.();
    waitingToRead.delete(viewer);
  }

  /** What goes from worker to worker takes real time: an action is over when nothing has happened for a while. */
  async function untilQuiet(): Promise<void> {
    const seen = (): string =>
      JSON.stringify([
        viewers.map(({ end, received, answer: got }) => [end, received.length, got?.status]),
        fetches.map(({ state }) => state),
        inFlight,
      ]);
    for (let [before, quiet] = [seen(), 0]; quiet < QUIET_LOOKS; quiet++) {
      await pause(1);
      await turn();
      const after = seen();
      if (after !== before) quiet = -1;
      before = after;
    }
  }

  async function settle(): Promise<void> {
    for (let turns = 0; turns < 4; turns++) await turn();
    if (workers > 1) await untilQuiet();
    await watched?.idle();
    // Compression is done on other threads, in its own time.
    if (setup.compress && edge.counters().compressionsInFlight > 0) await pause(1);
  }

  configure();
  for (const action of actions) {
    order++;
    act(action);
    await settle();
  }
  isEnding = true;
  // To the end: origins answer well, and everybody must get theirs.
  for (let rounds = 0; viewers.some(({ end }) => end === "open") || inFlight > 0; rounds++) {
    assert.ok(rounds < 200, "somebody waits for ever");
    order++;
    for (const fetch of waiting()) {
      answer(fetch, { kind: "answer", fetch: 0, status: 200, control: 1, tellsLength: true, validates: true });
    }
    for (const fetch of sending()) chunk(fetch);
    for (const viewer of waitingToRead.keys()) readOn(viewer);
    await settle();
  }
  assert.deepEqual(faults, [], "the edge has no faults of its own");
  // What nobody reads any more may still be compressed for the cache.
  for (let rounds = 0; rounds < 200 && edge.counters().compressionsInFlight > 0; rounds++) await pause(1);
  const { fetchesInFlight, compressionsInFlight } = edge.counters();
  assert.deepEqual([fetchesInFlight, compressionsInFlight], [0, 0], "something is still in work");
  if (watched === undefined) {
    const distribution = "E1" as DistributionId;
    const invalidation = { id: "I2" as InvalidationId, distribution, paths: ["/*"] };
    apply((at) => ({ kind: "invalidation", number: at, invalidation }));
    const { storedResponses, storedBytes } = edge.counters();
    assert.deepEqual([storedResponses, storedBytes], [0, 0], "room is lost");
  }
  await edge.close();
  return { setup, viewers, fetches, invalidations };
}

export function fieldOf(fields: readonly (readonly [string, string])[], lowerName: string): string | undefined {
  return fields.find(([name]) => name.toLowerCase() === lowerName)?.[1];
}
