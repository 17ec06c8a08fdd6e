// Where scenarios are played: at the edge of this process behind its real listeners, asked over real connections, with a
// clock that is moved.

import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { acceptHttp2 } from "../../src/edge/transport/http2/http2-connection.ts";
import type { ViewerRequest } from "../../src/edge/transport/message.ts";
import { newTicketSeed, openTicketKeys } from "../../src/edge/transport/tls/ticket-keys.ts";
import type { Refused } from "../../src/edge/transport/viewer-peer.ts";
import { openViewerListener, type ViewerListener } from "../../src/edge/transport/viewer-listener.ts";
import {
  openWorld,
  viewerRequest,
  type Ask,
  type DistributionDraft,
  type Got,
  type RawAsk,
  type Stage,
} from "../scenarios/harness.ts";
import { certificateFor, SHARED } from "../support/tls-world.ts";
import { openHttp2Viewer } from "./viewer-http2.ts";
import {
  openViewerSocket,
  RefusedHandshake,
  type ViewerSocket,
  type ViewerSocketAddress,
  type WireAnswer,
} from "./viewer-socket.ts";

export async function openStage(draft: DistributionDraft): Promise<Stage> {
  const own = (draft.certificates ?? []).map(({ id, account, names }) => certificateFor(id, account, names));
  const world = await openWorld(draft, { settings: { viewerCertificates: { shared: () => SHARED, own } } });
  // What a loopback connection cannot bring along: whence the viewer comes.
  let asking: Ask | undefined;
  let arrived = 0;
  let isOver = false;
  const clock = { now: () => world.now() };
  const settings = {
    host: "127.0.0.1",
    port: 0,
    limits: DEFAULT_LIMITS,
    clock,
    respond(request: ViewerRequest) {
      arrived++;
      return world.edge.respond(asking === undefined ? request : asFrom(request, asking));
    },
    refuse: (refused: Refused) => world.edge.refuse(refused),
  };
  const plain = await openViewerListener(settings);
  let secure: Promise<ViewerListener> | undefined;
  const openSecure = (): Promise<ViewerListener> =>
    openViewerListener({
      ...settings,
      tls: {
        choose: world.edge.chooseTls,
        ticketKeys: openTicketKeys(
          newTicketSeed((count) => randomBytes(count), clock.now()),
          clock,
        ),
        acceptHttp2,
      },
    });
  const viewers = openViewers();
  return {
    origin: world.origin,
    slackSeconds: 0,
    told: (value) => value,
    async advance(seconds) {
      // What goes on behind a viewer's back comes to its end in the time that passes.
      const isAtRest = (): boolean => world.edge.counters().fetchesInFlight === 0;
      for (let waited = 0; waited < TOGETHER_MS_MAX && !isAtRest(); waited += LOOK_MS) await delay(LOOK_MS);
      world.advance(seconds);
    },
    publish: (next) => world.publish(next),
    invalidate: (...paths) => world.invalidate(...paths),
    async ask(ask, connection = 0) {
      const listener = isOverTls(ask) ? await (secure ??= openSecure()) : plain;
      asking = "raw" in ask ? undefined : ask;
      return viewers.ask(ask, { address: listener.address, ownHost: OWN_HOST, connection });
    },
    async untilThere(count, atOrigin) {
      const [there, asked] = [arrived + count, world.origin.asked.length + atOrigin];
      const isSo = (): boolean => isOver || (arrived >= there && world.origin.asked.length >= asked);
      // What does not come is not waited for long: the step says so then.
      for (let waited = 0; waited < TOGETHER_MS_MAX && !isSo(); waited += LOOK_MS) await delay(LOOK_MS);
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      viewers.close();
      await plain.drain(0);
      await (await secure)?.drain(0);
      await world[Symbol.asyncDispose]();
    },
  };
}

/** The connections of those who ask, kept from step to step. */
export interface Viewers {
  ask(
    ask: Ask | RawAsk,
    at: { readonly address: ViewerSocketAddress; readonly ownHost: string; readonly connection: number },
  ): Promise<Got>;
  close(): void;
}

export function isOverTls(ask: Ask | RawAsk): boolean {
  return !("raw" in ask) && (ask.scheme === "https" || ask.tls !== undefined || ask.httpVersion === "2.0");
}

export function openViewers(): Viewers {
  const sockets = new Map<string, ViewerSocket>();
  const kept = (key: string, open: () => ViewerSocket): ViewerSocket => {
    const socket = sockets.get(key) ?? open();
    sockets.set(key, socket);
    return socket;
  };
  return {
    async ask(ask, { address, ownHost, connection }) {
      const { httpVersion, host = ownHost, tls }: Partial<Ask> = "raw" in ask ? {} : ask;
      const to = isOverTls(ask) ? { ...address, tls: { name: host.replace(/:\d+$/, ""), ...tls } } : address;
      const key = JSON.stringify([to, httpVersion === "2.0", connection]);
      try {
        if (!("raw" in ask) && httpVersion === "2.0") {
          const viewer = openHttp2Viewer(to);
          try {
            return gotOf(await viewer.exchange({ ...ask, host }));
          } finally {
            viewer.close();
          }
        }
        const socket = kept(key, () => openViewerSocket(to));
        return gotOf(await socket.exchange(requestBytes(ask, ownHost), "raw" in ask ? undefined : ask.tunnel));
      } catch (error) {
        if (!(error instanceof RefusedHandshake)) throw error;
        return { ...NO_ANSWER, tls: "refused" };
      }
    },
    close() {
      for (const socket of sockets.values()) socket.close();
    },
  };
}

const NO_ANSWER: Got = { status: 0, fields: [], field: () => undefined, result: "", body: "", brokeOff: true };

/** Between two looks at who is there, and for how long. */
const LOOK_MS = 2;
const TOGETHER_MS_MAX = 5000;
const OWN_HOST = "d1.cloudfront.localhost";

/** What was kept for the connection holds for its own address only. */
function asFrom(request: ViewerRequest, ask: Ask): ViewerRequest {
  const { viewerAddress, memo } = viewerRequest(ask);
  return Object.defineProperties(request, { viewerAddress: { value: viewerAddress }, memo: { value: memo } });
}

/** As a viewer writes it; its body has a length. */
export function requestBytes(ask: Ask | RawAsk, ownHost: string): string {
  if ("raw" in ask) return ask.raw.replaceAll("{host}", ownHost);
  const { method = "GET", target, host = ownHost, httpVersion = "1.1", headers = {}, body } = ask;
  const lines = [`${method} ${target} HTTP/${httpVersion}`, `Host: ${host}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (body !== undefined) lines.push(`Content-Length: ${body.join("").length}`);
  return `${lines.join("\r\n")}\r\n\r\n${body?.join("") ?? ""}`;
}

function gotOf({ status, fields, body, brokeOff, closes, tunnel, tls }: WireAnswer): Got {
  const field = (lowerName: string): string | undefined =>
    fields.find(([name]) => name.toLowerCase() === lowerName)?.[1];
  const result = (field("x-cache") ?? "").split(" ")[0] ?? "";
  return { status, fields, field, result, body, brokeOff, closes, tunnel, tls };
}
