// The program of an edge process: opens the edge, follows the changes that control sends, and lets viewers in once it
// has caught up for the first time. It goes on serving while there is no control.

import { randomBytes } from "node:crypto";
import { openEdge, type Edge } from "../edge/edge.ts";
import { openViewerListener, type ViewerListener } from "../edge/transport/viewer-listener.ts";
import { systemClock } from "../vocabulary/time.ts";
import { isLoopback } from "./addresses.ts";
import { openCountries } from "./countries.ts";
import { runChild, tell } from "./in-child.ts";
import { listenAtAll } from "./listen.ts";
import type { Log } from "./log.ts";
import type { EdgeQuestion, EdgeReply, FromEdge, ToEdge } from "./process-messages.ts";
import type { Settings } from "./settings.ts";

interface Running {
  readonly settings: Settings;
  readonly log: Log;
  readonly edge: Edge;
  listeners: readonly ViewerListener[];
}

let running: Running | undefined;
let isOpeningListeners = false;

const say = (message: FromEdge): void => tell(message);

function openRunning(settings: Settings, log: Log): Running {
  const countries = openCountries(settings);
  if (countries.kind === "failure") throw new Error(countries.message);
  const edge = openEdge({
    settings: {
      domainSuffix: settings.domainSuffix,
      publicHttpsPort: settings.publicHttpsPort,
      popName: settings.edgeLocation,
      fidelity: settings.fidelity,
      allowPrivateOrigins:
        settings.allowPrivateOrigins === "auto"
          ? isLoopback(settings.edgeHost)
          : settings.allowPrivateOrigins === "yes",
      ...(settings.originNameServers === "" ? {} : { nameServers: settings.originNameServers.split(",") }),
      limits: settings.limits,
    },
    clock: systemClock,
    countryOf: countries.countryOf,
    random: (count) => randomBytes(count),
    log: ({ level, event, requestId, why }) =>
      log(level, "edge", `${event}${requestId === undefined ? "" : ` ${requestId}`}: ${why}`),
  });
  return { settings, log, edge, listeners: [] };
}

async function openListeners(on: Running): Promise<void> {
  const { settings, edge } = on;
  const listening = await listenAtAll(settings.edgeHost, settings.edgeHttpPort, "edgeHttpPort", (host, port) =>
    openViewerListener({
      host,
      port,
      limits: settings.limits,
      clock: systemClock,
      respond: edge.respond,
      refuse: (refused) => edge.refuse(refused),
    }),
  );
  if (listening.kind === "failure") {
    tell({ kind: "failed", message: listening.message });
    process.exit(1);
  }
  on.listeners = listening.listeners;
  tell({ kind: "listening", addresses: on.listeners.map((listener) => listener.address) });
}

function replyTo(about: EdgeQuestion, { edge }: Running): EdgeReply {
  return about.kind === "explain" ? edge.explain(about.request, about.account) : edge.counters();
}

runChild<ToEdge>({
  open: async (settings, log) => {
    running = openRunning(settings, log);
  },
  onMessage(message) {
    if (running === undefined) return;
    switch (message.kind) {
      case "report":
        say({ kind: "in-force", through: running.edge.appliedThrough() });
        break;
      case "changes":
        running.edge.apply(message.changes);
        say({ kind: "in-force", through: running.edge.appliedThrough() });
        if (message.isCaughtUp && !isOpeningListeners) {
          isOpeningListeners = true;
          void openListeners(running);
        }
        break;
      case "ask":
        say({ kind: "reply", question: message.question, reply: replyTo(message.about, running) });
        break;
    }
  },
  async close() {
    if (running === undefined) return;
    const { listeners, settings, edge } = running;
    await Promise.all(listeners.map((listener) => listener.drain(settings.drainSeconds)));
    await edge.close();
  },
});
