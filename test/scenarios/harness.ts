// A page per scenario: what viewers ask, what the origin says when it is asked, what the viewers get. The edge is the
// real one, the origin a real server on a loopback socket, and time stands still unless a step moves it.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { SecureVersion } from "node:tls";
import { test } from "node:test";
import type { CacheStorage } from "../../src/edge/storage/cache-storage.ts";
import type { Edge, EdgeEvent } from "../../src/edge/edge.ts";
import type { EdgeSettings } from "../../src/edge/edge-settings.ts";
import type { LoadGuard } from "../../src/edge/overload/load-guard.ts";
import type { RecordLog } from "../../src/edge/record/recorder.ts";
import { newRequestMemo } from "../../src/edge/request-memo.ts";
import { answerFields, type Answer, type Field, type ViewerRequest } from "../../src/edge/transport/message.ts";
import { openSeveral, openWorkers, WORKERS } from "../support/workers.ts";
import type {
  CustomOriginConfig,
  CacheBehavior,
  CacheBehaviorSettings,
  DistributionConfig,
  Origin,
} from "../../src/model/distribution.ts";
import type { Change, PublishedDistribution } from "../../src/store/store.ts";
import type { AccountId, DistributionId, FeedNumber, InvalidationId } from "../../src/vocabulary/ids.ts";
import type { Fidelity } from "../../src/vocabulary/fidelity.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/vocabulary/limits.ts";
import { addSeconds, epochMs, seconds, type Clock, type EpochMs } from "../../src/vocabulary/time.ts";

// The configuration: complete, as the store publishes it, with one origin and everything else at its default.

export interface DistributionDraft {
  /** The server's setting; `cloudfront` where nothing is said. */
  readonly fidelity?: Fidelity;
  readonly id?: string;
  readonly account?: string;
  readonly label?: string;
  readonly origin?: Partial<Origin>;
  /** Laid over the origin's connection settings. */
  readonly connection?: Partial<CustomOriginConfig>;
  /** Laid over the default behavior; ForwardedValues member by member. */
  readonly behavior?: BehaviorDraft;
  readonly behaviors?: readonly (BehaviorDraft & { readonly PathPattern: string })[];
  readonly config?: Partial<DistributionConfig>;
  /** Certificates that the edge has beside its own. */
  readonly certificates?: readonly {
    readonly id: string;
    readonly account: string;
    readonly names: readonly string[];
  }[];
  /** The default behavior goes to a group: the origin under /first, and when that answers so, under /second. */
  readonly failsOverAt?: readonly number[];
}

export type BehaviorDraft = Partial<Omit<CacheBehaviorSettings, "ForwardedValues">> & {
  readonly ForwardedValues?: Partial<CacheBehaviorSettings["ForwardedValues"]>;
};

export function list<T>(...items: readonly T[]): { readonly Quantity: number; readonly Items?: readonly T[] } {
  return items.length === 0 ? { Quantity: 0 } : { Quantity: items.length, Items: items };
}

export const ALL_METHODS = {
  ...list("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"),
  CachedMethods: list("GET", "HEAD"),
};

function behaviorSettings(draft: BehaviorDraft = {}): CacheBehaviorSettings {
  return {
    TargetOriginId: "origin",
    TrustedSigners: { Enabled: false, Quantity: 0 },
    TrustedKeyGroups: { Enabled: false, Quantity: 0 },
    ViewerProtocolPolicy: "allow-all",
    AllowedMethods: { ...list("GET", "HEAD"), CachedMethods: list("GET", "HEAD") },
    SmoothStreaming: false,
    Compress: false,
    LambdaFunctionAssociations: list(),
    FunctionAssociations: list(),
    FieldLevelEncryptionId: "",
    GrpcConfig: { Enabled: false },
    MinTTL: 0,
    DefaultTTL: 86_400,
    MaxTTL: 31_536_000,
    ...draft,
    ForwardedValues: {
      QueryString: false,
      Cookies: { Forward: "none" },
      Headers: list(),
      QueryStringCacheKeys: list(),
      ...draft.ForwardedValues,
    },
  };
}

export function published(draft: DistributionDraft, originPort: number): PublishedDistribution {
  const origin: Origin = {
    Id: "origin",
    DomainName: "origin.localhost",
    OriginPath: "",
    CustomHeaders: list(),
    CustomOriginConfig: {
      HTTPPort: originPort,
      HTTPSPort: originPort,
      OriginProtocolPolicy: "http-only",
      OriginSslProtocols: list("TLSv1.2"),
      OriginReadTimeout: 30,
      OriginKeepaliveTimeout: 5,
      ...draft.connection,
    },
    ConnectionAttempts: 3,
    ConnectionTimeout: 10,
    OriginShield: { Enabled: false },
    OriginAccessControlId: "",
    ...draft.origin,
  };
  const config: DistributionConfig = {
    CallerReference: "scenario",
    Aliases: list(),
    DefaultRootObject: "",
    ...originsOf(origin, draft),
    DefaultCacheBehavior: behaviorSettings({
      ...(draft.failsOverAt !== undefined && { TargetOriginId: "group" }),
      ...draft.behavior,
    }),
    CacheBehaviors: list<CacheBehavior>(
      ...(draft.behaviors ?? []).map(({ PathPattern, ...rest }) => ({ ...behaviorSettings(rest), PathPattern })),
    ),
    CustomErrorResponses: list(),
    Comment: "",
    Logging: { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" },
    PriceClass: "PriceClass_All",
    Enabled: true,
    ViewerCertificate: { CloudFrontDefaultCertificate: true },
    Restrictions: { GeoRestriction: { RestrictionType: "none", Quantity: 0 } },
    WebACLId: "",
    HttpVersion: "http1.1",
    IsIPV6Enabled: true,
    ContinuousDeploymentPolicyId: "",
    Staging: false,
    ...draft.config,
  };
  return {
    id: (draft.id ?? "E1") as DistributionId,
    account: (draft.account ?? "000000000000") as AccountId,
    label: draft.label ?? "d1",
    config,
  };
}

function originsOf(
  origin: Origin,
  { failsOverAt }: DistributionDraft,
): Pick<DistributionConfig, "Origins" | "OriginGroups"> {
  if (failsOverAt === undefined) return { Origins: list(origin), OriginGroups: list() };
  return {
    Origins: list({ ...origin, OriginPath: "/first" }, { ...origin, Id: "second", OriginPath: "/second" }),
    OriginGroups: list({
      Id: "group",
      FailoverCriteria: { StatusCodes: list(...failsOverAt) },
      Members: list({ OriginId: "origin" }, { OriginId: "second" }),
    }),
  };
}

// The origin: answers as the step says, or lets the scenario hold the answer in its hands.

export interface OriginAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Bytes as they are, after which the origin closes; "" for an origin that is silent. */
  readonly raw?: string;
  /** By target, for what is not answered like the rest. */
  readonly at?: Readonly<Record<string, OriginAnswer>>;
  /** The origin knows ranges: a single one, on its If-Range, is answered 206 with it, or 416. */
  readonly ranges?: boolean;
  /** A WebSocket's handshake is accepted, and what comes then sent back as it is. */
  readonly echoes?: boolean;
  /** How it answers from the second request on. */
  readonly afterwards?: OriginAnswer;
}

export interface OriginAsked {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export type OriginHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface OriginServer {
  readonly port: number;
  readonly asked: readonly OriginAsked[];
  /** Answers everything from now on. */
  answer(answer: OriginAnswer | OriginHandler): void;
  /** Nobody is answered until the function is called that it returns. */
  hold(): () => void;
  /** Nothing listens any more. */
  stop(): Promise<void>;
  /** Listens again where it did, if it does not. */
  start(): Promise<void>;
}

export async function openOriginServer(host = "127.0.0.1", port = 0): Promise<OriginServer> {
  const asked: OriginAsked[] = [];
  let current: OriginAnswer | OriginHandler = {};
  const sockets = new Set<Socket>();
  let held: (() => void)[] | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    const seen = { method: request.method ?? "", target: request.url ?? "", headers: request.headers, body: "" };
    asked.push(seen);
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => (seen.body = Buffer.concat(chunks).toString("latin1")));
    if (typeof current === "function") return current(request, response);
    const answer = current.at?.[seen.target] ?? current;
    if (current.afterwards !== undefined) current = current.afterwards;
    const say = (): void => {
      if (answer.raw !== undefined) {
        if (answer.raw !== "") request.socket.end(answer.raw, "latin1");
        return;
      }
      const { status, headers, bytes } = answerAsSaid(answer, request);
      const isBodyless = status === 204 || status === 304;
      response.writeHead(status, {
        ...headers,
        ...(isBodyless ? {} : { "Content-Length": String(bytes.length) }),
      } as never);
      response.end(isBodyless ? undefined : bytes);
    };
    // After the request was read whole, as origins do.
    const sayInTurn = (): void => void (held === undefined ? say() : held.push(say));
    if (request.readableEnded || answer.raw !== undefined) sayInTurn();
    else request.on("end", sayInTurn);
  });
  server.on("upgrade", (request: IncomingMessage, socket: Socket) => {
    asked.push({ method: request.method ?? "", target: request.url ?? "", headers: request.headers, body: "" });
    socket.on("error", () => undefined);
    const isAccepted = typeof current !== "function" && current.echoes === true;
    if (!isAccepted) return void socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    const key = request.headers["sec-websocket-key"] ?? "";
    const accept = createHash("sha1").update(`${key}${WEBSOCKET_GUID}`).digest("base64");
    const lines = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`];
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
    socket.pipe(socket);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const listen = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(at, host, resolve);
    });
  await listen(port);
  const listening = (server.address() as AddressInfo).port;
  return {
    port: listening,
    asked,
    answer: (answer) => (current = answer),
    hold() {
      const waiting = (held = [] as (() => void)[]);
      return () => {
        held = undefined;
        for (const say of waiting) say();
      };
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
    start: async () => (server.listening ? undefined : listen(listening)),
  };
}

/** [RFC 6455 §1.3] */
const WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

function answerAsSaid(
  { status = 200, headers = {}, body = "", ranges = false }: OriginAnswer,
  request: IncomingMessage,
): { readonly status: number; readonly headers: OriginAnswer["headers"]; readonly bytes: Buffer } {
  const bytes = Buffer.from(body);
  const { range, "if-range": ifRange } = request.headers;
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(ranges ? (range ?? "") : "") ?? [];
  if (first === undefined || last === undefined || status !== 200) return { status, headers, bytes };
  if (ifRange !== undefined && ifRange !== headers["ETag"]) return { status, headers, bytes };
  const from = first === "" ? Math.max(0, bytes.length - Number(last)) : Number(first);
  const to = first === "" || last === "" ? bytes.length - 1 : Math.min(Number(last), bytes.length - 1);
  if (from > to) {
    return { status: 416, headers: { "Content-Range": `bytes */${bytes.length}` }, bytes: Buffer.alloc(0) };
  }
  const named = { ...headers, "Content-Range": `bytes ${from}-${to}/${bytes.length}` };
  return { status: 206, headers: named, bytes: bytes.subarray(from, to + 1) };
}

// The edge, and viewers that talk to it without a transport between.

export interface World extends AsyncDisposable {
  readonly edge: Edge;
  readonly origin: OriginServer;
  readonly events: readonly EdgeEvent[];
  now(): EpochMs;
  advance(by: number): void;
  publish(draft: DistributionDraft): void;
  apply(change: (number: FeedNumber) => Change): void;
  invalidate(...paths: readonly string[]): void;
  ask(request: Ask | string): Promise<Got>;
}

export interface Ask {
  readonly method?: string;
  readonly target: string;
  readonly host?: string;
  readonly scheme?: "http" | "https";
  readonly httpVersion?: ViewerRequest["httpVersion"];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: readonly string[];
  /** 198.51.100.7 unless given. */
  readonly from?: string;
  /** How the viewer shakes hands; then `scheme` is https. */
  readonly tls?: AskedHandshake;
  /** Sent once the answer is a 101, and as much read back. */
  readonly tunnel?: string;
}

export interface AskedHandshake {
  /** The host that it names; the request's unless given. `null`: none. */
  readonly name?: string | null;
  /** `TLSv1.2`, … */
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
}

export interface Got {
  readonly status: number;
  readonly fields: readonly Field[];
  field(lowerName: string): string | undefined;
  /** First word of X-Cache. */
  readonly result: string;
  readonly body: string;
  /** Set when the body broke off. */
  readonly brokeOff: boolean;
  /** Seen on a connection only: the edge closes it. */
  readonly closes?: boolean;
  /** What came back through a tunnel. */
  readonly tunnel?: string | undefined;
  /** Of a connection over TLS. */
  readonly tls?: ShakenHands | "refused" | undefined;
}

export interface ShakenHands {
  readonly protocol: string;
  /** `h2`, `http/1.1`, or "" where nothing was agreed on. */
  readonly application: string;
  /** Whether what was shown is for this name. */
  isFor(name: string): boolean;
}

export interface WorldSettings {
  readonly settings?: Partial<Omit<EdgeSettings, "limits">>;
  readonly limits?: Partial<Limits>;
  readonly storage?: CacheStorage;
  /** How many workers the edge has; 1 where what each has for itself is looked into. As the run says unless given. */
  readonly workers?: number;
  /** One worker is in its slot as each of several is, and may have a successor. */
  readonly isReplaceable?: true;
  readonly recordLogs?: readonly RecordLog[];
  readonly load?: LoadGuard;
}

/** Addresses of documentation networks, and where they are said to be. Others are nowhere. */
const TEST_COUNTRIES: Readonly<Record<string, string>> = {
  "192.0.2.1": "DE",
  "203.0.113.1": "FR",
  "203.0.113.2": "CI",
};

export async function openWorld(draft: DistributionDraft = {}, asked: WorldSettings = {}): Promise<World> {
  const origin = await openOriginServer();
  let now = epochMs(Date.UTC(2026, 10, 20, 12, 0, 0));
  let number = 0;
  const clock: Clock = { now: () => now };
  const events: EdgeEvent[] = [];
  let drawn = 0;
  const open = asked.isReplaceable === true ? openSeveral : openWorkers;
  const edge = await open(
    (place) => ({
      ...place,
      settings: {
        domainSuffix: "cloudfront.localhost",
        publicHttpsPort: 7443,
        popName: "LCL50-P1",
        fidelity: draft.fidelity ?? "cloudfront",
        allowPrivateOrigins: true,
        ...asked.settings,
        limits: { ...DEFAULT_LIMITS, ...asked.limits },
      },
      clock,
      random: (count) => Uint8Array.from({ length: count }, () => (drawn++ * 151) % 251),
      countryOf: (address) => TEST_COUNTRIES[address],
      log: (event) => events.push(event),
      ...(asked.storage !== undefined && { storage: asked.storage }),
      ...(asked.load !== undefined && { load: asked.load }),
      ...(asked.recordLogs !== undefined && { recordLogs: asked.recordLogs }),
    }),
    asked.workers ?? (asked.storage === undefined ? WORKERS : 1),
  );
  const world: World = {
    edge,
    origin,
    events,
    now: () => now,
    advance: (by) => (now = addSeconds(now, seconds(by))),
    apply: (change) => edge.apply([change(++number as FeedNumber)]),
    publish: (next) =>
      world.apply((at) => ({ kind: "distribution", number: at, distribution: published(next, origin.port) })),
    invalidate: (...paths) =>
      world.apply((at) => ({
        kind: "invalidation",
        number: at,
        invalidation: { id: "I1" as InvalidationId, distribution: (draft.id ?? "E1") as DistributionId, paths },
      })),
    ask: async (request) => readAnswer(await edge.respond(viewerRequest(request))),
    async [Symbol.asyncDispose]() {
      await edge.close();
      await origin.stop();
      assert.deepEqual(
        events.filter(({ level }) => level === "error"),
        [],
      );
    },
  };
  world.publish(draft);
  return world;
}

export function viewerRequest(asked: Ask | string): ViewerRequest {
  const ask = typeof asked === "string" ? readAsk(asked) : asked;
  const { target, host = "d1.cloudfront.localhost" } = ask;
  const question = target.indexOf("?");
  const fields: Field[] = [["Host", host], ...Object.entries(ask.headers ?? {})];
  return {
    method: ask.method ?? "GET",
    target,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? undefined : target.slice(question + 1),
    httpVersion: ask.httpVersion ?? "1.1",
    scheme: ask.scheme ?? "http",
    host,
    fields,
    field: (name) => fields.find((field) => field[0].toLowerCase() === name)?.[1],
    body: ask.body === undefined ? undefined : { length: ask.body.join("").length, chunks: chunksOf(ask.body) },
    viewerAddress: ask.from ?? "198.51.100.7",
    headBytes: 100,
    memo: newRequestMemo(),
  };
}

/** `GET /path` */
export function readAsk(text: string): Ask {
  const [method = "", target = ""] = text.split(" ");
  return { method, target };
}

async function* chunksOf(parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part, "latin1");
}

export async function readAnswer(answer: Answer): Promise<Got> {
  const chunks: Uint8Array[] = [];
  let brokeOff = false;
  if (answer.body.kind === "bytes") chunks.push(answer.body.bytes);
  if (answer.body.kind === "stream") {
    try {
      for await (const chunk of answer.body.chunks) chunks.push(chunk);
    } catch {
      brokeOff = true;
    }
  }
  const fields = answerFields(answer);
  const field = (lowerName: string): string | undefined =>
    fields.find(([name]) => name.toLowerCase() === lowerName)?.[1];
  return {
    status: answer.status,
    fields,
    field,
    result: (field("x-cache") ?? "").split(" ")[0] ?? "",
    body: Buffer.concat(chunks).toString("latin1"),
    brokeOff,
  };
}

/** Takes the origin's answers into the test's hands, one by one, in order of arrival. */
export function holdOrigin(world: World): { next(): Promise<ServerResponse> } {
  const waiting: ServerResponse[] = [];
  const wanted: ((response: ServerResponse) => void)[] = [];
  world.origin.answer((_request, response) => {
    const want = wanted.shift();
    if (want === undefined) waiting.push(response);
    else want(response);
  });
  return {
    next: () => {
      const arrived = waiting.shift();
      return arrived === undefined ? new Promise((resolve) => wanted.push(resolve)) : Promise.resolve(arrived);
    },
  };
}

// The scenario as a table.

/** Whole values, or what they match; `undefined` says that there is no such field. */
export type ExpectedFields = Readonly<Record<string, string | RegExp | undefined>>;

export interface Expected {
  readonly status?: number;
  readonly result?: string;
  readonly body?: string;
  /** Lower-case names. */
  readonly fields?: ExpectedFields;
  /** Text that the body holds. */
  readonly says?: string;
  /** What the origin was asked because of this step, as `GET /path`; [] for nothing. */
  readonly asked?: readonly string[];
  /** Fields of the last of those requests. */
  readonly askedWith?: ExpectedFields;
  /** How often fields of these lower-case names are there. */
  readonly times?: Readonly<Record<string, number>>;
  /** Names of all fields, in order. */
  readonly names?: readonly string[];
  /** The edge closes the connection after the answer. */
  readonly closes?: boolean;
  /** The body broke off. */
  readonly brokeOff?: boolean;
  /** The body without its content coding. */
  readonly decoded?: string;
  /** Of a multipart/byteranges body, in order. */
  readonly parts?: readonly { readonly range: string; readonly body: string }[];
  /** Body of the last request to the origin. */
  readonly askedBody?: string;
  /** What came back through the tunnel. */
  readonly tunnel?: string;
  readonly tls?: ExpectedHandshake;
}

/** `isFor`: a name that the certificate is for. */
export type ExpectedHandshake =
  | "refused"
  | { readonly protocol?: string; readonly application?: string; readonly isFor?: string };

/** Bytes as they are, for what is no request; `{host}` in them stands for the distribution's own name. */
export interface RawAsk {
  readonly raw: string;
}

export type Step =
  | {
      readonly viewer: Ask | RawAsk | string;
      readonly origin?: OriginAnswer | "unreachable";
      readonly expect: Expected;
    }
  | {
      /** All ask at once, each over a connection of its own; the origin answers when all have asked. */
      readonly together: readonly (Ask | string)[];
      readonly origin: OriginAnswer;
      /** How many of them reach the origin before it answers the first; 1 unless given. */
      readonly atOnce?: number;
      /** Of each of them; `asked` and `askedWith` are of all, and `results` are theirs, sorted. */
      readonly expect: Omit<Expected, "result"> & { readonly results?: readonly string[] };
    }
  | { readonly advanceSeconds: number }
  | { readonly invalidate: readonly string[] }
  | { readonly publish: DistributionDraft };

/** What was claimed so far, with its source. */
export const CLAIMS: { readonly claim: string; readonly source: string }[] = [];

/** `source` is the citation of what is claimed. test/behavior/rules.ts says which rule it shows. */
export function scenario(claim: string, source: string, draft: DistributionDraft, steps: readonly Step[]): void {
  CLAIMS.push({ claim, source });
  const name = `${claim} [${source}]`;
  if (process.env["WARMFRONT_BEHAVIOR"] !== undefined) return playElsewhere(name, draft, steps);
  test(name, async () => {
    // Imported here, because the stages stand on this file.
    const { openStage } = await import("../behavior/stage.ts");
    const { playAll } = await import("../behavior/play-steps.ts");
    await using stage = await openStage(draft);
    await playAll(stage, steps);
  });
}

const elsewhere: { readonly name: string; readonly draft: DistributionDraft; readonly steps: readonly Step[] }[] = [];

/** At an edge that is running somewhere, where time passes by itself: many at a time, as parts of one test for the page. */
function playElsewhere(name: string, draft: DistributionDraft, steps: readonly Step[]): void {
  if (elsewhere.push({ name: `behavior: ${name}`, draft, steps }) > 1) return;
  const concurrency = Number(process.env["WARMFRONT_BEHAVIOR_AT_ONCE"] ?? 1);
  test("behavior: a page", { concurrency }, async (page) => {
    await new Promise(setImmediate); // until the page is read to its end
    const { openStage, removeAll } = await import("../behavior/api-stage.ts");
    const { playAll } = await import("../behavior/play-steps.ts");
    await Promise.all(
      elsewhere.map((one) =>
        page.test(one.name, async (context) => {
          await using stage = await openStage(one.draft, one.steps);
          if (stage.whyNot === undefined) await playAll(stage, one.steps);
          else context.skip(stage.whyNot);
        }),
      ),
    );
    await removeAll();
  });
}

/** Where a scenario is played: behind a listener of this process, or at an edge that is running somewhere. */
export interface Stage extends AsyncDisposable {
  /** Set when the scenario cannot be played here: then it is not. */
  readonly whyNot?: string;
  readonly origin: Pick<OriginServer, "asked" | "answer" | "stop" | "hold">;
  advance(bySeconds: number): void | Promise<void>;
  publish(draft: DistributionDraft): void | Promise<void>;
  invalidate(...paths: readonly string[]): void | Promise<void>;
  /** Each number of a connection stands for a viewer of its own; 0 unless given. */
  ask(viewer: Ask | RawAsk, connection?: number): Promise<Got>;
  /** Resolves when this many who ask are at the edge, and this many at the origin, as far as can be told. */
  untilThere(viewers: number, atOrigin: number): Promise<void>;
  /** By how much an Age may be more than it says in the table, where time does not stand still. */
  readonly slackSeconds: number;
  /** Dates, host names and the viewer's address of the table as they are here. */
  told<T>(value: T): T;
}
