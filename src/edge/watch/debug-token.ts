// The value of X-Warmfront-Debug that lets a viewer see debug headers: an account, until when, and a signature with the service's own secret. Made
// where callers are known (service/own-watch.ts), checked in each worker without asking anybody.

import { createHmac } from "node:crypto";
import { parseAccountId, type AccountId } from "../../vocabulary/ids.ts";
import { epochMs, type EpochMs } from "../../vocabulary/time.ts";
import { equalSecrets } from "../../wire/equal-secrets.ts";

/** In lower case. Fields of viewers that begin with `x-warmfront-` go no further than the edge. */
export const DEBUG_FIELD = "x-warmfront-debug";

export function formatDebugToken(account: AccountId, until: EpochMs, serviceSecret: Uint8Array): string {
  const facts = `${account}.${Math.floor(until / 1000)}`;
  return `${facts}.${signatureOf(facts, serviceSecret)}`;
}

/** Whose distributions it opens. `undefined`: it is none of ours, or its time is over. */
export function readDebugToken(token: string, now: EpochMs, serviceSecret: Uint8Array): AccountId | undefined {
  const read = /^((\d{12})\.(\d{1,12}))\.([\w-]{43})$/.exec(token);
  if (read === null) return undefined;
  const [, facts = "", account = "", until, signature = ""] = read;
  if (!equalSecrets(signature, signatureOf(facts, serviceSecret))) return undefined;
  return epochMs(Number(until) * 1000) > now ? parseAccountId(account) : undefined;
}

/** What a worker tells the owner of a key by that it is to say what it decides. */
export function traceMark(serviceSecret: Uint8Array): string {
  return signatureOf("trace", serviceSecret);
}

function signatureOf(facts: string, serviceSecret: Uint8Array): string {
  return createHmac("sha256", serviceSecret).update(`warmfront debug ${facts}`).digest("base64url");
}
