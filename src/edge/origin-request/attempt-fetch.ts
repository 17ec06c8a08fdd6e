// One attempt at a fetch: a connection, kept or new, then the request, then the head of what comes back. It has a time-out for
// each of them, and ends in a value whatever happens; its body goes on by itself (arriving-body.ts).

import { isIP, type LookupFunction, type Socket } from "node:net";
import type { Clock } from "../../vocabulary/time.ts";
import type { Field } from "../transport/message.ts";
import type { ArrivingBodyBounds } from "./arriving-body.ts";
import type { Wanting } from "./connection-pool.ts";
import type { DueTimes, Timed } from "./due-times.ts";
import {
  describeFault,
  describeViewerFault,
  NO_FREE_CONNECTION,
  spoilt,
  UnusableName,
  type Failed,
} from "./fetch-faults.ts";
import type { Deadline } from "./fetch-deadline.ts";
import type { ResponseHead } from "./http1-response-reader.ts";
import { openSocket, unlistedVersion } from "./open-socket.ts";
import type { OriginResponse, OriginTunnel } from "./origin-answer.ts";
import type { ArrivedBody, Exchange, OriginConnection } from "./origin-connection.ts";
import type { NameOutcome, OriginNames } from "./origin-names.ts";
import type { OriginPool } from "./origin-pools.ts";
import { ownRequestFields, type OriginRequest } from "./origin-request.ts";
import { readResponse, readSwitch } from "./read-origin-response.ts";
import { writeRequestHead, type WrittenHead } from "./request-head.ts";
import { sendBody } from "./send-body.ts";
import { VIEWERS_LEFT, type FetchSignal } from "./waiting-viewers.ts";

/** Hints that an origin may send before its answer. */
const INTERIM_RESPONSES_MAX = 16;

export interface AttemptMeans {
  readonly pool: OriginPool;
  /** A kept connection will not do. */
  readonly needsNew: boolean;
  readonly names: OriginNames;
  readonly dueTimes: DueTimes;
  readonly deadline: Deadline | undefined;
  readonly signal: FetchSignal;
  readonly bodyBytesMax: number;
  readonly clock: Clock;
  /** Called once per attempt. */
  onOutcome(outcome: AttemptOutcome): void;
  /** Called once per attempt, when its connection is free or gone. */
  onClosed(): void;
}

export type AttemptOutcome = OriginTunnel | OriginResponse | Failed;

export function attemptFetch(request: OriginRequest, means: AttemptMeans): void {
  new Attempt(request, means).begin();
}

class Attempt implements Wanting, Exchange, Timed {
  readonly #request: OriginRequest;
  readonly #means: AttemptMeans;
  readonly #readMs: number;
  readonly needsNew: boolean;
  readonly takesTruncated: boolean;
  #head: WrittenHead | undefined;
  #phase: Failed["phase"] = "connect";
  #connection: OriginConnection | undefined;
  /** What is armed: the connection, once it is ready. */
  #timed: Timed = this;
  #isKept = false;
  #isSent = false;
  #isSettled = false;
  #isOver = false;
  #stopsUpload = false;
  #viewerFault: unknown;
  #timedOut: string | undefined;
  /** What it is waited for, to be told when it has not come. */
  #waitsFor = "";
  #continues = 0;
  #interims = 0;
  #body: ArrivedBody | undefined;
  dueAtMs = Infinity;

  constructor(request: OriginRequest, means: AttemptMeans) {
    this.#request = request;
    this.#means = means;
    this.#readMs = request.origin.readTimeout * 1000;
    this.needsNew = means.needsNew;
    this.takesTruncated = request.takesTruncated;
  }

  get bounds(): ArrivingBodyBounds {
    const { dueTimes, bodyBytesMax } = this.#means;
    const gapWhy = `the origin paused for ${this.#request.origin.readTimeout} s`;
    return { dueTimes, gapMs: this.#readMs, gapWhy, bytesMax: bodyBytesMax };
  }

  begin(): void {
    const { signal, deadline, pool } = this.#means;
    try {
      this.#head = writeRequestHead(signed(this.#request, this.#means.clock));
    } catch (error) {
      this.#settle(describeFault(asError(error), "sent", undefined));
      return this.onOver();
    }
    if (signal.aborted) return this.handleEvent();
    signal.addEventListener("abort", this);
    deadline?.call((why) => this.#onDeadline(why));
    // Waiting for a free connection of the pool takes no longer than an answer may.
    if (!pool.take(this)) this.#arm(this.#readMs, NO_FREE_CONNECTION);
  }

  #arm(milliseconds: number, waitsFor: string): void {
    if (this.#isSettled) return; // the body has a time of its own
    this.#waitsFor = waitsFor;
    this.#means.dueTimes.arm(this.#timed, milliseconds);
  }

  #rest(): void {
    this.#means.dueTimes.rest(this.#timed);
  }

  /** From here on the connection is armed in its place. */
  #giveTime(connection: OriginConnection): void {
    this.#means.dueTimes.disarm(this);
    this.#timed = connection;
  }

  onDue(): void {
    this.#timedOut = this.#waitsFor;
    this.#giveUp(new Error(this.#waitsFor));
  }

  /** The signal has it given up. */
  handleEvent(): void {
    this.#giveUp(new Error("given up"));
  }

  #onDeadline(why: string): void {
    if (this.#isSettled) {
      if (this.#body?.kind === "stream") this.#body.body.breakOff(new Error(why));
      return;
    }
    this.#timedOut = why;
    this.#giveUp(new Error(why));
  }

  /** Whatever it is waiting for. */
  #giveUp(error: Error): void {
    if (this.#connection !== undefined) return this.#connection.destroy(error);
    this.#means.pool.leave(this);
    this.onFailed(error, true);
    this.onOver();
  }

  // The connection.

  onGranted(kept: OriginConnection | undefined): void {
    if (kept === undefined) return this.#open();
    this.#isKept = true;
    this.#connection = kept;
    this.#giveTime(kept);
    kept.take(this);
    // What has come unasked is read first: it would be taken for the answer to a request that is not even sent.
    afterReads(this);
  }

  #open(): void {
    const { pool, names } = this.#means;
    const { origin, isOperators } = this.#request;
    const isTunnel = this.#request.upgrade !== undefined;
    if (!isOperators && isIP(origin.domain) !== 0) {
      // An address is connected to without a look-up, so the look-up's check would not see it.
      const outcome = names.check(origin.domain);
      if (outcome.kind === "failure") {
        pool.decline();
        this.onFailed(new UnusableName(outcome), true);
        return this.onOver();
      }
    }
    this.#armConnect();
    try {
      this.#connection = pool.open((reading) =>
        openSocket(this.#request, this.#lookUp(), pool.tls, isTunnel ? undefined : reading),
      );
    } catch (error) {
      this.onFailed(asError(error), true);
      return this.onOver();
    }
    this.#connection.take(this);
    this.#watch(this.#connection.socket);
  }

  #watch(socket: Socket): void {
    const { names } = this.#means;
    const demote = (address: string): void => names.failed(address);
    socket.on("connectionAttemptFailed", demote).on("connectionAttemptTimeout", demote);
    socket.once(this.#request.scheme === "https" ? "secureConnect" : "connect", () => {
      const unlisted = unlistedVersion(socket, this.#request.origin);
      if (unlisted === undefined) this.send();
      else {
        this.#connection?.destroy(new Error(`the origin speaks ${unlisted}, which OriginSslProtocols does not list`));
      }
    });
  }

  #armConnect(): void {
    const { connectTimeout } = this.#request.origin;
    this.#arm(connectTimeout * 1000, `no connection within ${connectTimeout} s`);
  }

  /** Resolving has a time-out of its own: the one for connecting begins after it. */
  #lookUp(): LookupFunction {
    const { names, dueTimes } = this.#means;
    const { origin, isOperators } = this.#request;
    return (hostname, options, callback) => {
      const resolved = (outcome: NameOutcome): void => {
        if (outcome.kind === "failure") return callback(new UnusableName(outcome), "");
        if (this.#connection?.isGone !== true) this.#armConnect();
        const first = outcome.addresses[0];
        if (options.all === true) callback(null, [...outcome.addresses]);
        else callback(null, first?.address ?? "", first?.family);
      };
      dueTimes.rest(this);
      void Promise.resolve(names.resolve(hostname, origin.families, isOperators)).then(resolved);
    };
  }

  /** The connection is ready, and nothing of the request has gone out before: not even into a buffer. */
  send(): void {
    const connection = this.#connection;
    const head = this.#head;
    if (connection === undefined || head === undefined || this.#isOver) return;
    const { method, body, origin } = this.#request;
    this.#head = undefined;
    if (!this.#isKept) this.#giveTime(connection);
    this.#phase = this.#isKept ? "stale" : "sent";
    this.#isSent = true;
    this.#arm(this.#readMs, `no answer for ${origin.readTimeout} s`);
    connection.ask(method, head.text, head.withBody);
    if (body === undefined) return;
    sendBody(body, connection, {
      isWanted: () => !this.#stopsUpload,
      whileSending: () => this.#arm(this.#readMs, `the origin took nothing of the body for ${origin.readTimeout} s`),
      whileReading: () => {
        if (!this.#isSettled) this.#rest();
      },
    }).then(
      () => this.#arm(this.#readMs, `no answer for ${origin.readTimeout} s`),
      (error: unknown) => {
        this.#viewerFault = error;
        connection.destroy(asError(error));
      },
    );
  }

  // What comes back.

  onInterim(status: number, fields: readonly Field[]): void {
    if (status === 100) this.#continues++;
    else this.#request.onInterim?.(status, fields);
    // One 100 (Continue) is allowed. [CFDG RequestAndResponseBehaviorCustomOrigin]
    if (++this.#interims > INTERIM_RESPONSES_MAX || this.#continues > 1) {
      this.#connection?.destroy(new Error(`the origin sent ${this.#interims} interim responses`));
    }
  }

  onHead(head: ResponseHead, body: ArrivedBody): void {
    const { signal, bodyBytesMax } = this.#means;
    this.#body = body;
    const connection = this.#connection;
    if (head.status === 101 && connection !== undefined) {
      const outcome = readSwitch(head, connection, this.#request, signal);
      this.#settle(outcome);
      if (outcome.kind === "failure") connection.destroy();
      return this.onOver();
    }
    // It does not want the rest. Other answers may well be made from what is still coming. [RFC 9112 §9.3]
    this.#stopsUpload = head.status >= 400;
    this.#settle(readResponse(head, body, bodyBytesMax));
  }

  onFailed(error: Error, isUnanswered: boolean): void {
    const left: unknown = this.#means.signal.reason === VIEWERS_LEFT ? VIEWERS_LEFT : this.#viewerFault;
    if (left !== undefined) return this.#settle(describeViewerFault(left));
    if (this.#isKept && !this.#isSent && this.#timedOut === undefined) return this.#settle(spoilt(error));
    // What has begun to answer was there.
    const phase = this.#phase === "stale" && !isUnanswered ? "sent" : this.#phase;
    this.#settle(describeFault(error, phase, this.#timedOut));
  }

  onOver(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { signal, deadline, dueTimes } = this.#means;
    if (this.#timed === this) dueTimes.disarm(this);
    signal.removeEventListener("abort", this);
    if (this.#body !== undefined) deadline?.end();
    this.#means.onClosed();
  }

  #settle(outcome: AttemptOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#rest();
    this.#means.onOutcome(outcome);
  }
}

function signed(request: OriginRequest, clock: Clock): OriginRequest {
  return request.sign === undefined ? request : { ...request, fields: ownRequestFields(request.sign(clock.now())) };
}

let sending: Attempt[] = [];

/** Once all that has come in this turn of the event loop has been read. */
function afterReads(attempt: Attempt): void {
  if (sending.push(attempt) === 1) setImmediate(sendAll);
}

function sendAll(): void {
  const all = sending;
  sending = [];
  for (const attempt of all) attempt.send();
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
