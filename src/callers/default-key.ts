// The access key that works without any set-up, on a server that only its own machine can reach. Whether it works is
// never read from a store, so it cannot be left behind on a server that others reach. Everybody knows its secret, so it
// does not work for those whom this machine only carries along: viewers, through an edge, and pages in a browser.

import { combineField } from "../http/field-list.ts";
import type { AccessKey } from "../store/store.ts";
import type { AccessKeyId, AccountId } from "../vocabulary/ids.ts";
import { epochMs } from "../vocabulary/time.ts";
import type { SignableRequest } from "../wire/canonical-request.ts";

export const DEFAULT_KEY: AccessKey = {
  accessKeyId: "test" as AccessKeyId,
  secret: "test",
  account: "000000000000" as AccountId,
  userName: "test",
  access: "full",
  createdAtMs: epochMs(0),
};

/** Why the default key does not count for a request, for its caller. `undefined`: it does. */
export function whyNotDefaultKey({ method, fields }: Pick<SignableRequest, "method" | "fields">): string | undefined {
  const why = whyNotOfThisMachine(fields);
  if (why !== undefined) return refusal(why);
  const origin = combineField(fields, "origin");
  // A browser asks before any other method that changes something.
  if (method !== "POST" || origin === undefined || isLocalName(/^https?:\/\/(.+)$/i.exec(origin)?.[1] ?? ""))
    return undefined;
  return refusal(`not for pages of ${JSON.stringify(origin.slice(0, 100))}`);
}

/** Why what came from an address of this machine is only carried along by it: `not for …`. `undefined`: nothing says that it is. */
export function whyNotOfThisMachine(fields: SignableRequest["fields"]): string | undefined {
  // An edge forwards what viewers ask, from everywhere.
  if (combineField(fields, "x-amz-cf-id") !== undefined) return "not for what comes through an edge";
  const host = combineField(fields, "host") ?? "";
  // A page of any site can have its own name lead here, and is then let read the answers [W3C secure-contexts].
  return isLocalName(host) ? undefined : `not for the host ${JSON.stringify(host.slice(0, 100))}`;
}

function refusal(whom: string): string {
  return `The default access key is ${whom}: it works on this machine, by a name that is only of this machine. Make a key of your own with: warmfront access-keys create`;
}

/** Names that nobody can have in public, addresses, and those of the service that is stood in for. */
const LOCAL_NAME =
  /^(?:[a-z0-9_-]+|[\w.-]+\.(?:localhost|local|localdomain|internal|test|lan|home\.arpa|amazonaws\.com(?:\.cn)?)|\d+\.\d+\.\d+\.\d+|\[[\da-f:.]+\])\.?(?::\d{0,5})?$/i;

function isLocalName(authority: string): boolean {
  return LOCAL_NAME.test(authority);
}
