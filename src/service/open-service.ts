// The supervisor: settings in, a running service out. It holds the data directory, keeps a control process and an edge
// process running, and passes on what they have to say to each other. It does no work of its own that could fail, so that
// neither of the two can take the other along [D-0001].

import { fileURLToPath } from "node:url";
import { systemClock } from "../vocabulary/time.ts";
import { formatAuthority } from "./addresses.ts";
import { readCertificateFolder } from "./certificate-folder.ts";
import { openChild, type Child, type ChildStarted } from "./child.ts";
import { holdDataDirectory, openDataDirectory } from "./data-directory.ts";
import { rootFileOf } from "./local-authority.ts";
import { openLog } from "./log.ts";
import type { EdgeNews, ForEdge, FromEdge, PortSetting, ToEdge } from "./process-messages.ts";
import type { Settings } from "./settings.ts";

const CONTROL_PROGRAM = fileURLToPath(new URL("control-process.ts", import.meta.url));
const EDGE_PROGRAM = fileURLToPath(new URL("edge-process.ts", import.meta.url));
/** Lets spent buffers of long bodies be collected by count. [D-0015] */
const NODE_FLAGS = ["--expose-gc"];
/**
 * The C library's own first threshold, which it would raise for good with the first large piece that is freed: then the
 * pieces of stored bodies would no longer go back to the system one by one. Known on Linux only. [D-0015]
 */
const EDGE_ENVIRONMENT = { MALLOC_MMAP_THRESHOLD_: "131072", MALLOC_TRIM_THRESHOLD_: "1048576" };

export interface Service {
  /** `http://host:port` of the management API and of the edge, `https://…` of its other port; the first address of each. */
  readonly apiUrl: string;
  readonly edgeUrl: string;
  readonly edgeHttpsUrl: string;
  /** The certificate, in PEM, that viewers have to trust for the edge's own names. */
  readonly rootFile: string;
  readonly dataDirectory: string;
  /** Finishes what is in flight and closes everything. */
  stop(): Promise<void>;
}

export type ServiceOutcome =
  | { readonly kind: "running"; readonly service: Service }
  /** It was asked to stop before it was ready, and has stopped. */
  | { readonly kind: "stopped" }
  | { readonly kind: "failure"; readonly message: string };

/** `stopAsked` settles when the start is to be given up: the parts may be waiting for what never comes. */
export async function openService(
  settings: Settings,
  write: (line: string) => void,
  stopAsked: Promise<unknown>,
): Promise<ServiceOutcome> {
  const log = openLog({ level: settings.logLevel, clock: systemClock, write });
  const data = openDataDirectory(settings.dataDir);
  if (data.kind === "failure") return data;
  const [faulty] = readCertificateFolder(settings.certificatesDir, systemClock).faults;
  if (faulty !== undefined) return { kind: "failure", message: faulty };
  const hold = holdDataDirectory(data.directory);
  if (hold.kind === "failure") return hold;

  let isEdgeUp = false;
  const control: Child<EdgeNews> = openChild<ForEdge, EdgeNews>({
    name: "api",
    program: CONTROL_PROGRAM,
    settings,
    log,
    nodeFlags: NODE_FLAGS,
    onMessage: ({ message }) => edge.tell(message),
    // An edge outlives a control process, so a new one has to be told of it.
    onUp: () => {
      if (isEdgeUp) control.tell({ kind: "edge-up" });
    },
    onDown: () => undefined,
  });
  const edge: Child<ToEdge> = openChild<FromEdge, ToEdge>({
    name: "edge",
    program: EDGE_PROGRAM,
    settings,
    log,
    nodeFlags: NODE_FLAGS,
    environment: EDGE_ENVIRONMENT,
    onMessage: (message) => control.tell({ kind: "from-edge", message }),
    onUp: () => {
      isEdgeUp = true;
      control.tell({ kind: "edge-up" });
    },
    onDown: () => {
      isEdgeUp = false;
      control.tell({ kind: "edge-down" });
    },
  });

  const stop = async (): Promise<void> => {
    await Promise.all([edge.drain(), control.drain()]);
    hold.release();
  };
  const started = await Promise.race([stopAsked.then(() => undefined), bothStarted(control.started, edge.started)]);
  if (started === undefined) {
    await stop();
    return { kind: "stopped" };
  }
  const [api, viewers] = started;
  for (const outcome of [api, viewers]) {
    if (outcome.kind === "listening") continue;
    await stop();
    return outcome;
  }
  return {
    kind: "running",
    service: {
      apiUrl: urlOf(api, "apiPort"),
      edgeUrl: urlOf(viewers, "edgeHttpPort"),
      edgeHttpsUrl: urlOf(viewers, "edgeHttpsPort"),
      rootFile: rootFileOf(data.directory.path, settings.domainSuffix),
      dataDirectory: data.directory.path,
      stop,
    },
  };
}

function urlOf(started: ChildStarted, setting: PortSetting): string {
  const addresses = started.kind === "listening" ? started.addresses : [];
  const first = addresses.find((address) => address.setting === setting);
  if (first === undefined) return "";
  return `${setting === "edgeHttpsPort" ? "https" : "http"}://${formatAuthority(first.host, first.port)}`;
}

/** The edge cannot start without control: when one fails, the other is not waited for. */
async function bothStarted(
  control: Promise<ChildStarted>,
  edge: Promise<ChildStarted>,
): Promise<readonly [ChildStarted, ChildStarted]> {
  const bothIfFailed = async (started: Promise<ChildStarted>): Promise<readonly [ChildStarted, ChildStarted]> => {
    const outcome = await started;
    return outcome.kind === "failure" ? [outcome, outcome] : Promise.all([control, edge]);
  };
  return Promise.race([bothIfFailed(control), bothIfFailed(edge)]);
}
