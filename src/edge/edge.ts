// The edge as the service sees it: give it the feed's changes, let viewers' requests in, ask it to explain. It owns
// nothing but connections to origins, and the cache where none is handed in; listeners, the feed and the clock are handed in.

import assert from "node:assert/strict";
import type { Change, PublishedDistribution } from "../store/store.ts";
import type { AccountId, DistributionId, FeedNumber, RandomBytes } from "../vocabulary/ids.ts";
import type { Limits } from "../vocabulary/limits.ts";
import { epochMs, type Clock, type EpochMs } from "../vocabulary/time.ts";
import type { CacheStorage, InvalidatedPath } from "./storage/cache-storage.ts";
import type { CountAsked, MatchingCount } from "./storage/count-matching.ts";
import { applyChange, type Published } from "./apply-change.ts";
import { openBucketStores, type StoreAddress } from "./bucket-stores.ts";
import { openFlights } from "./cache/collapse.ts";
import { openPast } from "./cache/past.ts";
import { rememberingStorage } from "./cache/remembering-storage.ts";
import { openMemoryStorage } from "./storage/memory-storage.ts";
import { openCertificateTable } from "./certificate-table.ts";
import { openAccessControls } from "./config/access-controls.ts";
import { openTrustedKeys } from "./config/trusted-keys.ts";
import { openProvenSignatures } from "./viewer-request/signed/proven-signatures.ts";
import { openConfigTable } from "./config/config-table.ts";
import { newTally, type CountryOf, type EdgeParts } from "./edge-parts.ts";
import type { EdgeCounters } from "./edge-counters.ts";
import type { EdgeSettings } from "./edge-settings.ts";
import { explain } from "./explain/explain.ts";
import type { ExplainRequest } from "./explain/explained-request.ts";
import type { Explanation } from "./explain/explanation.ts";
import { openOriginFetcher, type OriginFetcher } from "./origin-request/fetch-origin.ts";
import { openEncoders } from "./origin-response/encoders.ts";
import { openCopyDirectory } from "./peers/copy-directory.ts";
import { announcingStorage } from "./peers/announcing-storage.ts";
import { EVERYTHING } from "./peers/channel-messages.ts";
import { openPeers, type OpenPeers, type PeerPlace } from "./peers/open-peers.ts";
import { ALWAYS } from "./peers/pulse.ts";
import { answerHere, lookUp, serve } from "./serve.ts";
import type { Answer, OnServed, Respond, ViewerRequest } from "./transport/message.ts";
import type { RefusalReason } from "./transport/refusals.ts";
import type { ChooseTls } from "./transport/tls/tls-acceptor.ts";
import { chooseCertificate } from "./viewer-request/choose-certificate.ts";
import type { TransportEvent } from "./transport/viewer-peer.ts";
import type { EffectiveDistribution } from "./config/effective-config.ts";
import { NO_GUARD, type LoadGuard } from "./overload/load-guard.ts";
import { openRecorder, type RecordLog } from "./record/recorder.ts";
import { openTraffic, type TrafficNews, type TrafficSnapshot } from "./record/traffic.ts";
import { openQuietLog, type WriteLine } from "./quiet-log.ts";
import { openTransportLog } from "./transport-log.ts";
import { openWatch, type Watch } from "./watch/open-watch.ts";
import { newWatching } from "./watching.ts";
import { answerMadeHere } from "./viewer-response/answer-made-here.ts";
import { answerOverloaded } from "./viewer-response/answer-overloaded.ts";
import { isHealthCheck } from "./viewer-response/answer-own-host.ts";
import type { ReasonName } from "./reasons.ts";
import { openRequestIds } from "./request-ids.ts";

/** One line for the operator's log. */
export interface EdgeEvent {
  readonly level: "info" | "warn" | "error";
  readonly event: string;
  /** The request's `X-Amz-Cf-Id`, when there is one. */
  readonly requestId?: string;
  readonly why: string;
}

/** A request that the codec could not or would not read. */
export interface RefusedMessage {
  readonly status: number;
  readonly reason?: RefusalReason;
  readonly method?: string;
}

export interface Edge extends AsyncDisposable {
  /** Applies the feed's steps in order. When it returns they are in force for every request that begins afterwards. */
  apply(changes: readonly Change[]): void;
  /** Number of the last applied step, 0 before the first. */
  appliedThrough(): FeedNumber;
  /** What is stored already was begun at positions up to this one: none below it is given out from now on. */
  continueFrom(position: FeedNumber): void;
  /** Where the service's bucket store listens from now on. */
  bucketsAt(address: StoreAddress): void;
  /** The way to the other workers; `undefined` where there are none. To be let in by `listen` before viewers are. */
  readonly peers: Pick<OpenPeers, "listen" | "joined" | "succeeded" | "drain"> | undefined;
  readonly respond: Respond;
  /** Forgets all that is stored of any distribution, in every worker; resolves when that is so. */
  forgetAll(): Promise<void>;
  /** The error page for a message that never became a request; the connection closes after it. */
  refuse(refused: RefusedMessage): Answer;
  /** What a viewer's handshake is made with. */
  readonly chooseTls: ChooseTls;
  /** Runs the pure stages on the live configuration; asks no origin and changes nothing. With `account`, others' distributions are unknown. */
  explain(request: ExplainRequest, account?: AccountId): Promise<Explanation>;
  /** What an invalidation of these paths would remove of what this worker has; of others' distributions nothing. */
  countMatching(asked: CountAsked): Promise<MatchingCount>;
  /** For the listeners: what happens on viewers' connections, to be counted and logged. */
  readonly hear: (event: TransportEvent) => void;
  /** For the listeners: whether a handshake would be one too many. It costs as much as a miss. */
  readonly refusesHandshake: () => boolean;
  /** For the listeners: how each answer ended, to be counted and written to the access logs. */
  readonly onServed: OnServed;
  /** Has written and told of what has ended and is gathered: before logs are closed. */
  readonly flushRecords: () => void;
  counters(): EdgeCounters;
  /** For those who look on while it serves. */
  readonly watch: Watch;
  /** What was served, per distribution. */
  traffic(): TrafficSnapshot;
  /** What of it is new since this was last asked. */
  takeTrafficNews(): TrafficNews | undefined;
  /** Aborts what is in flight and closes the connections to origins. */
  close(): Promise<void>;
}

export interface EdgeSurroundings {
  readonly settings: EdgeSettings;
  readonly clock: Clock;
  /** The machine's own, where `clock` may be moved away from it; left out: `clock` is. Stamps of the listeners are by this one. */
  readonly machineClock?: Clock;
  readonly random: RandomBytes;
  readonly countryOf: CountryOf;
  readonly log: (event: EdgeEvent) => void;
  /** Access logs that want lines. Left out: none, and no line is made. */
  readonly recordLogs?: readonly RecordLog[];
  /** Where this edge stands among the workers of its machine, with which it shares a cache; left out: there are no others. */
  readonly place?: PeerPlace;
  /** Says what is refused while more is asked than can be answered; nothing when it is left out. The edge closes it. */
  readonly load?: LoadGuard;
  /** A steady clock; the system's when it is left out. */
  readonly uptimeMs?: () => number;
  /** Where responses are stored; in memory when it is left out. The edge closes it. */
  readonly storage?: CacheStorage;
  /** Who asks origins; over the network when it is left out. The edge closes it. */
  readonly fetcher?: OriginFetcher;
}

/** Invalidations of the edge's own that are told apart between two steps of the feed; further ones share a position. */
const OWN_INVALIDATIONS_MAX = 2 ** 23;

/** In ten seconds: enough to see what is wrong with an origin, whose every failed request would otherwise be a line. */
const LINES_OF_AN_EVENT_MAX = 20;

export function openEdge(surroundings: EdgeSurroundings): Edge {
  const { settings, clock, random, countryOf, log } = surroundings;
  const { limits } = settings;
  const machineClock = surroundings.machineClock ?? clock;
  const isMovable = machineClock !== clock;
  const config = openConfigTable({
    domainSuffix: settings.domainSuffix,
    fidelity: settings.fidelity,
    limits,
    buckets: { otherStores: settings.otherStores ?? [], serviceSecret: settings.serviceSecret },
  });
  const accessControls = openAccessControls();
  const buckets = openBucketStores();
  const copies = openCopyDirectory(limits.cacheCopiesMax);
  const past = openPast(limits.explainMemoryBytes, () => clock.now());
  const own = rememberingStorage(surroundings.storage ?? openMemoryStorage(inMemoryOnly(limits)), past);
  const storage = surroundings.place === undefined ? own : announcingStorage(own, copies);
  const signing = { keys: openTrustedKeys(), proven: openProvenSignatures(limits) };
  const flights = openFlights();
  const fetcher = surroundings.fetcher ?? openOriginFetcher(settings, machineClock);
  const encoders = openEncoders(limits);
  const requestIds = openRequestIds(random);
  const tally = newTally();
  const traffic = openTraffic();
  const load = surroundings.load ?? NO_GUARD;
  const webOwner = (host: string): EffectiveDistribution | undefined => {
    const owner = config.find(host)?.owner;
    return owner?.kind === "web" ? owner.distribution : undefined;
  };
  const watching = newWatching();
  const edgeNumber = (surroundings.place?.slot ?? 0) + 1;
  const recorder = openRecorder({
    domainSuffix: settings.domainSuffix,
    edgeNumber,
    traffic,
    logs: surroundings.recordLogs ?? [],
    find: webOwner,
    watching,
  });
  const onServed = isMovable ? inServedTime(recorder.onServed, clock, machineClock) : recorder.onServed;
  const arrivalOf = isMovable
    ? (): EpochMs => clock.now()
    : ({ receivedAt }: ViewerRequest): EpochMs => receivedAt ?? clock.now();
  const transport = openTransportLog(machineClock, (level, event, why) => log({ level, event, why }));
  const write: WriteLine = (level, event, why, requestId = "") => log({ level, event, requestId, why });
  const seldom = openQuietLog(machineClock, 1, write);
  const bounded = openQuietLog(machineClock, LINES_OF_AN_EVENT_MAX, write);
  const closing = new AbortController();
  let through = 0 as FeedNumber;
  /** Since the last step of the feed. */
  let ownInvalidations = 0;
  const position = (): FeedNumber => (through + ownInvalidations / OWN_INVALIDATIONS_MAX / 2) as FeedNumber;

  const parts: EdgeParts = {
    clock,
    machineClock,
    domainSuffix: settings.domainSuffix,
    get publicHttpsPort() {
      return settings.publicHttpsPort;
    },
    limits,
    random,
    config,
    accessControls,
    buckets,
    countryOf,
    certificates: settings.viewerCertificates && openCertificateTable(settings.viewerCertificates),
    signing,
    storage,
    flights,
    past,
    fetcher,
    load,
    encoders,
    identity: {
      viaName: `${settings.edgeName ?? hex(random(16))}.cloudfront.net (CloudFront)`,
      popName: settings.popName,
    },
    tally,
    watching,
    closing: closing.signal,
    requestIds,
    countOrigin: (id, ms, hasFailed) => traffic.countOrigin(traffic.placeOf(id), ms, hasFailed),
    refreshing: new Set(),
    position,
    async forget(distribution, urls) {
      await (peers ?? { forget: forgetHere }).forget(distribution, urls);
    },
    get peers() {
      return peers;
    },
    get pulse() {
      return peers?.pulse ?? ALWAYS;
    },
    log: (level, event, requestId, why) => bounded(level, event, why, requestId),
    logSeldom: (level, event, requestId, why) => seldom(level, event, why, requestId),
  };

  /** In force when it returns, and for good when it resolves; with `false` what lies on the disk of another process is left to that. */
  async function forgetHere(distribution: DistributionId, urls: readonly string[]): Promise<boolean> {
    if (ownInvalidations < OWN_INVALIDATIONS_MAX) ownInvalidations++;
    // Another worker may have been away for too long to be told of each.
    for (const url of urls) {
      const isAll = url === EVERYTHING;
      invalidate({ distribution, path: isAll ? "/*" : url, isLiteral: !isAll }, position(), undefined);
    }
    return (await storage.invalidationsWritten?.()) ?? true;
  }

  /** Once per change, not per request: who reads the log must learn why viewers are refused. */
  function warnOfProtections({ id, label }: PublishedDistribution): void {
    for (const { pattern, protections } of webOwner(`${label}.${settings.domainSuffix}`)?.behaviors ?? []) {
      for (const { setting, why } of protections) {
        log({
          level: "warn",
          event: "not-enforced",
          why: `${id}, behavior ${pattern.text}, answers 403: ${setting}: ${why}`,
        });
      }
    }
  }

  /** `id`: of the API's invalidation; `undefined` for one of the edge's own. */
  function invalidate(invalidated: InvalidatedPath, number: FeedNumber, id: string | undefined): void {
    past.noteInvalidation({ id, invalidated, number });
    flights.invalidate(invalidated, number);
    storage.invalidate(invalidated, number);
  }

  function fault(error: unknown): Answer {
    const requestId = requestIds.next();
    tally.faults++;
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log({ level: "error", event: "fault", requestId, why });
    return answerMadeHere(500, "fault", parts, clock.now(), { requestId });
  }

  const published: Published = {
    config,
    keys: signing.keys,
    accessControls,
    certificates: parts.certificates,
    traffic,
    invalidate,
    onDistribution: warnOfProtections,
  };

  const peers: OpenPeers | undefined =
    surroundings.place &&
    openPeers(surroundings.place, {
      parts,
      copies,
      answerKeyed: (keyed, edge) => (watching.answerKeyed ?? lookUp)(keyed, edge),
      answerHere,
      fault,
      forgetHere,
      uptimeMs: surroundings.uptimeMs ?? (() => performance.now()),
    });

  const answerOf = (request: ViewerRequest): Answer | Promise<Answer> => serve(request, arrivalOf(request), parts);
  const watch = openWatch({
    watching,
    machineClock,
    edgeNumber,
    settle: recorder.flush,
    limits,
    parts,
    serve: answerOf,
    lookUp,
    find: webOwner,
    debug:
      settings.debugHeaders === undefined || settings.serviceSecret === undefined
        ? undefined
        : { shownTo: settings.debugHeaders, serviceSecret: settings.serviceSecret },
  });

  const edge: Edge = {
    peers,
    watch,
    apply(changes) {
      for (const change of changes) {
        try {
          applyChange(change, published);
        } catch (error) {
          // What cannot be compiled is not served: neither as it was before, nor half.
          if (change.kind === "distribution") config.remove(change.distribution.id);
          log({ level: "error", event: "change-not-applied", why: `change ${change.number}: ${String(error)}` });
        }
        if (change.number > through) {
          through = change.number;
          ownInvalidations = 0;
        }
      }
      peers?.onApplied();
    },
    appliedThrough: () => through,
    continueFrom(from) {
      const own = Math.ceil((from - through) * OWN_INVALIDATIONS_MAX * 2);
      ownInvalidations = Math.min(Math.max(ownInvalidations, own), OWN_INVALIDATIONS_MAX);
    },
    bucketsAt: (address) => void (buckets.own = address),
    respond(request) {
      tally.requests++;
      load.noteRequest();
      if (load.isPressed && load.refusesAll() && !isHealthCheck(request, parts)) {
        return answerOverloaded(webOwner(request.host), clock.now(), parts);
      }
      // The catch-all of this plane: a broken promise of our own costs one request, with its trace in the log.
      try {
        const answer =
          watching.respond === undefined ? serve(request, arrivalOf(request), parts) : watching.respond(request);
        return answer instanceof Promise ? answer.catch(fault) : answer;
      } catch (error) {
        return fault(error);
      }
    },
    async forgetAll() {
      await Promise.all(config.ids().map((id) => parts.forget(id, [EVERYTHING])));
    },
    refuse({ status, reason }) {
      const told = reason === "plain-http" ? reason : (REFUSED_REASONS[status] ?? "bad-request");
      return { ...answerMadeHere(status, told, parts, clock.now()), close: true };
    },
    chooseTls({ serverName }) {
      assert(parts.certificates !== undefined, "TLS without certificates");
      return chooseCertificate(serverName, config, parts.certificates);
    },
    countMatching: (asked) => storage.countMatching(asked),
    explain: (request, account) => explain(request, account, parts),
    hear: transport.hear,
    refusesHandshake() {
      load.noteRequest();
      return load.isPressed && load.refusesFetch();
    },
    onServed,
    flushRecords: recorder.flush,
    traffic: () => traffic.snapshot(),
    takeTrafficNews: () => traffic.takeNews(),
    counters() {
      const { originFailures, ...answers } = tally;
      return {
        ...answers,
        originRequests: fetcher.attempts(),
        originFailures,
        ...transport.counters(),
        ...encoders.counters(),
        ...storage.counters(),
        signaturesGood: signing.proven.verified.good,
        signaturesBad: signing.proven.verified.bad,
        distributions: config.countDistributions(),
        fetchesInFlight: fetcher.inFlight(),
      };
    },
    async close() {
      load[Symbol.dispose]();
      watch.detachAll();
      // Without an answer: then who asked for its own viewers goes on by itself.
      await peers?.close();
      closing.abort();
      fetcher.close();
      await storage.close();
    },
    [Symbol.asyncDispose]: () => edge.close(),
  };
  return edge;
}

/** What a disk may take in is too long for memory alone. */
const MEMORY_RESPONSE_BYTES_MAX = 67_108_864;

function inMemoryOnly(limits: Limits): Limits {
  return { ...limits, cacheResponseBytesMax: Math.min(limits.cacheResponseBytesMax, MEMORY_RESPONSE_BYTES_MAX) };
}

/** Stamps of the machine's time as served time: what took long took as long, also where the time stands still. */
function inServedTime(record: OnServed, clock: Clock, machineClock: Clock): OnServed {
  return (request, answer, headBytes, bodyBytes, startedAt, firstByteAt, outcome, endedAt) => {
    const shift = clock.now() - machineClock.now();
    const served = (instant: EpochMs): EpochMs => epochMs(instant + shift);
    const began = firstByteAt && served(firstByteAt);
    record(request, answer, headBytes, bodyBytes, served(startedAt), began, outcome, served(endedAt));
  };
}

const REFUSED_REASONS: Readonly<Record<number, ReasonName>> = {
  408: "request-timeout",
  413: "too-large",
  500: "fault",
  502: "origin-closed",
};

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
