// The program of an edge process: opens the edge, follows the changes that control sends, and lets viewers in once it
// has caught up for the first time. It goes on serving while there is no control.

import { randomBytes } from "node:crypto";
import { openEdge, type Edge } from "../edge/edge.ts";
import { acceptHttp2 } from "../edge/transport/http2/http2-connection.ts";
import { openTicketKeys, type ViewerCertificate } from "../edge/transport/tls/tls-acceptor.ts";
import { openConnectionCounts } from "../edge/transport/connection-counts.ts";
import { openViewerListener, type ViewerListener } from "../edge/transport/viewer-listener.ts";
import { systemClock } from "../vocabulary/time.ts";
import { isLoopback } from "./addresses.ts";
import { readBucketStores } from "./bucket-store-settings.ts";
import { readCertificateFolder } from "./certificate-folder.ts";
import { openCountries } from "./countries.ts";
import { runChild, tell } from "./in-child.ts";
import { listenAtAll } from "./listen.ts";
import { openLocalAuthority } from "./local-authority.ts";
import type { Log } from "./log.ts";
import { fitConnections, readOpenFilesMax } from "./open-files.ts";
import { readOriginSettings } from "./origin-settings.ts";
import type { EdgeQuestion, EdgeReply, FromEdge, ListenAddress, ToEdge } from "./process-messages.ts";
import { openServiceSecret } from "./service-secret.ts";
import type { Settings } from "./settings.ts";

interface Running {
  readonly settings: Settings;
  readonly log: Log;
  readonly edge: Edge;
  /** The port of HTTPS, which may be any free one. */
  httpsPort: number;
  listeners: readonly ViewerListener[];
}

let running: Running | undefined;
let isOpeningListeners = false;
/** What control said while the edge was being opened. */
let early: ToEdge[] = [];

const say = (message: FromEdge): void => tell(message);

/** How often the certificate for the edge's own names is looked after. */
const RENEW_EVERY_MS = 43_200_000;

/** The shared certificate, renewed while the edge runs; one that cannot be renewed is used on. */
async function openSharedCertificate(settings: Settings, log: Log): Promise<() => ViewerCertificate> {
  const { dataDir, domainSuffix } = settings;
  const read = async (): Promise<ViewerCertificate> => {
    const { leaf, rootFile, isRootReplaced } = await openLocalAuthority(dataDir, domainSuffix, systemClock);
    if (isRootReplaced)
      log("warn", "edge", `the root certificate ${rootFile} was about to expire or broken: trust the new one`);
    const names = [`*.${domainSuffix}`, domainSuffix];
    return { id: "shared", account: undefined, names, chain: leaf.certificate, key: leaf.key };
  };
  let current = await read();
  const renew = async (): Promise<void> => {
    const renewed = await read();
    // An object that is new is another certificate to the listener, and ends what it has prepared.
    if (renewed.chain !== current.chain) current = renewed;
  };
  setInterval(() => {
    renew().catch((fault: unknown) => log("error", "edge", `could not renew the certificate: ${String(fault)}`));
  }, RENEW_EVERY_MS).unref();
  return () => current;
}

async function openRunning(settings: Settings, log: Log): Promise<Running> {
  const countries = openCountries(settings);
  if (countries.kind === "failure") throw new Error(countries.message);
  const origins = readOriginSettings(settings);
  if (origins.kind === "failure") throw new Error(origins.message);
  const others = readBucketStores(settings);
  if (others.kind === "failure") throw new Error(others.message);
  const shared = await openSharedCertificate(settings, log);
  const folder = readCertificateFolder(settings.certificatesDir, systemClock);
  for (const fault of folder.faults) log("error", "edge", fault);
  const edge = openEdge({
    settings: {
      domainSuffix: settings.domainSuffix,
      get publicHttpsPort() {
        return settings.publicHttpsPort === 0 ? on.httpsPort : settings.publicHttpsPort;
      },
      viewerCertificates: { shared, own: folder.certificates },
      popName: settings.edgeLocation,
      fidelity: settings.fidelity,
      allowPrivateOrigins:
        settings.allowPrivateOrigins === "auto"
          ? isLoopback(settings.edgeHost)
          : settings.allowPrivateOrigins === "yes",
      ...origins.settings,
      otherStores: others.stores,
      serviceSecret: openServiceSecret(settings.dataDir),
      limits: settings.limits,
    },
    clock: systemClock,
    countryOf: countries.countryOf,
    random: (count) => randomBytes(count),
    log: ({ level, event, requestId, why }) =>
      log(level, "edge", `${event}${requestId === undefined ? "" : ` ${requestId}`}: ${why}`),
  });
  const on: Running = { settings, log, edge, httpsPort: settings.edgeHttpsPort, listeners: [] };
  return on;
}

async function openListeners(on: Running): Promise<void> {
  const { settings, edge } = on;
  const ticketKeys = openTicketKeys((count) => randomBytes(count), systemClock);
  const tls = { choose: edge.chooseTls, ticketKeys, acceptHttp2 };
  const viewerConnectionsMax = fitConnections(settings.limits.viewerConnectionsMax, readOpenFilesMax());
  const counts = openConnectionCounts({ ...settings.limits, viewerConnectionsMax });
  const addresses: ListenAddress[] = [];
  // HTTPS first: the other port's redirects lead there.
  for (const setting of ["edgeHttpsPort", "edgeHttpPort"] as const) {
    const listening = await listenAtAll(settings.edgeHost, settings[setting], setting, (host, port) =>
      openViewerListener({
        host,
        port,
        limits: settings.limits,
        clock: systemClock,
        respond: edge.respond,
        refuse: (refused) => edge.refuse(refused),
        log: edge.hear,
        counts,
        ...(setting === "edgeHttpsPort" && { tls }),
      }),
    );
    if (listening.kind === "failure") {
      tell({ kind: "failed", message: listening.message });
      process.exit(1);
    }
    on.listeners = [...on.listeners, ...listening.listeners];
    for (const { address } of listening.listeners) addresses.push({ ...address, setting });
    if (setting === "edgeHttpsPort") on.httpsPort = addresses[0]?.port ?? on.httpsPort;
  }
  tell({ kind: "listening", addresses });
}

function replyTo(about: EdgeQuestion, { edge }: Running): EdgeReply {
  return about.kind === "explain" ? edge.explain(about.request, about.account) : edge.counters();
}

function hear(message: ToEdge, on: Running): void {
  switch (message.kind) {
    case "report":
      say({ kind: "in-force", through: on.edge.appliedThrough() });
      break;
    case "changes":
      on.edge.apply(message.changes);
      say({ kind: "in-force", through: on.edge.appliedThrough() });
      if (message.isCaughtUp && !isOpeningListeners) {
        isOpeningListeners = true;
        void openListeners(on);
      }
      break;
    case "buckets-at":
      on.edge.bucketsAt({ host: message.host, port: message.port });
      break;
    case "ask":
      say({ kind: "reply", question: message.question, reply: replyTo(message.about, on) });
      break;
  }
}

runChild<ToEdge>({
  async open(settings, log) {
    const opened = await openRunning(settings, log);
    running = opened;
    for (const message of early) hear(message, opened);
    early = [];
  },
  onMessage(message) {
    if (running === undefined) early.push(message);
    else hear(message, running);
  },
  async close() {
    if (running === undefined) return;
    const { listeners, settings, edge } = running;
    await Promise.all(listeners.map((listener) => listener.drain(settings.drainSeconds)));
    await edge.close();
  },
});
