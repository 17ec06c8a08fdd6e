// A world of the harness behind the real listener, for what can be seen on the wire only.

import { once } from "node:events";
import { connect } from "node:net";
import { openViewerListener, type ViewerListener } from "../../src/edge/transport/viewer-listener.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { openWorld, type DistributionDraft, type World } from "./harness.ts";

export interface WiredWorld extends AsyncDisposable {
  readonly world: World;
  readonly port: number;
  connections(): number;
}

export async function openWired(draft: DistributionDraft = {}): Promise<WiredWorld> {
  const world = await openWorld(draft);
  const listener: ViewerListener = await openViewerListener({
    host: "127.0.0.1",
    port: 0,
    limits: DEFAULT_LIMITS,
    clock: { now: () => world.now() },
    respond: world.edge.respond,
    refuse: (refused) => world.edge.refuse(refused),
  });
  return {
    world,
    port: listener.address.port,
    connections: () => listener.connections(),
    async [Symbol.asyncDispose]() {
      await listener.drain(0);
      await world[Symbol.asyncDispose]();
    },
  };
}

/** Sends these bytes, and reads until the edge closes the connection. */
export async function exchangeBytes(port: number, sent: string): Promise<string> {
  const viewer = connect(port, "127.0.0.1");
  await once(viewer, "connect");
  viewer.write(sent, "latin1");
  let text = "";
  for await (const chunk of viewer) text += (chunk as Buffer).toString("latin1");
  return text;
}
