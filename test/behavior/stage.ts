// Where scenarios are played: at the edge of this process behind its real listener, asked over a real connection, with a
// clock that is moved.

import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { openViewerListener } from "../../src/edge/transport/viewer-listener.ts";
import type { ViewerRequest } from "../../src/edge/transport/message.ts";
import {
  openWorld,
  viewerRequest,
  type Ask,
  type DistributionDraft,
  type Got,
  type RawAsk,
  type Stage,
} from "../scenarios/harness.ts";
import { openViewerSocket, type WireAnswer } from "./viewer-socket.ts";

export async function openStage(draft: DistributionDraft): Promise<Stage> {
  const world = await openWorld(draft);
  // What a loopback connection cannot bring along: whence the viewer comes, and that it speaks TLS.
  let asking: Ask | undefined;
  const listener = await openViewerListener({
    host: "127.0.0.1",
    port: 0,
    limits: DEFAULT_LIMITS,
    clock: { now: () => world.now() },
    respond: (request) => world.edge.respond(asking === undefined ? request : asFrom(request, asking)),
    refuse: (refused) => world.edge.refuse(refused),
  });
  const viewer = openViewerSocket(listener.address);
  return {
    origin: world.origin,
    slackSeconds: 0,
    told: (value) => value,
    advance: (seconds) => {
      world.advance(seconds);
    },
    publish: (next) => world.publish(next),
    invalidate: (...paths) => world.invalidate(...paths),
    async ask(ask) {
      // HTTP/2 has a transport of its own, which has tests of its own.
      if (!("raw" in ask) && ask.httpVersion === "2.0") return world.ask(ask);
      asking = "raw" in ask ? undefined : ask;
      return gotOf(await viewer.exchange(requestBytes(ask, OWN_HOST)));
    },
    async [Symbol.asyncDispose]() {
      viewer.close();
      await listener.drain(0);
      await world[Symbol.asyncDispose]();
    },
  };
}

const OWN_HOST = "d1.cloudfront.localhost";

function asFrom(request: ViewerRequest, ask: Ask): ViewerRequest {
  const { viewerAddress } = viewerRequest(ask);
  return Object.defineProperties(request, {
    viewerAddress: { value: viewerAddress },
    scheme: { value: ask.scheme ?? "http" },
  });
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

export function gotOf({ status, fields, body, brokeOff, closes }: WireAnswer): Got {
  const field = (lowerName: string): string | undefined =>
    fields.find(([name]) => name.toLowerCase() === lowerName)?.[1];
  return { status, fields, field, result: (field("x-cache") ?? "").split(" ")[0] ?? "", body, brokeOff, closes };
}
