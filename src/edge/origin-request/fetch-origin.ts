// Asks an origin: one keep-alive pool per origin, bounded; both bodies streamed under back-pressure; every ending a value
// that says whose fault it was. Attempts are made as the real edge makes them: connecting is tried again for any method,
// anything later only for GET and HEAD. [CFDG RequestAndResponseBehaviorCustomOrigin]

import * as http from "node:http";
import * as https from "node:https";
import { isIP, type LookupFunction, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  DEFAULT_CIPHERS,
  rootCertificates,
  TLSSocket,
  type PeerCertificate,
  type SecureContextOptions,
} from "node:tls";
import type { Limits } from "../../vocabulary/limits.ts";
import type { Clock } from "../../vocabulary/time.ts";
import type { EffectiveOrigin, TlsVersion } from "../config/effective-config.ts";
import { connectionNames, endToEndFields } from "../end-to-end.ts";
import { combineField } from "../../http/field-list.ts";
import type { Field, RequestBody } from "../transport/message.ts";
import { noteSpent } from "../transport/spent-buffers.ts";
import { whyNotSwitched } from "../transport/websocket-handshake.ts";
import type { ReasonName } from "../viewer-response/reasons.ts";
import type { OriginRequest } from "./build-origin-request.ts";
import type { OriginFailure, OriginResponse, OriginTunnel } from "./origin-answer.ts";
import { VIEWERS_LEFT } from "./waiting-viewers.ts";
import { checkNames, describeTlsFault } from "./tls-faults.ts";
import {
  openOriginNames,
  type NameFailure,
  type NameOutcome,
  type OriginNames,
  type OriginNamesSettings,
} from "./origin-names.ts";

export interface OriginFetcher {
  /**
   * A tunnel is given only to a request with `upgrade`; anything but a good 101 is an answer like any other. `signal` gives
   * the fetch up, body or tunnel included.
   */
  fetch(request: OriginRequest, signal: AbortSignal): Promise<OriginTunnel | OriginResponse | OriginFailure>;
  /** How many requests were sent, attempts counted singly. */
  attempts(): number;
  /** Requests whose answer is not through. */
  inFlight(): number;
  close(): void;
}

export interface OriginFetcherSettings extends OriginNamesSettings {
  readonly originAuthorities?: readonly string[];
  readonly limits: OriginNamesSettings["limits"] &
    Pick<Limits, "originHeaderBytesMax" | "originBodyBytesMax" | "originConnectionsPerOriginMax">;
}

interface Failed extends OriginFailure {
  /** `connect`: nothing of the request was sent. `stale`: a kept-alive connection turned out to be closed. */
  readonly phase: "connect" | "stale" | "sent";
  /** The same would happen again: names that do not exist, certificates that do not hold, answers that are not HTTP. */
  readonly isLasting: boolean;
}

/**
 * The usual ones, at the level at which OpenSSL still signs with SHA-1: TLSv1 and TLSv1.1 have nothing else. An owner who
 * allows them accepts shorter keys with them.
 */
const OLD_TLS_CIPHERS = `${DEFAULT_CIPHERS}:@SECLEVEL=0`;
/** Hints that an origin may send before its answer. */
const INTERIM_RESPONSES_MAX = 16;
/** Of several addresses of a name, each but the last may take this part of ConnectionTimeout. */
const ADDRESS_SHARE = 4;
/** Pools beyond this number are dropped as soon as they are idle. */
const POOLS_MAX = 1000;

export function openOriginFetcher(settings: OriginFetcherSettings, clock: Clock): OriginFetcher {
  const pools = new Map<string, http.Agent>();
  const names = openOriginNames(settings, clock);
  const authorities =
    settings.originAuthorities === undefined ? undefined : [...rootCertificates, ...settings.originAuthorities];
  let attempts = 0;
  let inFlight = 0;

  function pool(origin: EffectiveOrigin, request: OriginRequest, keepAlive: boolean): http.Agent {
    const { domain, keepaliveTimeout, tlsVersions, families } = origin;
    const key = [request.scheme, domain, request.port, keepaliveTimeout, tlsVersions, families, keepAlive].join(" ");
    let agent = pools.get(key);
    if (agent === undefined) {
      if (pools.size >= POOLS_MAX) dropIdle(pools);
      const options = {
        keepAlive,
        maxSockets: settings.limits.originConnectionsPerOriginMax,
        maxFreeSockets: settings.limits.originConnectionsPerOriginMax,
        // Closes what is idle for longer; while a request runs our own timers count.
        ...(keepAlive ? { timeout: keepaliveTimeout * 1000 } : {}),
      };
      agent =
        request.scheme === "https"
          ? new https.Agent({
              ...options,
              ...tlsRange(tlsVersions),
              ...(authorities === undefined ? {} : { ca: authorities }),
            })
          : new http.Agent(options);
      pools.set(key, agent);
    }
    return agent;
  }

  return {
    async fetch(request, signal) {
      const { origin, method } = request;
      if (isIP(origin.domain) !== 0) {
        // An address is connected to without a look-up, so the look-up's check would not see it.
        const outcome = await names.resolve(origin.domain, "dualstack");
        if (outcome.kind === "failure") return nameFailure(outcome);
      }
      if (request.scheme === "https" && origin.tlsVersions.length === 0) {
        return failure(
          502,
          "origin-closed",
          "origin",
          "OriginSslProtocols allows SSLv3 only, which is not spoken here",
        );
      }
      const isRepeatable = method === "GET" || method === "HEAD";
      // A connection that the origin is just closing costs a repeatable request an attempt. Others cannot be repeated, so they get a new one.
      // A tunnel never comes back to a pool.
      let agent = pool(origin, request, isRepeatable && request.upgrade === undefined);
      const deadline = openDeadline(origin);
      let attemptsLeft = origin.connectionAttempts;
      let staleLeft = 1;
      for (;;) {
        attempts++;
        inFlight++;
        const outcome = await attempt(request, {
          agent,
          names,
          deadline,
          signal,
          headerBytesMax: settings.limits.originHeaderBytesMax,
          bodyBytesMax: request.isCaching ? settings.limits.originBodyBytesMax : Infinity,
          onClosed: () => void inFlight--,
        });
        if (outcome.kind === "tunnel") deadline?.end();
        if (outcome.kind !== "failure") return outcome;
        const mayRepeat = outcome.phase === "connect" || isRepeatable;
        if (outcome.phase === "stale" && staleLeft > 0) {
          // The others that were kept may have been closed with it: this request takes a new one.
          agent = pool(origin, request, false);
          staleLeft--;
        } else attemptsLeft--;
        if (!mayRepeat || outcome.isLasting || attemptsLeft <= 0 || signal.aborted || deadline?.isOver === true) {
          deadline?.end();
          return failure(outcome.status, outcome.reason, outcome.fault, outcome.why);
        }
      }
    },
    attempts: () => attempts,
    inFlight: () => inFlight,
    close() {
      names.close();
      for (const agent of pools.values()) agent.destroy();
      pools.clear();
    },
  };
}

/** What is offered: all from the lowest to the highest, as a ClientHello cannot leave one out without losing those above it. */
function tlsRange(versions: readonly TlsVersion[]): SecureContextOptions {
  const [minVersion, maxVersion] = [versions[0], versions.at(-1)];
  if (minVersion === undefined || maxVersion === undefined) return {};
  return { minVersion, maxVersion, ...(minVersion === "TLSv1.2" ? {} : { ciphers: OLD_TLS_CIPHERS }) };
}

/** A version that was offered and is not listed must not carry a request either. */
function unlistedVersion(socket: Socket, { tlsVersions }: EffectiveOrigin): string | undefined {
  const spoken = socket instanceof TLSSocket ? socket.getProtocol() : null;
  return spoken === null || tlsVersions.some((version) => version === spoken) ? undefined : spoken;
}

function dropIdle(pools: Map<string, http.Agent>): void {
  for (const [key, agent] of pools) {
    const isBusy = [agent.sockets, agent.requests].some((table) =>
      Object.values(table).some((list) => (list ?? []).length > 0),
    );
    if (isBusy) continue;
    agent.destroy();
    pools.delete(key);
  }
}

function failure(
  status: OriginFailure["status"],
  reason: ReasonName,
  fault: OriginFailure["fault"],
  why: string,
): OriginFailure {
  return { kind: "failure", status, reason, fault, why };
}

/** ResponseCompletionTimeout: one for all attempts and the body. [CFMODEL Origin] */
interface Deadline {
  isOver: boolean;
  /** Who is told when it is over: the latest. */
  call(over: (why: string) => void): void;
  end(): void;
}

function openDeadline({ completionTimeout }: EffectiveOrigin): Deadline | undefined {
  if (completionTimeout === undefined) return undefined;
  let tell: ((why: string) => void) | undefined;
  const timer = setTimeout(() => {
    deadline.isOver = true;
    tell?.(`the answer was not complete within ${completionTimeout} s`);
  }, completionTimeout * 1000);
  const deadline: Deadline = {
    isOver: false,
    call: (over) => (tell = over),
    end: () => clearTimeout(timer),
  };
  return deadline;
}

/** Connections that have come about, so that whoever gets one of them again need not wait for that. */
const usedSockets = new WeakSet<Socket>();

interface Means {
  readonly agent: http.Agent;
  readonly names: OriginNames;
  readonly deadline: Deadline | undefined;
  readonly signal: AbortSignal;
  readonly headerBytesMax: number;
  readonly bodyBytesMax: number;
  /** Called once per attempt, when its connection is free or gone. */
  readonly onClosed: () => void;
}

function attempt(request: OriginRequest, means: Means): Promise<OriginTunnel | OriginResponse | Failed> {
  const { origin, scheme, body } = request;
  const readMs = origin.readTimeout * 1000;
  return new Promise((resolve) => {
    let phase: Failed["phase"] = "connect";
    let viewerFault: unknown;
    let timedOut: string | undefined;
    let timer: NodeJS.Timeout | undefined;

    // Resolving has a time-out of its own: the one for connecting begins after it.
    let isResolving = false;
    const lookup: LookupFunction = (hostname, options, callback) => {
      isResolving = true;
      clearTimeout(timer);
      const resolved = (outcome: NameOutcome): void => {
        isResolving = false;
        if (outcome.kind === "failure") return callback(new UnusableName(outcome), "");
        if (!(sent instanceof Error) && !sent.destroyed) armConnect();
        const first = outcome.addresses[0];
        if (options.all === true) callback(null, [...outcome.addresses]);
        else callback(null, first?.address ?? "", first?.family);
      };
      void Promise.resolve(means.names.resolve(hostname, origin.families)).then(resolved);
    };
    let hasSocket = false;
    let isKept = false;
    let isSent = false;
    let isAnswered = false;
    let stopsUpload = false;
    const sent = openRequest(request, means, lookup);
    if (sent instanceof Error) {
      means.onClosed();
      return resolve(describe(sent, "sent", undefined));
    }

    const arm = (milliseconds: number, why: string): void => {
      clearTimeout(timer);
      if (isAnswered) return; // the body has a timer of its own
      timer = setTimeout(() => {
        timedOut = why;
        sent.destroy();
        leaveQueue(new Error(why));
      }, milliseconds);
    };
    // A request that waits for a connection says nothing when it is destroyed, not before its turn comes.
    const leaveQueue = (error: Error): void => {
      if (hasSocket) return;
      clearTimeout(timer);
      // Left in the queue it would stay for as long as all connections are in use, and any number like it.
      if (removeQueued(means.agent, sent)) closed();
      const left: unknown = means.signal.reason === VIEWERS_LEFT ? means.signal.reason : undefined;
      resolve(left === undefined ? describe(error, phase, timedOut) : describeViewerFault(left));
    };
    const armConnect = (): void => arm(origin.connectTimeout * 1000, `no connection within ${origin.connectTimeout} s`);
    const connected = (): void => {
      phase = isKept ? "stale" : "sent";
      isSent = true;
      arm(readMs, `no answer for ${origin.readTimeout} s`);
      // Nothing of the request goes out before: not even into a buffer that the handshake's end would flush.
      if (body === undefined) return void sent.end();
      sendBody(body, sent, {
        isWanted: () => !stopsUpload,
        whileSending: () => arm(readMs, `the origin took nothing of the body for ${origin.readTimeout} s`),
        whileReading: () => clearTimeout(timer),
      }).then(
        () => arm(readMs, `no answer for ${origin.readTimeout} s`),
        (error: unknown) => {
          viewerFault = error;
          sent.destroy();
        },
      );
    };

    sent.on("error", (error) => {
      clearTimeout(timer);
      const fault: unknown = means.signal.reason === VIEWERS_LEFT ? means.signal.reason : viewerFault;
      const isLeftOver = isKept && !isSent && timedOut === undefined;
      if (fault !== undefined) resolve(describeViewerFault(fault));
      else resolve(isLeftOver ? spoilt(error) : describe(error, phase, timedOut));
    });
    means.deadline?.call((why) => {
      timedOut = why;
      sent.destroy(new Error(why));
      leaveQueue(new Error(why));
    });
    const onAbort = (): void => leaveQueue(new Error("given up"));
    means.signal.addEventListener("abort", onAbort, { once: true });
    let isClosed = false;
    const closed = (): void => {
      if (isClosed) return;
      isClosed = true;
      means.signal.removeEventListener("abort", onAbort);
      means.onClosed();
    };
    sent.on("close", () => {
      clearTimeout(timer);
      if (isAnswered) means.deadline?.end();
      closed();
      resolve(describe(new Error("closed"), phase, timedOut));
    });
    sent.on("socket", (socket: Socket) => {
      hasSocket = true;
      // Node's own mark is not set on a connection that goes straight from one request to one that waits.
      isKept = usedSockets.has(socket);
      if (isKept) {
        // What has come unasked is read first: it would be taken for the answer to a request that is not even sent.
        setImmediate(() => void (sent.destroyed || connected()));
        return;
      }
      if (isResolving) clearTimeout(timer);
      else armConnect();
      const demote = (address: string): void => means.names.failed(address);
      socket.on("connectionAttemptFailed", demote).on("connectionAttemptTimeout", demote);
      socket.once(scheme === "https" ? "secureConnect" : "connect", () => {
        const unlisted = unlistedVersion(socket, origin);
        usedSockets.add(socket);
        if (unlisted === undefined) connected();
        else sent.destroy(new Error(`the origin speaks ${unlisted}, which OriginSslProtocols does not list`));
      });
    });
    let continues = 0;
    let interims = 0;
    sent.on("information", ({ statusCode, rawHeaders }) => {
      if (statusCode === 100) continues++;
      else if (!sent.destroyed) request.onInterim?.(statusCode, interimFields(rawHeaders));
      // One 100 (Continue) is allowed. [CFDG RequestAndResponseBehaviorCustomOrigin]
      if (++interims > INTERIM_RESPONSES_MAX || continues > 1) {
        sent.destroy(new Error(`the origin sent ${interims} interim responses`));
      }
    });
    sent.on("response", (received) => {
      if (sent.destroyed) return; // given up, with the answer in the same packet
      if (!isSent) return void sent.destroy(new Error("the origin answered before it was asked"));
      isAnswered = true;
      clearTimeout(timer);
      // It does not want the rest. Other answers may well be made from what is still coming. [RFC 9112 §9.3]
      stopsUpload = (received.statusCode ?? 0) >= 400;
      resolve(readResponse(received, sent, { request, gapMs: readMs, bodyBytesMax: means.bodyBytesMax }));
    });
    sent.on("upgrade", (received, socket, head) => {
      isAnswered = true;
      clearTimeout(timer);
      resolve(readSwitch(received, socket, head, request, means.signal));
    });
    // Waiting for a free connection of the pool takes no longer than an answer may.
    arm(readMs, NO_FREE_CONNECTION);
  });
}

/** Takes a request that will not be sent out of those that wait for a connection. `false`: it is not among them. */
function removeQueued({ requests }: http.Agent, sent: http.ClientRequest): boolean {
  // Node's types call them messages; they are requests.
  for (const [name, waiting] of Object.entries(requests as NodeJS.Dict<unknown[]>)) {
    const at = waiting?.indexOf(sent) ?? -1;
    if (waiting === undefined || at < 0) continue;
    waiting.splice(at, 1);
    // As Node leaves it: a name without requests is not there.
    if (waiting.length === 0) delete (requests as Record<string, unknown>)[name];
    return true;
  }
  return false;
}

function openRequest(request: OriginRequest, means: Means, lookup: LookupFunction): http.ClientRequest | Error {
  const { origin, scheme, port, method, target, fields, body } = request;
  const headers = fields.flatMap(([name, value]) => [name, value]);
  if (body !== undefined) {
    if (body.length === undefined) headers.push("Transfer-Encoding", "chunked");
    else headers.push("Content-Length", String(body.length));
  } else if (method === "POST" || method === "PUT" || method === "PATCH") headers.push("Content-Length", "0");
  try {
    const sent = (scheme === "https" ? https : http).request({
      agent: means.agent,
      host: origin.domain,
      port,
      method,
      path: target,
      headers,
      lookup,
      ...walkAddresses(origin),
      signal: means.signal,
      insecureHTTPParser: false,
      maxHeaderSize: means.headerBytesMax,
      ...(scheme === "https"
        ? {
            servername: isIP(request.serverName) === 0 ? request.serverName : "",
            checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
              checkNames([...new Set([request.serverName, origin.domain])], certificate),
          }
        : {}),
    });
    sent.maxHeadersCount = 0; // bounded in bytes; a bound in number would drop fields silently
    return sent;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Of the connect options below the request; its types do not know them. An address that is silent leaves the others their turn. [RFC 8305 §5] */
function walkAddresses({ connectTimeout }: EffectiveOrigin): object {
  const shareMs = Math.max(10, Math.floor((connectTimeout * 1000) / ADDRESS_SHARE));
  return { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: shareMs };
}

/** A switch that was not asked for, or that does not answer what was asked, gets nothing more from us. */
function readSwitch(
  received: http.IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { fields, upgrade }: OriginRequest,
  signal: AbortSignal,
): OriginTunnel | Failed {
  const answered = readFields(received.rawHeaders);
  const fault = upgrade === undefined ? "101 that nobody asked for" : whyNotSwitched(fields, answered);
  socket.on("error", () => undefined); // until its owner listens
  if (fault !== undefined || signal.aborted) {
    socket.destroy();
    return { ...failure(502, "origin-closed", "origin", fault ?? "the edge stops"), phase: "sent", isLasting: true };
  }
  const close = (): void => void socket.destroy();
  signal.addEventListener("abort", close);
  socket.on("close", () => signal.removeEventListener("abort", close));
  if (head.length > 0) socket.unshift(head);
  return {
    kind: "tunnel",
    fields: endToEndFields(answered, connectionNames(combineField(answered, "connection"))),
    far: socket,
  };
}

function readFields(raw: readonly string[]): Field[] {
  const fields: Field[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) fields.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  return fields;
}

interface Progress {
  readonly isWanted: () => boolean;
  readonly whileSending: () => void;
  readonly whileReading: () => void;
}

/** Throws when the viewer breaks off. Ends early, without a word, when the origin no longer takes anything. */
async function sendBody(body: RequestBody, sent: http.ClientRequest, progress: Progress): Promise<void> {
  progress.whileReading();
  let left = body.length ?? Infinity;
  for await (const chunk of body.chunks) {
    // A byte too many would be the beginning of the next request on the connection.
    if ((left -= chunk.length) < 0) throw new Error("the viewer's request body is longer than its length");
    if (sent.destroyed || !progress.isWanted()) return;
    if (!sent.write(chunk)) {
      progress.whileSending();
      await drained(sent);
    }
    progress.whileReading();
  }
  if (body.length !== undefined && left > 0) throw new Error("the viewer's request body is shorter than its length");
  if (!sent.destroyed && progress.isWanted()) sent.end();
}

function drained(sent: http.ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sent.off("drain", done);
      sent.off("close", done);
      resolve();
    };
    sent.on("drain", done);
    sent.on("close", done);
  });
}

/** How the body of a response is read. */
interface Reading {
  readonly request: OriginRequest;
  readonly gapMs: number;
  readonly bodyBytesMax: number;
}

function readResponse(
  received: http.IncomingMessage,
  sent: http.ClientRequest,
  reading: Reading,
): OriginResponse | Failed {
  const { request, bodyBytesMax } = reading;
  const all = readFields(received.rawHeaders);
  const coding = combineField(all, "transfer-encoding");
  const stated = coding === undefined ? combineField(all, "content-length") : undefined;
  const length = stated !== undefined && /^\d{1,15}$/.test(stated) ? Number(stated) : undefined;
  const status = received.statusCode ?? 0;
  const why =
    whyNotHttp(received, coding) ??
    (stated !== undefined && length === undefined ? `Content-Length is ${stated.slice(0, 100)}` : undefined) ??
    (length !== undefined && length > bodyBytesMax
      ? `its body has ${length} bytes, more than the ${bodyBytesMax} that may be cached`
      : undefined);
  if (why !== undefined) {
    sent.on("error", () => {}); // told below
    sent.destroy();
    return {
      ...failure(502, "origin-closed", "origin", `the origin's answer: ${why}`),
      phase: "sent",
      isLasting: true,
    };
  }
  const listed = connectionNames(combineField(all, "connection"));
  const hasBody = request.method !== "HEAD" && status !== 204 && status !== 304 && length !== 0;
  const isDelimited = coding !== undefined || length !== undefined;
  let fault: Error | undefined;
  // Of a body whose end is that of the connection, only this tells that it was cut.
  sent.on("error", (error) => (fault = error));
  if (!hasBody) received.resume(); // to its end, so that the connection goes back to the pool
  const isCut = (): boolean => fault !== undefined && !isDelimited && !request.takesTruncated;
  return {
    kind: "response",
    status,
    fields: endToEndFields(all, listed).filter(([name]) => name.toLowerCase() !== "content-length"),
    length,
    body: hasBody
      ? { chunks: readBody(received, sent, { ...reading, isCut }), abort: () => sent.destroy() }
      : undefined,
  };
}

/** What the parser lets through and we do not. */
function whyNotHttp(
  { httpVersion, statusCode = 0 }: http.IncomingMessage,
  coding: string | undefined,
): string | undefined {
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return `it is HTTP/${httpVersion}`;
  // Other classes than the five mean nothing that could be passed on. [RFC 9110 §15]
  if (statusCode < 200 || statusCode > 599) return `its status is ${statusCode}`;
  if (coding === undefined) return undefined;
  // Whoever sends this in HTTP/1.0 does not know what it means. [RFC 9112 §6.1]
  if (httpVersion === "1.0") return "it is HTTP/1.0 with a transfer coding";
  return coding.trim().toLowerCase() === "chunked" ? undefined : `its transfer coding is ${coding.slice(0, 100)}`;
}

function interimFields(raw: readonly string[]): Field[] {
  const all = readFields(raw);
  const listed = connectionNames(combineField(all, "connection"));
  return endToEndFields(all, listed).filter(([name]) => name.toLowerCase() !== "content-length");
}

/**
 * The pause that counts is the origin's: while the reader holds a chunk, no timer runs. Written out, because a generator
 * that was not started, or that waits, could not be given up at once.
 */
function readBody(
  received: http.IncomingMessage,
  sent: http.ClientRequest,
  { request, gapMs, bodyBytesMax, isCut }: Reading & { readonly isCut: () => boolean },
): AsyncIterable<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = received[Symbol.asyncIterator]();
  let bytes = 0;
  // What is left of either body is nobody's any more. Read to its end, also what has arrived, it leaves the connection to the pool.
  const end = (): void => {
    if (!received.readableEnded || !sent.writableFinished) sent.destroy();
  };
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      const timer = setTimeout(() => {
        received.destroy(new Error(`the origin paused for ${request.origin.readTimeout} s`));
      }, gapMs);
      try {
        const next = await chunks.next();
        if (next.done === true) {
          end();
          if (!received.complete || isCut()) throw new Error("the origin's response broke off");
          return next;
        }
        bytes += next.value.length;
        noteSpent(next.value.length);
        if (bytes > bodyBytesMax)
          throw new Error(`the body has more than the ${bodyBytesMax} bytes that may be cached`);
        return next;
      } catch (error) {
        sent.destroy();
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    async return() {
      end();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** Of a kept connection that was closed, or on which something came unasked: another one may be clean. */
function spoilt(error: Error): Failed {
  const why = `a kept connection was no longer good: ${error.message}`;
  return { ...failure(502, "origin-closed", "origin", why), phase: "stale", isLasting: false };
}

function describeViewerFault(error: unknown): Failed {
  const why = error instanceof Error ? error.message : String(error);
  return { ...failure(400, "viewer-body", "viewer", why), phase: "sent", isLasting: true };
}

/** Takes a name's failure through the socket that asked for it. */
class UnusableName extends Error {
  readonly failure: NameFailure;
  constructor(failure: NameFailure) {
    super(failure.why);
    this.failure = failure;
  }
}

function nameFailure({ cause, why }: NameFailure): OriginFailure {
  return failure(502, cause === "refused" ? "origin-address" : "origin-dns", "origin", why);
}

const NO_FREE_CONNECTION = "no free connection to the origin";

function describe(
  error: Error & { readonly code?: unknown },
  phase: Failed["phase"],
  timedOut: string | undefined,
): Failed {
  const code = typeof error.code === "string" ? error.code : "";
  const made = (status: 502 | 503 | 504, reason: ReasonName, isLasting: boolean): Failed => ({
    ...failure(status, reason, "origin", timedOut ?? (code === "" ? error.message : `${code}: ${error.message}`)),
    // Only a reset says that a kept-alive connection was stale; silence on it is as slow as on any other.
    phase: phase === "stale" && (timedOut !== undefined || !RESET_FAULTS.has(code)) ? "sent" : phase,
    isLasting,
  });
  // The others are all busy: another wait would only make the queue longer.
  if (timedOut === NO_FREE_CONNECTION) return made(503, "capacity", true);
  // Not the origin's doing: it would be the same with any other, now and until somebody leaves.
  if (code === "EMFILE" || code === "ENFILE") {
    const why = `the edge has no file descriptor left for a connection (${code}): let it have more open files`;
    return { ...failure(503, "capacity", "origin", why), phase, isLasting: true };
  }
  if (timedOut !== undefined) return made(504, phase === "connect" ? "origin-connect" : "origin-closed", false);
  // Kept by the names for a while, so that the next attempt would hear the same.
  if (error instanceof UnusableName) return { ...nameFailure(error.failure), phase, isLasting: true };
  if (code.startsWith("HPE_")) {
    const what =
      code === "HPE_HEADER_OVERFLOW"
        ? "its header section is larger than originHeaderBytesMax"
        : "it is not right HTTP";
    const why = `the origin's answer: ${what} (${code}: ${error.message})`;
    return { ...failure(502, "origin-closed", "origin", why), phase: "sent", isLasting: true };
  }
  if (code === "ETIMEDOUT") return made(504, "origin-connect", false);
  const tls = phase === "connect" ? describeTlsFault(error) : undefined;
  if (tls !== undefined) return { ...failure(502, "origin-closed", "origin", tls), phase, isLasting: true };
  if (CONNECT_FAULTS.has(code)) return made(502, "origin-connect", false);
  // Certificates that do not hold and answers that are not HTTP will be the same next time.
  return made(502, "origin-closed", !RESET_FAULTS.has(code));
}

const CONNECT_FAULTS: ReadonlySet<string> = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"]);
const RESET_FAULTS: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);
