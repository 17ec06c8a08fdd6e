// The program of the control process: opens the store and the folder of objects, serves the management API and the buckets, and
// lets the edge workers follow the feed. It alone waits for the disk [D-0001]. When it dies another takes its place; edges go on meanwhile.

import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { openObjectFiles, type ObjectFolder } from "../buckets/files/open-object-files.ts";
import type { Control } from "../control/context.ts";
import type { OtherStore } from "../edge/bucket-stores.ts";
import type { TracePiece } from "../edge/watch/traces.ts";
import type { Store } from "../store/store.ts";
import type { RandomBytes } from "../vocabulary/ids.ts";
import { seconds, systemClock, type Clock } from "../vocabulary/time.ts";
import { isLoopback, reachable } from "./addresses.ts";
import { answerApiPort } from "./answer-api-port.ts";
import { openApiListener, type ApiListener } from "./api-listener.ts";
import { openTimeQuestions } from "./ask-time.ts";
import { openAuditLog, type AuditLog } from "./audit-log.ts";
import { readCertificateFolder, type CertificateFolder } from "./certificate-folder.ts";
import { openCertificateIssuer } from "./certificate-issuer.ts";
import { consoleNames } from "./console/console-addresses.ts";
import { holdWhenFree, openDataDirectory } from "./data-directory.ts";
import { openLogsNews } from "./logs-waiting.ts";
import { logFolders, openLogDelivery, type LogDelivery } from "./deliver-logs.ts";
import { drawRandom } from "./draw-random.ts";
import { RENEW_EVERY_MS } from "./edge-follower.ts";
import { describeFault } from "./fault-in-words.ts";
import { openEdgeFollowers, type EdgeFollowers } from "./edge-followers.ts";
import { readBucketStores } from "./bucket-store-settings.ts";
import { openLogBuckets, type LogBuckets } from "./log-buckets.ts";
import { readOriginSettings } from "./origin-settings.ts";
import { runChild, tell } from "./in-child.ts";
import { listenAtAll } from "./listen.ts";
import { openLiveTraffic, type LiveTraffic } from "./live-traffic.ts";
import type { Log } from "./log.ts";
import { openStore } from "./open-store.ts";
import { openMetrics, type Metrics } from "./metrics/open-metrics.ts";
import { openBuckets } from "./open-buckets.ts";
import type { OwnAnswers } from "./own-paths.ts";
import type { WatchAnswers } from "./own-watch.ts";
import type { ForControl, ForEdge, ToEdge } from "./process-messages.ts";
import { openTails, type Tails } from "./tails.ts";
import { openServiceSecret } from "./service-secret.ts";
import type { Settings } from "./settings.ts";
import { openCertificateWatch } from "./watch-certificates.ts";

/**
 * Beyond the time to drain, for a control process whose supervisor was killed: it finishes what its callers are in the middle of,
 * and the files that it writes meanwhile would look like what a crash left.
 */
const PREDECESSOR_SECONDS = 5;

interface Running {
  readonly settings: Settings;
  readonly log: Log;
  readonly store: Store;
  readonly files: ObjectFolder;
  /** Lets the next control process begin. Held until the process ends, if only by this reference. */
  readonly release: () => void;
  readonly serviceSecret: Uint8Array;
  readonly random: RandomBytes;
  readonly metrics: Metrics;
  readonly tails: Tails;
  readonly traffic: LiveTraffic;
  /** `undefined`: none is wanted. */
  readonly auditLog: AuditLog | undefined;
  /** Ends the process, with a message for the operator. */
  readonly fail: (fault: unknown) => void;
  /** Served time: what of certificates is due. All else here goes by the machine's. */
  readonly clock: Clock;
  listeners: readonly ApiListener[];
}

let running: Running | undefined;
let followers: EdgeFollowers | undefined;
let delivery: LogDelivery | undefined;
let lookAtCertificates: () => Promise<void> = () => Promise.resolve();
const timeQuestions = openTimeQuestions(tell);
/** The operator's certificates; the edge tells of faults in their folder. */
let folder: CertificateFolder["certificates"] = [];
/** Of the operator's, which may have log buckets, too. */
let otherStores: readonly OtherStore[] = [];
/** Slots by life: edges may be up before the store is open. */
const edgesUp = new Map<number, number>();

async function open(
  settings: Settings,
  log: Log,
  fail: (fault: unknown) => void,
  { clock }: { readonly clock: Clock },
): Promise<void> {
  const data = openDataDirectory(settings.dataDir);
  if (data.kind === "failure") throw new Error(data.message);
  const hold = await holdWhenFree(data.directory.path, "control.lock", settings.drainSeconds + PREDECESSOR_SECONDS);
  if (hold.kind === "failure") throw new Error(hold.message);
  const opened = await openStore(data.directory);
  if (opened.kind === "failure") throw new Error(opened.message);
  const { store } = opened;
  const random = drawRandom();
  const files = await openObjectFiles({
    folder: join(data.directory.path, "objects"),
    random,
    reportFault: (fault) => log("warn", "buckets", `an object file stays behind: ${String(fault)}`),
  });
  const serviceSecret = openServiceSecret(data.directory.path);
  const { release } = hold;
  const auditLog = openAudit(settings, log);
  const metrics = openMetrics({
    distributionsMax: settings.limits.metricsDistributionsMax,
    tell,
    latestChange: () => store.feed.latest(),
    workerPositions: () => followers?.positions() ?? [],
    auditLinesLost: () => auditLog?.lost() ?? 0,
    logDelivery: () => delivery?.state(),
    clock: systemClock,
  });
  const traffic = openLiveTraffic({
    now: () => systemClock.now(),
    distributionsMax: settings.limits.liveDistributionsMax,
  });
  const tails = openTails({ limits: settings.limits, tell: tellEdge });
  running = {
    settings,
    log,
    store,
    files,
    release,
    serviceSecret,
    random,
    metrics,
    tails,
    traffic,
    auditLog,
    fail,
    clock,
    listeners: [],
  };
  for (const [life, slot] of edgesUp) tails.up(life, slot);

  const isLocal = isLoopback(settings.apiHost);
  if (!isLocal && (await store.credentials.listKeys(undefined)).length === 0) {
    throw new Error(
      `the API would listen on ${settings.apiHost}, where others can reach it, and there are no access keys: ` +
        `create one first with: npm run warmfront -- access-keys create --account 123456789012`,
    );
  }
  await listen(running, isLocal);
  follow(running);
  void cleanUp(running);
}

function openAudit({ auditLog: path, auditReads, limits }: Settings, log: Log): AuditLog | undefined {
  if (path === "") return undefined;
  const unknownCallersMax = limits.auditUnknownCallersMax;
  return openAuditLog({ path, hasReads: auditReads === "yes", unknownCallersMax, clock: systemClock, log });
}

/** What a crash left of objects goes while the store serves. */
async function cleanUp({ store, files, log }: Running): Promise<void> {
  try {
    const removed = await files.cleanUp((names) => store.buckets.filesInUse(names));
    if (removed > 0) log("info", "buckets", `removed ${removed} files that no object names`);
  } catch (fault) {
    log("error", "buckets", `could not clean up the object files: ${String(fault)}`);
  }
}

function readFolder(certificatesDir: string): void {
  folder = readCertificateFolder(certificatesDir, systemClock).certificates;
}

/** What is wrong with the file has been told, by whoever is asked to start or to reload; then it stays as it was. */
function readStores(settings: Settings): void {
  const read = readBucketStores(settings);
  if (read.kind === "ok") otherStores = read.stores;
}

async function listen(on: Running, isLocal: boolean): Promise<void> {
  const { settings, store, log, random, metrics, auditLog } = on;
  readFolder(settings.certificatesDir);
  const origins = readOriginSettings(settings);
  if (origins.kind === "failure") throw new Error(origins.message);
  readStores(settings);
  const control: Control = {
    store,
    clock: systemClock,
    random,
    limits: settings.limits,
    domainSuffix: settings.domainSuffix,
    consoleNames: consoleNames(settings.consoleAddresses),
    ownsCertificate: (account, id) => folder.some((one) => one.account === account && one.id === id),
    lookAtLogBucket: (bucket, caller) => logBuckets.look(bucket, caller),
    issueCertificate: openCertificateIssuer(settings.dataDir, systemClock),
    propagationDelay: seconds(settings.propagationDelaySeconds),
    isDefaultKeyAllowed: isLocal,
    ...(auditLog !== undefined && { audit: auditLog.write }),
    reportFault: (fault, requestId) => log("error", "api", `failed: ${describeFault(fault)}`, { requestId }),
  };
  const buckets = openBuckets({ ...on, isDefaultKeyAllowed: isLocal });
  const logBuckets = openLogBuckets(buckets.service, () => otherStores, {
    clock: systemClock,
    withinSeconds: seconds(settings.limits.logPutTimeoutSeconds),
    authorities: origins.settings.originAuthorities ?? [],
  });
  await deliverLogs(on, logBuckets);
  const answering = answerApiPort({
    settings,
    control,
    metrics,
    own: {
      explain,
      explainBucket: buckets.explain,
      explainLog,
      testControls:
        settings.testControls === "yes" ? { askTime: timeQuestions.ask, resetAll: () => resetAll(on) } : undefined,
    },
    watching: {
      tails: on.tails,
      traffic: on.traffic,
      trace,
      debugSecret: settings.debugHeaders === "off" ? undefined : on.serviceSecret,
    },
    console: {
      askBuckets: buckets.exchange.handle,
      edges: {
        countMatching: async (asked) => followers?.countMatching(asked),
        positions: () => followers?.positions() ?? [],
      },
    },
  });
  const listening = await listenAtAll(settings.apiHost, settings.apiPort, "apiPort", (host, port) =>
    openApiListener({
      host,
      port,
      limits: settings.limits,
      ...answering,
      buckets: buckets.exchange,
    }),
  );
  if (listening.kind === "failure") throw new Error(listening.message);
  on.listeners = listening.listeners;
  watchCertificates({ ...control, clock: on.clock }, log);
  tell({ kind: "listening", addresses: on.listeners.map(({ address }) => ({ ...address, setting: "apiPort" })) });
}

/** How often the delivery looks for what workers have gathered, and for buckets that may take files again. */
const DELIVER_EVERY_MS = 1000;

async function deliverLogs({ settings, log }: Running, buckets: LogBuckets): Promise<void> {
  const { dataDir, limits } = settings;
  const outboxBytesMax = Math.floor(limits.accessLogSpoolBytesMax / 2);
  const opened = await openLogDelivery({
    ...logFolders(dataDir),
    outboxBytesMax,
    buckets,
    clock: systemClock,
    log,
  });
  delivery = opened;
  const tellWaiting = openLogsNews(tell);
  const round = async (): Promise<void> => {
    await opened.look();
    tellWaiting(opened.state());
  };
  setInterval(() => void round(), DELIVER_EVERY_MS).unref();
}

/** So long whoever moves the time waits for what is due by it; then that goes on by itself. */
const DUE_WITHIN_MS = 5000;

/** So long a reset waits until no worker has anything any more. */
const RESET_WITHIN_MS = 10_000;

/** What anybody has made, what is stored and logged of it, and what was moved of the clock. */
async function resetAll({ store, files }: Running): Promise<string | undefined> {
  const freed = await store.clear(systemClock.now());
  await files.remove(freed.map((file) => ({ file, bytes: 0 })));
  const reached = followers?.reached(await store.feed.latest()).then(() => true);
  if (!(await Promise.race([reached, wait(RESET_WITHIN_MS, false, { ref: false })]))) {
    return "not every worker has heard in time that everything is gone; the server's log may say why";
  }
  const outcome = await timeQuestions.ask({ kind: "reset" });
  await delivery?.drop();
  return outcome.kind === "failure" ? outcome.message : undefined;
}

/** How often certificates are looked after: twice a day, so that a warning of the last day comes in it. */
const LOOK_EVERY_MS = 43_200_000;

function watchCertificates(control: Control, log: Log): void {
  const watch = openCertificateWatch(control, () => folder, log);
  lookAtCertificates = () =>
    watch.look().catch((fault: unknown) => log("error", "certificates", `could not be looked after: ${String(fault)}`));
  void lookAtCertificates();
  setInterval(() => void lookAtCertificates(), LOOK_EVERY_MS).unref();
}

const explainLog: OwnAnswers["explainLog"] = (id) => {
  const refused = delivery?.state().refused.find(({ distribution }) => distribution === id);
  if (refused === undefined) return undefined;
  const { bucket, files, why } = refused;
  const decision = `${files} ${files === 1 ? "file waits" : "files wait"} for the bucket ${bucket}`;
  return { stage: "access-log", decision, why, source: "[D-0035]" };
};

const explain: OwnAnswers["explain"] = async (request, account, edge) =>
  followers?.explain(request, account, edge) ?? { kind: "unanswered", why: "no edge answered; is it starting?" };

const trace: WatchAnswers["trace"] = async (id, account) => {
  const pieces = ((await followers?.trace(id, account)) ?? []).map((text) => JSON.parse(text) as TracePiece);
  return pieces.toSorted((one, other) => Number(one.role === "owner") - Number(other.role === "owner"));
};

function tellEdge(life: number, message: ToEdge): void {
  const forEdge: ForEdge = { kind: "for-edge", life, message };
  tell(forEdge);
}

function follow({ store, log, fail, listeners }: Running): void {
  followers = openEdgeFollowers({
    feed: store.feed,
    clock: systemClock,
    log,
    tell: tellEdge,
    // An edge lets viewers in as soon as it has caught up, so it is told first where the buckets are.
    greeting: () => listeners.slice(0, 1).map(({ address }) => ({ kind: "buckets-at", ...reachable(address) })),
    onUnreadable: fail,
    renewEveryMs: RENEW_EVERY_MS,
  });
  for (const [life, slot] of edgesUp) followers.up(life, slot);
}

runChild<ForControl>({
  open,
  onMessage(news) {
    switch (news.kind) {
      case "read-again":
        readFolder(news.certificatesDir);
        if (running !== undefined) readStores(running.settings);
        running?.auditLog?.reopen();
        break;
      case "time-told":
        timeQuestions.hear(news.question, news.outcome);
        break;
      case "service-state":
        running?.metrics.hear(news);
        break;
      case "worker-counted":
        running?.traffic.hear(news.life, news.traffic);
        break;
      case "edge-up":
        edgesUp.set(news.life, news.slot);
        followers?.up(news.life, news.slot);
        running?.tails.up(news.life, news.slot);
        break;
      case "edge-down":
        edgesUp.delete(news.life);
        followers?.down(news.life);
        running?.tails.down(news.life);
        running?.traffic.down(news.life);
        break;
      case "from-edge":
        if (news.message.kind === "tailed") running?.tails.hear(news.life, news.message.tail, news.message.batch);
        else followers?.hear(news.life, news.message);
        break;
    }
  },
  async onTime() {
    // Workers have handed on by now what was due.
    const done = Promise.all([delivery?.look().then(() => delivery?.look()), lookAtCertificates()]);
    await Promise.race([done, wait(DUE_WITHIN_MS, undefined, { ref: false })]);
  },
  async close() {
    if (running === undefined) return;
    const { listeners, settings, store, files, release, auditLog, tails } = running;
    tails.close();
    await Promise.all(listeners.map((listener) => listener.drain(settings.drainSeconds)));
    await delivery?.close();
    auditLog?.close();
    await followers?.close();
    await files[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    release();
  },
});
