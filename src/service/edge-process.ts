// The program of an edge worker: opens the edge, follows the changes that control sends, and lets viewers in once it
// has caught up for the first time. It goes on serving while there is no control, and whatever becomes of the other workers.

import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { ACCESS_LOG_PREAMBLE } from "../edge/record/access-log-fields.ts";
import { openEdge, type Edge } from "../edge/edge.ts";
import { openLineLog } from "../edge/record/line-log.ts";
import { acceptHttp2 } from "../edge/transport/http2/http2-connection.ts";
import { openTicketKeys } from "../edge/transport/tls/ticket-keys.ts";
import type { ViewerCertificate } from "../edge/transport/tls/tls-acceptor.ts";
import { openConnectionCounts } from "../edge/transport/connection-counts.ts";
import { openViewerListener, type ViewerListener } from "../edge/transport/viewer-listener.ts";
import { seconds, systemClock, type Clock } from "../vocabulary/time.ts";
import { openLoadGuard } from "../edge/overload/load-guard.ts";
import { openAccessLogFile, type AccessLogFile } from "./access-log-file.ts";
import { isLoopback } from "./addresses.ts";
import { readBucketStores } from "./bucket-store-settings.ts";
import { readCertificateFolder } from "./certificate-folder.ts";
import { openCountries } from "./countries.ts";
import { RENEW_EVERY_MS as REPORTS_EVERY_MS } from "./edge-follower.ts";
import { runChild, tell, tellSurely } from "./in-child.ts";
import { describeListenError } from "./listen.ts";
import { openEdgeStorage, type EdgeStorage } from "./edge-storage.ts";
import { logFolders } from "./deliver-logs.ts";
import { openLocalAuthority } from "./local-authority.ts";
import type { Log } from "./log.ts";
import { openLogSpool, type LogSpool } from "./log-spool.ts";
import { fitConnections, readOpenFilesMax } from "./open-files.ts";
import { readOriginSettings } from "./origin-settings.ts";
import type {
  Counted,
  EdgeQuestion,
  EdgeReply,
  Figures,
  FromEdge,
  HeldSocket,
  ToEdge,
  WorkerPlace,
} from "./process-messages.ts";
import { openProcessWatch } from "./process-figures.ts";
import { openServiceSecret } from "./service-secret.ts";
import type { Settings } from "./settings.ts";
import { shareLimits } from "./share-limits.ts";
import { COUNTS_TOLD_EVERY_MS, openCountsNews } from "./worker-counts.ts";

interface Running {
  readonly settings: Settings;
  readonly place: WorkerPlace;
  readonly log: Log;
  readonly edge: Edge;
  readonly cache: EdgeStorage;
  /** `undefined`: none is wanted. */
  readonly accessLog: AccessLogFile | undefined;
  readonly spool: LogSpool;
  /** Looks whether the shared certificate is to be renewed. */
  readonly renewCertificate: () => Promise<void>;
  /** What it has counted and nobody was told yet. */
  readonly countsNews: () => Counted | undefined;
  listeners: readonly ViewerListener[];
}

let running: Running | undefined;
let failWith: (fault: unknown) => void = () => undefined;
let isOpeningListeners = false;
let isEnding = false;
/** The disk's part of the cache is there, as far as it comes to this process. */
let hasDisk = false;
/** What is stored is to be forgotten as soon as it is known. */
let isToForget = false;
/** In a row: control asks for a sign of life again and again, or is gone, and then nobody watches. */
let reportsMissed = 0;
const REPORTS_MISSED_MAX = 3;
/** What control said while the edge was being opened. */
let early: ToEdge[] = [];

const say = (message: FromEdge): void => tell(message);

/** How long the idle connections of a worker that is replaced may bring one more request, whose answer ends them. */
const IDLE_SECONDS = 2;

/** So long a worker that is replaced waits until its successor hears what it forgets; otherwise it keeps its disk to the end. */
const SUCCEEDED_WITHIN_MS = 1000;

/** How often the certificate for the edge's own names is looked after. */
const RENEW_EVERY_MS = 43_200_000;

/** The shared certificate, renewed while the edge runs; one that cannot be renewed is used on. */
async function openSharedCertificate(
  settings: Settings,
  log: Log,
  clock: Clock,
): Promise<{ readonly shared: () => ViewerCertificate; readonly renew: () => Promise<void> }> {
  const { dataDir, domainSuffix } = settings;
  const read = async (): Promise<ViewerCertificate> => {
    const { leaf, rootFile, isRootReplaced } = await openLocalAuthority(dataDir, domainSuffix, clock, systemClock);
    if (isRootReplaced)
      log("warn", "edge", `the root certificate ${rootFile} was about to expire or broken: trust the new one`);
    const names = [`*.${domainSuffix}`, domainSuffix];
    return { id: "shared", account: undefined, names, chain: leaf.certificate, key: leaf.key };
  };
  let current = await read();
  const renew = async (): Promise<void> => {
    try {
      const renewed = await read();
      // An object that is new is another certificate to the listener, and ends what it has prepared.
      if (renewed.chain !== current.chain) current = renewed;
    } catch (fault) {
      log("error", "edge", `could not renew the certificate: ${String(fault)}`);
    }
  };
  setInterval(() => void renew(), RENEW_EVERY_MS).unref();
  return { shared: () => current, renew };
}

async function openRunning(given: Settings, log: Log, place: WorkerPlace, clock: Clock): Promise<Running> {
  const settings = { ...given, limits: shareLimits(given.limits, place.count) };
  const countries = openCountries(settings);
  if (countries.kind === "failure") throw new Error(countries.message);
  const origins = readOriginSettings(settings);
  if (origins.kind === "failure") throw new Error(origins.message);
  const others = readBucketStores(settings);
  if (others.kind === "failure") throw new Error(others.message);
  const { shared, renew: renewCertificate } = await openSharedCertificate(settings, log, clock);
  const folder = readCertificateFolder(settings.certificatesDir, systemClock);
  for (const fault of folder.faults) log("error", "edge", fault);
  const accessLog = await openAccessLog(settings, log, place.isAfterDeath);
  const spool = openSpool(settings, log, place.count, clock);
  const cache = openEdgeStorage(settings, place, log);
  const edge = openEdge({
    place: { ...place, leftDirectory: cache.leftDirectory },
    storage: cache.storage,
    settings: {
      domainSuffix: settings.domainSuffix,
      publicHttpsPort: settings.publicHttpsPort === 0 ? settings.edgeHttpsPort : settings.publicHttpsPort,
      viewerCertificates: { shared, own: folder.certificates },
      edgeName: place.edgeName,
      popName: settings.edgeLocation,
      fidelity: settings.fidelity,
      ...(settings.debugHeaders !== "off" && { debugHeaders: settings.debugHeaders }),
      allowPrivateOrigins:
        settings.allowPrivateOrigins === "auto"
          ? isLoopback(settings.edgeHost)
          : settings.allowPrivateOrigins === "yes",
      ...origins.settings,
      otherStores: others.stores,
      serviceSecret: openServiceSecret(settings.dataDir),
      limits: settings.limits,
    },
    clock,
    machineClock: systemClock,
    countryOf: countries.countryOf,
    random: (count) => randomBytes(count),
    load: openLoadGuard({
      bounds: {
        turnMsMax: settings.limits.overloadTurnMillisecondsMax,
        patienceMs: settings.limits.overloadPatienceMilliseconds,
      },
      now: () => performance.now(),
      log: (level, why) => log(level, "edge", `overload: ${why}`),
    }),
    recordLogs: [
      ...(accessLog === undefined ? [] : [openLineLog(settings.edgeLocation, (line) => accessLog.append(line))]),
      spool,
    ],
    log({ level, event, requestId, why }) {
      // At a stop all workers end, one before the other.
      if (isEnding && event === "peer-gone") return;
      log(level, "edge", why, { event, ...(requestId !== undefined && { requestId }) });
    },
  });
  const takeNews = openCountsNews({
    counters: () => ({ ...edge.counters(), logLinesSpooled: spool.taken(), logLinesLost: spool.lost() }),
    takeTrafficNews: () => edge.takeTrafficNews(),
  });
  const countsNews = (): Counted | undefined => {
    const news = takeNews();
    return news && { kind: "counted", news };
  };
  return { settings, place, log, edge, cache, accessLog, spool, renewCertificate, countsNews, listeners: [] };
}

async function openAccessLog(
  { accessLog: path, limits }: Settings,
  log: Log,
  canWait: boolean,
): Promise<AccessLogFile | undefined> {
  if (path === "") return undefined;
  const file = await openAccessLogFile({
    path,
    preamble: ACCESS_LOG_PREAMBLE,
    pendingBytesMax: limits.accessLogPendingBytesMax,
    canWait,
    log: (level, message) => log(level, "edge", message),
  });
  setInterval(() => file.flush(), 1000).unref();
  return file;
}

function openSpool(
  { dataDir, edgeLocation, limits, logDeliverySeconds }: Settings,
  log: Log,
  workers: number,
  clock: Clock,
): LogSpool {
  const spool = openLogSpool({
    home: logFolders(dataDir).spoolFolder,
    popName: edgeLocation,
    pendingBytesMax: limits.accessLogPendingBytesMax,
    bytesMax: Math.floor(limits.accessLogSpoolBytesMax / 2 / workers),
    deliverySeconds: seconds(logDeliverySeconds),
    clock,
    log: (level, message) => log(level, "edge", message),
  });
  setInterval(() => spool.tick(), 1000).unref();
  return spool;
}

/** So long the first viewers wait for the other workers to be there: what is fetched before would be fetched again. */
const JOINED_WITHIN_MS = 500;

async function openListeners(on: Running): Promise<void> {
  const { settings, place, edge } = on;
  const tls = { choose: edge.chooseTls, ticketKeys: openTicketKeys(place.ticketSeed, systemClock), acceptHttp2 };
  const viewerConnectionsMax = fitConnections(settings.limits.viewerConnectionsMax, readOpenFilesMax());
  const counts = openConnectionCounts({ ...settings.limits, viewerConnectionsMax });
  if (edge.peers !== undefined) {
    await edge.peers.listen();
    // One that does not come is done without.
    await Promise.race([edge.peers.joined(), wait(JOINED_WITHIN_MS)]);
  }
  const listenAt = async ({ setting, host, port, descriptor }: HeldSocket): Promise<void> => {
    const listener = await openViewerListener({
      host,
      port,
      limits: settings.limits,
      clock: systemClock,
      respond: edge.respond,
      refuse: (refused) => edge.refuse(refused),
      log: edge.hear,
      onServed: edge.onServed,
      refusesHandshake: edge.refusesHandshake,
      counts,
      ...(descriptor !== undefined && { descriptor }),
      ...(setting === "edgeHttpsPort" && { tls }),
    });
    on.listeners = [...on.listeners, listener];
  };
  // In order: HTTPS is there when the other port's redirects lead to it.
  for (const socket of place.sockets) {
    try {
      await listenAt(socket);
    } catch (error) {
      throw new Error(describeListenError(error, socket.host, socket.port, socket.setting), { cause: error });
    }
  }
  tell({ kind: "listening", addresses: place.sockets });
}

async function replyTo(about: EdgeQuestion, { edge }: Running): Promise<EdgeReply> {
  if (about.kind === "trace") {
    const piece = edge.watch.findTrace(about.id, about.account);
    return { kind: "trace", ...(piece !== undefined && { piece }) };
  }
  if (about.kind === "count") return { kind: "count", count: await edge.countMatching(about.asked) };
  const explanation = await edge.explain(about.request, about.account);
  const { owner } = explanation;
  return { kind: "explanation", explanation, ...(owner !== undefined && { owner }) };
}

/** Whether what this worker forgets from now on is told to its successor, which owns the keys. */
function isSucceeded({ peers }: Edge): Promise<boolean> {
  const succeeded = peers?.succeeded().then(() => true);
  return Promise.race([succeeded ?? false, wait(SUCCEEDED_WITHIN_MS, false, { ref: false })]);
}

/** Of this process, for the metrics. */
function tellFigures(): void {
  const watch = openProcessWatch();
  const tellNow = (): void => {
    const message: Figures = { kind: "figures", figures: watch.read() };
    tell(message);
  };
  tellNow();
  setInterval(tellNow, COUNTS_TOLD_EVERY_MS).unref();
}

function hear(message: ToEdge, on: Running): void {
  switch (message.kind) {
    case "report":
      reportsMissed = 0;
      say({ kind: "in-force", through: on.edge.appliedThrough() });
      break;
    case "changes":
      on.edge.apply(message.changes);
      say({ kind: "in-force", through: on.edge.appliedThrough() });
      if (message.isCaughtUp && !isOpeningListeners) {
        isOpeningListeners = true;
        on.cache
          .takeDisk(on.edge)
          .then(() => {
            hasDisk = true;
            return isToForget ? on.edge.forgetAll() : undefined;
          })
          .then(() => openListeners(on))
          .catch(failWith);
      }
      break;
    case "buckets-at":
      on.edge.bucketsAt({ host: message.host, port: message.port });
      break;
    case "ask":
      replyTo(message.about, on)
        .then((reply) => say({ kind: "reply", question: message.question, reply }))
        .catch((fault: unknown) => on.log("error", "edge", `could not answer a question: ${String(fault)}`));
      break;
    case "tail": {
      const { tail, ask } = message;
      on.edge.watch.attach(tail, ask, (batch) => say({ kind: "tailed", tail, batch }));
      break;
    }
    case "tail-more":
      on.edge.watch.more(message.tail);
      break;
    case "tail-end":
      on.edge.watch.detach(message.tail);
      break;
    case "tail-none":
      on.edge.watch.detachAll();
      break;
  }
}

runChild<ToEdge>({
  async open(settings, log, fail, { place, clock }) {
    if (place === undefined) throw new Error("an edge process needs its place");
    failWith = fail;
    const opened = await openRunning(settings, log, place, clock);
    running = opened;
    setInterval(() => {
      const counted = opened.countsNews();
      if (counted !== undefined) tell(counted);
    }, COUNTS_TOLD_EVERY_MS).unref();
    if (settings.metrics !== "off") tellFigures();
    setInterval(() => {
      if (++reportsMissed >= REPORTS_MISSED_MAX) opened.edge.watch.detachAll();
    }, REPORTS_EVERY_MS).unref();
    for (const message of early) hear(message, opened);
    early = [];
  },
  onMessage(message) {
    if (running === undefined) early.push(message);
    else hear(message, running);
  },
  async onTime(forgets) {
    running?.edge.flushRecords();
    await Promise.all([running?.spool.timeMoved(forgets), forgets ? undefined : running?.renewCertificate()]);
    if (!forgets) return;
    if (hasDisk) await running?.edge.forgetAll();
    else isToForget = true;
  },
  async close(isReplaced) {
    isEnding = true;
    if (running === undefined) return;
    const { listeners, settings, edge, cache, accessLog, spool, countsNews } = running;
    // What is forgotten for the last viewers has to reach what lies on the disk, so only who has somebody to tell lets it go before.
    const isHeard = isReplaced && (await isSucceeded(edge));
    if (isHeard) await cache.letDiskGo();
    const { drainSeconds } = settings;
    const idleSeconds = isReplaced ? Math.min(IDLE_SECONDS, drainSeconds / 2) : 0;
    await Promise.all([
      ...listeners.map((listener) => listener.drain(drainSeconds, idleSeconds)),
      edge.peers?.drain(drainSeconds),
    ]);
    if (!isHeard) await cache.letDiskGo();
    edge.watch.flush();
    await edge.close();
    edge.flushRecords();
    await Promise.all([accessLog?.close(), spool.close()]);
    const counted = countsNews();
    if (counted !== undefined) await tellSurely(counted);
  },
});
