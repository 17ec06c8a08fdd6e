// The two operations of STS that clients of CloudFront need: who am I, and temporary keys. Version 2011-06-15 of the query
// protocol. Shapes of both answers: [STSAPI GetCallerIdentity], [STSAPI GetSessionToken].

import { formatCallerArn, formatUserId } from "../callers/caller.ts";
import { newAccessKeyId, newSecret } from "../vocabulary/ids.ts";
import { addSeconds, seconds } from "../vocabulary/time.ts";
import type { WireDocument } from "../wire/shape.ts";
import { textOf, type NeighborContext } from "./context.ts";
import { formatInstant, type NeighborOutcome } from "./neighbor-outcome.ts";
import type { QueryService } from "./query-protocol.ts";

/** Life of session keys in seconds: fifteen minutes to a day and a half, half a day unless asked. [STSAPI GetSessionToken] */
const DURATION = { min: 900, max: 129_600, default: 43_200 } as const;

/** What the two are about: no resource. */
const anything = (): string => "*";

export const STS: QueryService = {
  name: "sts",
  namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
  operations: {
    GetCallerIdentity: { members: {}, resource: anything, operate: getCallerIdentity },
    GetSessionToken: {
      members: {
        DurationSeconds: { type: "text" },
        SerialNumber: { type: "text" },
        TokenCode: { type: "text" },
      },
      resource: anything,
      operate: getSessionToken,
    },
  },
};

function getCallerIdentity(_input: WireDocument, { caller }: NeighborContext): Promise<NeighborOutcome> {
  const output = { Arn: formatCallerArn(caller), UserId: formatUserId(caller.accessKeyId), Account: caller.account };
  return Promise.resolve({ kind: "ok", output });
}

async function getSessionToken(
  input: WireDocument,
  { caller, control, now }: NeighborContext,
): Promise<NeighborOutcome> {
  if (caller.isSession) {
    const message = "Cannot call GetSessionToken with session credentials";
    return { kind: "failure", code: "AccessDenied", status: 403, message };
  }
  const asked = input["DurationSeconds"] === undefined ? String(DURATION.default) : textOf(input, "DurationSeconds");
  const duration = /^\d{1,9}$/.test(asked) ? Number(asked) : Number.NaN;
  if (!(duration >= DURATION.min && duration <= DURATION.max)) {
    const message = `DurationSeconds must be a whole number from ${DURATION.min} to ${DURATION.max}, found ${asked.slice(0, 20)}.`;
    return { kind: "failure", code: "ValidationError", status: 400, message };
  }
  const session = {
    accessKeyId: newAccessKeyId("ASIA", control.random),
    secret: newSecret(control.random),
    token: Array.from({ length: 4 }, () => newSecret(control.random)).join(""),
    parent: caller.accessKeyId,
    expiresAtMs: addSeconds(now, seconds(duration)),
  };
  // Sessions that are over are kept a day longer, so that using one is told from using what never was.
  await control.store.credentials.createSession(session, addSeconds(now, seconds(-86_400)));
  const Credentials = {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secret,
    SessionToken: session.token,
    Expiration: formatInstant(session.expiresAtMs),
  };
  return { kind: "ok", output: { Credentials } };
}
