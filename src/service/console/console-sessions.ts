// Who is signed in to the console. Sessions are in the memory of the one process that serves the API, so a restart ends them; in it
// is only which access key signed in, and the key is looked up again for every request. Kept by a digest of what the browser has:
// nobody can take a session out of a core dump or by the time that a comparison takes.

import { createHash } from "node:crypto";
import type { AccessKeyId, RandomBytes } from "../../vocabulary/ids.ts";
import type { Limits } from "../../vocabulary/limits.ts";
import { secondsBetween, type Clock, type EpochMs } from "../../vocabulary/time.ts";

export interface ConsoleSession {
  readonly accessKeyId: AccessKeyId;
  /** Of the key: another one of that name is another key. */
  readonly keyCreatedAtMs: EpochMs;
  readonly startedAtMs: EpochMs;
}

export interface ConsoleSessions {
  /** What the browser is to send: 43 letters, digits, `-` and `_`. */
  begin(key: { readonly accessKeyId: AccessKeyId; readonly createdAtMs: EpochMs }): string;
  /** Of a session that goes on, which counts as something done. */
  find(token: string): ConsoleSession | undefined;
  end(token: string): void;
}

interface Held extends ConsoleSession {
  usedAtMs: EpochMs;
}

const TOKEN = /^[\w-]{43}$/;

export function openConsoleSessions(options: {
  readonly limits: Pick<Limits, "consoleSessionsMax" | "consoleSessionIdleSeconds" | "consoleSessionSeconds">;
  readonly clock: Clock;
  readonly random: RandomBytes;
}): ConsoleSessions {
  const { limits, clock, random } = options;
  /** Whoever has done nothing for longest stands first. */
  const sessions = new Map<string, Held>();
  const ofOneKeyMax = Math.max(1, Math.floor(limits.consoleSessionsMax / 10));

  function isOver({ startedAtMs, usedAtMs }: Held, now: EpochMs): boolean {
    return (
      secondsBetween(usedAtMs, now) >= limits.consoleSessionIdleSeconds ||
      secondsBetween(startedAtMs, now) >= limits.consoleSessionSeconds
    );
  }

  function makeRoom(accessKeyId: AccessKeyId, now: EpochMs): void {
    for (const [name, held] of sessions) if (isOver(held, now)) sessions.delete(name);
    const ofKey = [...sessions].filter(([, held]) => held.accessKeyId === accessKeyId);
    if (ofKey.length >= ofOneKeyMax) sessions.delete(ofKey[0]?.[0] ?? "");
    if (sessions.size >= limits.consoleSessionsMax) sessions.delete(sessions.keys().next().value ?? "");
  }

  return {
    begin({ accessKeyId, createdAtMs }) {
      const now = clock.now();
      makeRoom(accessKeyId, now);
      const token = Buffer.from(random(32)).toString("base64url");
      sessions.set(digest(token), { accessKeyId, keyCreatedAtMs: createdAtMs, startedAtMs: now, usedAtMs: now });
      return token;
    },
    find(token) {
      if (!TOKEN.test(token)) return undefined;
      const name = digest(token);
      const held = sessions.get(name);
      if (held === undefined) return undefined;
      sessions.delete(name);
      const now = clock.now();
      if (isOver(held, now)) return undefined;
      held.usedAtMs = now;
      sessions.set(name, held);
      return held;
    },
    end: (token) => void sessions.delete(digest(token)),
  };
}

function digest(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
