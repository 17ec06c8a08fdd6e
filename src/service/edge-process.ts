// The program of an edge process: opens the edge, follows the changes that the control process sends, and lets viewers
// in once it has caught up. Ends when it is told to drain, or when the control process is gone.

import { randomBytes } from "node:crypto";
import { openEdge, type Edge } from "../edge/edge.ts";
import { openViewerListener, type ViewerListener } from "../edge/transport/viewer-listener.ts";
import { systemClock } from "../vocabulary/time.ts";
import { isAddressMissing, isLoopback, listenHosts } from "./addresses.ts";
import type { EdgeQuestion, EdgeReply, FromEdge, ListenAddress, ToEdge } from "./edge-messages.ts";
import { describeListenError } from "./listen-error.ts";
import { openLog, type Log } from "./log.ts";
import type { Settings } from "./settings.ts";

interface Running {
  readonly settings: Settings;
  readonly log: Log;
  readonly edge: Edge;
  readonly listeners: ViewerListener[];
}

let running: Running | undefined;
let isOpeningListeners = false;
let isEnding = false;

function tell(message: FromEdge): void {
  if (process.connected) process.send?.(message);
}

function openRunning(settings: Settings): Running {
  const log = openLog({
    level: settings.logLevel,
    clock: systemClock,
    write: (line) => void process.stderr.write(line),
  });
  const edge = openEdge({
    settings: {
      domainSuffix: settings.domainSuffix,
      publicHttpsPort: settings.publicHttpsPort,
      popName: settings.edgeLocation,
      allowPrivateOrigins:
        settings.allowPrivateOrigins === "auto"
          ? isLoopback(settings.edgeHost)
          : settings.allowPrivateOrigins === "yes",
      limits: settings.limits,
    },
    clock: systemClock,
    random: (count) => randomBytes(count),
    log: ({ level, event, requestId, why }) =>
      log(level, "edge", `${event}${requestId === undefined ? "" : ` ${requestId}`}: ${why}`),
  });
  return { settings, log, edge, listeners: [] };
}

async function openListeners({ settings, edge, log, listeners }: Running): Promise<void> {
  let port = settings.edgeHttpPort;
  for (const [index, host] of listenHosts(settings.edgeHost).entries()) {
    try {
      const listener = await openViewerListener({
        host,
        port,
        limits: settings.limits,
        clock: systemClock,
        respond: edge.respond,
        refuse: (refused) => edge.refuse(refused),
      });
      listeners.push(listener);
      port = listener.address.port; // a free port that was taken on the first address is wanted on the second too
    } catch (error) {
      if (index > 0 && isAddressMissing(error)) continue;
      tell({ kind: "failed", message: describeListenError(error, host, port, "edgeHttpPort") });
      await end(1);
      return;
    }
  }
  const addresses: ListenAddress[] = listeners.map((listener) => listener.address);
  log("debug", "edge", `listening at ${addresses.map(({ host, port: at }) => `${host} port ${at}`).join(" and ")}`);
  tell({ kind: "listening", addresses });
}

function replyTo(about: EdgeQuestion, { edge }: Running): EdgeReply {
  return about.kind === "explain" ? edge.explain(about.request, about.account) : edge.counters();
}

/** Ends the process by itself when nothing is left open; the exit is for what will not let go. */
async function end(status: number): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  if (running !== undefined) {
    const { listeners, settings, edge } = running;
    await Promise.all(listeners.map((listener) => listener.drain(settings.drainSeconds)));
    await edge.close();
  }
  if (process.connected) process.disconnect?.();
  process.exit(status);
}

process.on("message", (message: ToEdge) => {
  switch (message.kind) {
    case "open":
      running = openRunning(message.settings);
      break;
    case "changes": {
      if (running === undefined) break;
      running.edge.apply(message.changes);
      tell({ kind: "in-force", through: running.edge.appliedThrough() });
      if (message.isCaughtUp && !isOpeningListeners) {
        isOpeningListeners = true;
        void openListeners(running);
      }
      break;
    }
    case "ask":
      if (running !== undefined) {
        tell({ kind: "reply", question: message.question, reply: replyTo(message.about, running) });
      }
      break;
    case "drain":
      void end(0);
      break;
  }
});

// Ctrl-C reaches every process of the terminal; this one waits for the control process to say when.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => void end(0));
tell({ kind: "hello" });
