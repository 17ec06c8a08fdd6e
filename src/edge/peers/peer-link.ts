// The way to the worker that owns a key, from who asks: one connection, over which many requests and answers are under way at once.
// It is opened when there is something to ask, and anew when another process has come in the owner's place. [D-0027]

import type { PeerAsk } from "./peer-ask.ts";
import { PeerConnection } from "./peer-connection.ts";

export interface PeerLink {
  /** Requests that are under way. */
  busy(): number;
  ask(ask: PeerAsk): void;
  /** Another process has taken the owner's place: what comes next is asked of that one. */
  turnOver(): void;
  /** Breaks off everything that is under way. The link can be used on. */
  cut(): void;
}

/** `slot` is this worker's. */
export function openPeerLink(path: string, slot: number): PeerLink {
  /** The last one is asked, if it may be; those before are about to end. */
  const connections: PeerConnection[] = [];

  function current(): PeerConnection {
    const last = connections.at(-1);
    if (last?.isOpen === true) return last;
    const opened = new PeerConnection(path, slot, (closed) => connections.splice(connections.indexOf(closed), 1));
    connections.push(opened);
    return opened;
  }

  return {
    busy() {
      let streams = 0;
      for (const connection of connections) streams += connection.streams;
      return streams;
    },
    ask: (ask) => current().ask(ask),
    turnOver() {
      for (const connection of connections) connection.leave();
    },
    cut() {
      // Each takes itself out.
      for (let first = connections[0]; first !== undefined; first = connections[0]) first.destroy();
    },
  };
}
