// Who calls the port that the management API, the bucket store and their neighbours share: an access key's owner, known
// by the signature. What a caller may do is for each of them to say.

import type { Store } from "../store/store.ts";
import type { AccessKeyId, AccountId } from "../vocabulary/ids.ts";
import type { Clock } from "../vocabulary/time.ts";

/** Who signed the request. */
export interface Caller {
  readonly account: AccountId;
  readonly accessKeyId: AccessKeyId;
  readonly userName: string;
  readonly access: "full" | "read-only";
  /** Signed with a session token. */
  readonly isSession: boolean;
}

/** Where callers are looked up. */
export interface CallerDirectory {
  readonly store: Pick<Store, "credentials">;
  readonly clock: Clock;
  /** The built-in access key works: only where nobody but this machine can connect. */
  readonly isDefaultKeyAllowed: boolean;
}

/** The user that an access key stands for. */
export function formatCallerArn(caller: Caller): string {
  return `arn:aws:iam::${caller.account}:user/${caller.userName}`;
}

/** `AIDA…` of a lasting key, the same for the same key every time; a session goes by its own id. */
export function formatUserId(accessKeyId: AccessKeyId): string {
  return accessKeyId.startsWith("AKIA") ? accessKeyId.replace(/^AKIA/, "AIDA") : accessKeyId;
}
