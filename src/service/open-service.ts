// The supervisor: settings in, a running service out. It holds the data directory and the viewers' listening sockets, keeps a
// control process and the edge workers running, and passes on what they have to say to each other. It does no work of its own
// that could fail, so that none of them can take the others along [D-0001].

import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { systemClock } from "../vocabulary/time.ts";
import { formatAuthority } from "./addresses.ts";
import { readCertificateFolder } from "./certificate-folder.ts";
import { allListening, openChild, type Child } from "./child.ts";
import { listConsoleUrls } from "./console/console-addresses.ts";
import { holdDataDirectory, openDataDirectory } from "./data-directory.ts";
import { removeDeadSocketDirectories } from "./dead-sockets.ts";
import { finishImport } from "./finish-import.ts";
import { openEdgeWorkers, type EdgeWorkers } from "./edge-workers.ts";
import { rootFileOf } from "./local-authority.ts";
import { openLog, type Log } from "./log.ts";
import { openOperatorLine, type OperatorAnswer } from "./operator-line.ts";
import { describeReading, dropMovedCache, openTimeKeeper, type TimeKeeper, type TimeOutcome } from "./keep-time.ts";
import type {
  AskService,
  AskTime,
  ForControl,
  ForEdge,
  ListenAddress,
  PortSetting,
  ServiceState,
} from "./process-messages.ts";
import { openProcessWatch, workerName } from "./process-figures.ts";
import { takeOver } from "./reloaded-settings.ts";
import type { LogsNews, LogsWaiting } from "./logs-waiting.ts";
import { answerStatus } from "./service-status.ts";
import type { Settings } from "./settings.ts";
import { openSocketDirectory } from "./socket-directory.ts";
import { canSharePorts, findViewerAddresses } from "./viewer-sockets.ts";
import type { ServiceCounts } from "./worker-counts.ts";

const CONTROL_PROGRAM = fileURLToPath(new URL("control-process.ts", import.meta.url));
/** Workers whose supervisor was killed finish what they have; a little longer than that they are waited for. */
const LEFT_SECONDS = 5;
/** Lets spent buffers of long bodies be collected by count. [D-0015] */
const NODE_FLAGS = ["--expose-gc"];

export interface Service {
  /** `http://host:port` of the management API and of the edge, `https://…` of its other port; the first address of each. */
  readonly apiUrl: string;
  /** Where the console is, for a browser; none where it is off. */
  readonly consoleUrls: readonly string[];
  readonly edgeUrl: string;
  readonly edgeHttpsUrl: string;
  /** The certificate, in PEM, that viewers have to trust for the edge's own names. */
  readonly rootFile: string;
  readonly dataDirectory: string;
  /** Replaces the edge workers, so that they read settings and the operator's files again. No request is lost by it. */
  reload(): Promise<OperatorAnswer>;
  /** What all edge workers have counted since the start, also those that are gone: at most the last second of one that died is missing. */
  counts(): ServiceCounts;
  /** Finishes what is in flight and closes everything. */
  stop(): Promise<void>;
}

export type ServiceOutcome =
  | { readonly kind: "running"; readonly service: Service }
  /** It was asked to stop before it was ready, and has stopped. */
  | { readonly kind: "stopped" }
  | { readonly kind: "failure"; readonly message: string };

export interface ServiceOptions {
  readonly write: (line: string) => void;
  /** Settles when the start is to be given up: the parts may be waiting for what never comes. */
  readonly stopAsked: Promise<unknown>;
  /** The settings as they are now, where somebody may have changed their file; or what is wrong with them. */
  readonly readSettings: () => Settings | string;
}

export async function openService(first: Settings, options: ServiceOptions): Promise<ServiceOutcome> {
  let settings = first;
  const starting = async (): Promise<OperatorAnswer> => ({ kind: "failure", message: "the server is still starting" });
  let [reload, status] = [starting, starting];
  const log = openLog({
    level: settings.logLevel,
    format: settings.logFormat,
    clock: systemClock,
    processId: process.pid,
    write: options.write,
  });
  const data = openDataDirectory(settings.dataDir);
  if (data.kind === "failure") return data;
  const faulty = findFault(settings);
  if (faulty !== undefined) return { kind: "failure", message: faulty };
  const hold = holdDataDirectory(data.directory.path);
  if (hold.kind === "failure") return hold;
  await using opened = new AsyncDisposableStack();
  opened.defer(hold.release);
  const finished = finishImport(data.directory.path, ["server.lock"]);
  if (finished.kind === "failure") return finished;
  if (finished.kind === "finished")
    log("warn", "service", "an import that was cut off is finished: its state is served");

  const count = countWorkers(settings.workers, log);
  const addresses = await findViewerAddresses(settings, count > 1);
  if (addresses.kind === "failure") return addresses;
  opened.defer(() => addresses.first.letGo());
  let socketDirectory: string;
  try {
    const directory = openSocketDirectory();
    opened.defer(() => directory.remove());
    socketDirectory = directory.path;
    const line = await openOperatorLine(
      { dataDirectory: data.directory.path, socketDirectory },
      { reload: () => reload(), status: () => status() },
    );
    opened.defer(() => line.close());
    // Those of servers on other data directories; nobody waits for it.
    void removeDeadSocketDirectories((path) => {
      log("debug", "service", `${path} was left by a server that was killed: removed`);
    });
  } catch (error) {
    return { kind: "failure", message: error instanceof Error ? error.message : String(error) };
  }

  try {
    const left = await dropMovedCache(data.directory.path, settings.drainSeconds + LEFT_SECONDS);
    if (left !== undefined) {
      log("info", "service", "the last service ended while its clock was moved: its cache was dropped");
    }
  } catch (error) {
    return {
      kind: "failure",
      message: `the cache of a service whose clock was moved cannot be dropped: ${String(error)}`,
    };
  }
  let logs: LogsWaiting | undefined;
  let lives = 0;
  const nextLife = (): number => ++lives;
  const watch = settings.metrics === "off" ? undefined : openProcessWatch();
  opened.defer(() => watch?.close());
  const keeper: TimeKeeper = openTimeKeeper({
    machineClock: systemClock,
    aheadSecondsMax: settings.limits.testClockAheadSecondsMax,
    dataDirectory: data.directory.path,
    tellEdges: (time, forgets) => edges.setTime(time, forgets),
    tellControl: (time) => control.setTime(time, false),
    log,
  });
  const control: Child<ForControl> = openChild<ForEdge | AskService | AskTime | LogsNews, ForControl>({
    name: "api",
    program: CONTROL_PROGRAM,
    settings: () => settings,
    time: () => keeper.time(),
    log,
    nextLife,
    nodeFlags: NODE_FLAGS,
    onMessage(said) {
      if (said.kind === "for-edge") edges.tell(said.life, said.message);
      else if (said.kind === "ask-time") void answerTime(said);
      else if (said.kind === "logs-waiting") logs = said.logs;
      else control.tell({ kind: "service-state", question: said.question, state: stateNow() });
    },
    // Edges outlive a control process, so a new one has to be told of them.
    onUp: () => {
      for (const [life, slot] of edges.up()) control.tell({ kind: "edge-up", life, slot });
    },
    onDown: () => undefined,
  });
  const edges: EdgeWorkers = openEdgeWorkers({
    count,
    settings: () => settings,
    time: () => keeper.time(),
    log,
    nextLife,
    nodeFlags: NODE_FLAGS,
    socketDirectory,
    addresses,
    onMessage: (life, message) => control.tell({ kind: "from-edge", life, message }),
    onTraffic: (life, traffic) => control.tell({ kind: "worker-counted", life, traffic }),
    onUp: (life, slot) => control.tell({ kind: "edge-up", life, slot }),
    onDown: (life) => control.tell({ kind: "edge-down", life }),
  });
  opened.defer(async () => {
    await Promise.all([edges.drain(), control.drain()]);
  });

  async function answerTime({ question, change }: AskTime): Promise<void> {
    const outcome: TimeOutcome =
      change === undefined ? { kind: "time", reading: keeper.read() } : await keeper.change(change);
    control.tell({ kind: "time-told", question, outcome });
  }

  function stateNow(): ServiceState {
    const deaths = edges.deaths().map((times, slot) => [workerName(slot), times] as const);
    return {
      slots: count,
      workers: edges.states(),
      deaths: { api: control.deaths(), ...Object.fromEntries(deaths) },
      supervisor: watch?.read(),
      counts: edges.counts(),
    };
  }

  async function replaceWorkers(): Promise<OperatorAnswer> {
    const read = options.readSettings();
    const former = settings;
    const fault = typeof read === "string" ? read : findFault(read);
    if (typeof read === "string" || fault !== undefined) {
      return { kind: "failure", message: `nothing was reloaded: ${fault}` };
    }
    const { settings: taken, waiting } = takeOver(former, read);
    settings = taken;
    if (waiting.length > 0) log("warn", "service", `only a restart changes ${waiting.join(", ")}`);
    control.tell({ kind: "read-again", certificatesDir: settings.certificatesDir });
    const wrong = await edges.replaceAll();
    if (wrong === undefined) return { kind: "done", message: count === 1 ? "1 worker" : `${count} workers` };
    settings = former; // a worker that dies is started as the others run
    return { kind: "failure", message: `not every worker was replaced: ${wrong}` };
  }
  async function reloadNow(): Promise<OperatorAnswer> {
    log("info", "service", "reloading: the edge workers are replaced one by one");
    const answer = await replaceWorkers();
    if (answer.kind === "done") log("info", "service", `reloaded: ${answer.message}`);
    else log("error", "service", answer.message);
    return answer;
  }

  const started = await Promise.race([
    options.stopAsked.then(() => undefined),
    allListening([control.started, edges.started]),
  ]);
  if (started === undefined) return { kind: "stopped" };
  if (started.kind === "failure") return started;
  const urlOf = (setting: PortSetting): string => formatUrl(started.addresses, setting);
  const apiPort = started.addresses.find((address) => address.setting === "apiPort")?.port ?? first.apiPort;
  const consoleUrls = first.console === "off" ? [] : listConsoleUrls(apiPort, first.consoleAddresses);
  let last: Promise<unknown> = Promise.resolve();
  // One after the other: what was changed while one was under way is not missed.
  reload = () => {
    const next = last.then(reloadNow);
    last = next;
    return next;
  };
  const startedAtMs = systemClock.now();
  status = async () =>
    answerStatus({
      processId: process.pid,
      startedAtMs,
      dataDirectory: data.directory.path,
      addresses: started.addresses,
      consoleUrls,
      workers: { wanted: count, up: edges.up().size, silent: edges.silent() },
      counters: edges.counts().counters,
      ...(logs !== undefined && { logs }),
      ...(settings.testControls === "yes" && { testClock: describeReading(keeper.read()) }),
    });
  const running = opened.move();
  return {
    kind: "running",
    service: {
      apiUrl: urlOf("apiPort"),
      consoleUrls,
      edgeUrl: urlOf("edgeHttpPort"),
      edgeHttpsUrl: urlOf("edgeHttpsPort"),
      rootFile: rootFileOf(data.directory.path, settings.domainSuffix),
      dataDirectory: data.directory.path,
      reload: () => reload(),
      counts: () => edges.counts(),
      stop: () => running.disposeAsync(),
    },
  };
}

/** What would let every worker go on without a part of what the operator wants. */
function findFault(settings: Settings): string | undefined {
  return readCertificateFolder(settings.certificatesDir, systemClock).faults[0];
}

/** `asked` 0: one per core. */
function countWorkers(asked: number, log: Log): number {
  const count = asked === 0 ? availableParallelism() : asked;
  if (count === 1 || canSharePorts()) return count;
  log(
    asked === 0 ? "debug" : "warn",
    "service",
    "one edge worker runs: on this system several cannot listen on the same port",
  );
  return 1;
}

function formatUrl(addresses: readonly ListenAddress[], setting: PortSetting): string {
  const first = addresses.find((address) => address.setting === setting);
  if (first === undefined) return "";
  return `${setting === "edgeHttpsPort" ? "https" : "http"}://${formatAuthority(first.host, first.port)}`;
}
