// The supervisor: settings in, a running service out. It holds the data directory and the viewers' listening sockets, keeps a
// control process and the edge workers running, and passes on what they have to say to each other. It does no work of its own
// that could fail, so that none of them can take the others along [D-0001].

import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { systemClock } from "../vocabulary/time.ts";
import { formatAuthority } from "./addresses.ts";
import { readCertificateFolder } from "./certificate-folder.ts";
import { allListening, openChild, type Child } from "./child.ts";
import { holdDataDirectory, openDataDirectory } from "./data-directory.ts";
import { openEdgeWorkers, type EdgeWorkers } from "./edge-workers.ts";
import { rootFileOf } from "./local-authority.ts";
import { openLog, type Log } from "./log.ts";
import type { EdgeNews, ForEdge, ListenAddress, PortSetting } from "./process-messages.ts";
import type { Settings } from "./settings.ts";
import { openSocketDirectory, type SocketDirectory } from "./socket-directory.ts";
import { canSharePorts, findViewerAddresses } from "./viewer-sockets.ts";

const CONTROL_PROGRAM = fileURLToPath(new URL("control-process.ts", import.meta.url));
/** Lets spent buffers of long bodies be collected by count. [D-0015] */
const NODE_FLAGS = ["--expose-gc"];

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
  const hold = holdDataDirectory(data.directory.path);
  if (hold.kind === "failure") return hold;

  const count = countWorkers(settings.workers, log);
  const addresses = await findViewerAddresses(settings, count > 1);
  if (addresses.kind === "failure") {
    hold.release();
    return addresses;
  }
  let socketDirectory: SocketDirectory;
  try {
    socketDirectory = openSocketDirectory();
  } catch (error) {
    addresses.first.letGo();
    hold.release();
    return { kind: "failure", message: error instanceof Error ? error.message : String(error) };
  }

  let lives = 0;
  const nextLife = (): number => ++lives;
  const control: Child<EdgeNews> = openChild<ForEdge, EdgeNews>({
    name: "api",
    program: CONTROL_PROGRAM,
    settings: () => settings,
    log,
    nextLife,
    nodeFlags: NODE_FLAGS,
    onMessage: ({ life, message }) => edges.tell(life, message),
    // Edges outlive a control process, so a new one has to be told of them.
    onUp: () => {
      for (const [life, slot] of edges.up()) control.tell({ kind: "edge-up", life, slot });
    },
    onDown: () => undefined,
  });
  const edges: EdgeWorkers = openEdgeWorkers({
    count,
    settings: () => settings,
    log,
    nextLife,
    nodeFlags: NODE_FLAGS,
    socketDirectory: socketDirectory.path,
    addresses,
    onMessage: (life, message) => control.tell({ kind: "from-edge", life, message }),
    onUp: (life, slot) => control.tell({ kind: "edge-up", life, slot }),
    onDown: (life) => control.tell({ kind: "edge-down", life }),
  });

  const stop = async (): Promise<void> => {
    await Promise.all([edges.drain(), control.drain()]);
    socketDirectory.remove();
    hold.release();
  };
  const started = await Promise.race([stopAsked.then(() => undefined), allListening([control.started, edges.started])]);
  if (started === undefined) {
    await stop();
    return { kind: "stopped" };
  }
  if (started.kind === "failure") {
    await stop();
    return started;
  }
  const urlOf = (setting: PortSetting): string => formatUrl(started.addresses, setting);
  return {
    kind: "running",
    service: {
      apiUrl: urlOf("apiPort"),
      edgeUrl: urlOf("edgeHttpPort"),
      edgeHttpsUrl: urlOf("edgeHttpsPort"),
      rootFile: rootFileOf(data.directory.path, settings.domainSuffix),
      dataDirectory: data.directory.path,
      stop,
    },
  };
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
