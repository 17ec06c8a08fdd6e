// The end of the channels at the worker that owns: the workers that are connected, each of which may have copies from here.

import { createServer, type Server, type Socket } from "node:net";
import type { DistributionId } from "../../vocabulary/ids.ts";
import { formatMessage, openMessageReader, type FromOwner, type ToOwner } from "./channel-messages.ts";
import type { Holder } from "./copy-directory.ts";

export interface Holders {
  /** `undefined`: that worker is not connected, and takes no copies. */
  of(slot: number): Holder | undefined;
  /** To those who have a successor in their slot, and are asked by nobody any more: they forget as if they were asked. */
  forgetAtPredecessors(distribution: DistributionId, urls: readonly string[]): void;
  /** Resolves when all that was told to anybody before is done, or whoever it was told to is gone. */
  fence(): Promise<void>;
  tick(): void;
  readonly server: Server;
  close(): Promise<void>;
}

export interface HoldersSettings {
  readonly silentTicksMax: number;
  /** Another worker wants these URLs forgotten; resolves when they are, here and wherever copies of them went. */
  readonly forget: (distribution: DistributionId, urls: readonly string[]) => Promise<void>;
  /** A process has come to that slot, perhaps in place of another one. */
  readonly onHello: (slot: number, life: number) => void;
  /** Of this process. Who else is in its slot is its predecessor. */
  readonly slot: number;
  readonly life: number;
}

/** Unsent bytes beyond which no copies are given, and beyond which the worker is given up. */
const COPIES_UNSENT_BYTES_MAX = 2_097_152;
const UNSENT_BYTES_MAX = 33_554_432;

interface Session extends Holder {
  readonly socket: Socket;
  slot: number | undefined;
  life: number;
  silentTicks: number;
  readonly fences: Map<number, () => void>;
}

export function openHolders({ silentTicksMax, forget, onHello, slot: ownSlot, life }: HoldersSettings): Holders {
  const sessions = new Set<Session>();
  const bySlot = new Map<number, Session>();
  let number = 0;

  const server = createServer((socket) => {
    const read = openMessageReader<ToOwner>();
    const session: Session = {
      socket,
      slot: undefined,
      life: -1,
      silentTicks: 0,
      fences: new Map(),
      tell(message, body) {
        const unsent = socket.writableLength;
        if (socket.destroyed || (message.kind === "copy" && unsent > COPIES_UNSENT_BYTES_MAX)) return false;
        if (unsent > UNSENT_BYTES_MAX) {
          socket.destroy(); // it has to begin anew, and without the copies that it has
          return false;
        }
        return (void socket.write(formatMessage(message, body)), true);
      },
    };
    sessions.add(session);
    socket.unref();
    socket.on("error", () => undefined); // "close" follows
    socket.on("data", (chunk: Buffer) => {
      session.silentTicks = 0;
      const messages = read(chunk);
      if (messages === undefined) return void socket.destroy();
      for (const { message } of messages) hear(session, message);
    });
    socket.on("close", () => {
      sessions.delete(session);
      if (session.slot !== undefined && bySlot.get(session.slot) === session) bySlot.delete(session.slot);
      for (const done of session.fences.values()) done();
      session.fences.clear();
    });
  });

  function hear(session: Session, message: ToOwner): void {
    const say = (said: FromOwner): void => void session.tell(said);
    switch (message.kind) {
      case "hello":
        session.slot = message.slot;
        session.life = message.life;
        if ((bySlot.get(message.slot)?.life ?? -1) <= message.life) bySlot.set(message.slot, session);
        say({ kind: "welcome", life });
        return onHello(message.slot, message.life);
      case "ping":
        return say({ kind: "pong" });
      case "fenced":
        session.fences.get(message.number)?.();
        session.fences.delete(message.number);
        return;
      case "forget": {
        const { distribution, urls, number: asked } = message;
        void forget(distribution, urls).then(() => say({ kind: "forgotten", number: asked }));
        return;
      }
    }
  }

  return {
    of: (slot) => bySlot.get(slot),
    forgetAtPredecessors(distribution, urls) {
      for (const session of sessions) {
        const { slot } = session;
        const hasSuccessor = slot === ownSlot || bySlot.get(slot ?? -1) !== session;
        if (slot !== undefined && hasSuccessor) session.tell({ kind: "forget", distribution, urls });
      }
    },
    async fence() {
      const fence = ++number;
      await Promise.all(
        [...sessions].map((session) => {
          const { promise, resolve } = Promise.withResolvers<void>();
          session.fences.set(fence, resolve);
          if (!session.tell({ kind: "fence", number: fence })) resolve();
          return promise;
        }),
      );
    },
    tick() {
      for (const session of sessions) if (++session.silentTicks > silentTicksMax) session.socket.destroy();
    },
    server,
    async close() {
      for (const { socket } of sessions) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
