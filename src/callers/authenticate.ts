// Who is calling: the request's signature against the access key or session that it names. What failed is told in the
// real service's words, with the canonical request where those would help the caller to find the difference.

import type { AccessKey } from "../store/store.ts";
import type { AccessKeyId } from "../vocabulary/ids.ts";
import { equalSecrets } from "../wire/equal-secrets.ts";
import { readSignature } from "../wire/read-signature.ts";
import { EXPIRED_TOKEN, UNKNOWN_ACCESS_KEY, UNKNOWN_TOKEN } from "../wire/signature-failure.ts";
import { checkSignature } from "../wire/sigv4.ts";
import type { Signature } from "../wire/read-signature.ts";
import type { AuthenticationFailure } from "../wire/signature-failure.ts";
import type { SignableRequest } from "../wire/canonical-request.ts";
import { newSigningKeys } from "../wire/signing-key.ts";
import type { Caller, CallerDirectory } from "./caller.ts";
import { DEFAULT_KEY, whyNotDefaultKey } from "./default-key.ts";

/** Services that share the port; a request's is the one in its signature's scope. */
const SERVICES = ["cloudfront", "sts", "iam", "acm"] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface Authenticated {
  readonly kind: "authenticated";
  readonly caller: Caller;
  readonly service: ServiceName;
  /** Of the signature's scope. */
  readonly region: string;
}

// Derived keys are costly and change daily: kept for as many callers as are busy at a time.
const signingKeys = newSigningKeys(1000);

export async function authenticate(
  request: SignableRequest & { readonly body: Uint8Array },
  directory: CallerDirectory,
): Promise<Authenticated | AuthenticationFailure> {
  const signature = readSignature(request, { services: SERVICES });
  if (signature.kind === "failure") return signature;
  const credential = await findCredential(signature, request, directory);
  if (credential.kind === "failure") return credential;

  const now = directory.clock.now();
  const checked = checkSignature(signature, request, { secret: credential.secret, now, keys: signingKeys });
  if (checked.kind === "failure") return checked;
  const { region } = signature;
  return { kind: "authenticated", caller: callerOf(credential), service: signature.service as ServiceName, region };
}

/** Whom a credential stands for, once its signature was found right. */
export function callerOf({ key, isSession }: Credential): Caller {
  const { account, accessKeyId, userName, access } = key;
  return { account, accessKeyId, userName, access, isSession };
}

/** An access key of an account, or a session of one. */
export interface Credential {
  readonly kind: "credential";
  /** The lasting key, also behind a session. */
  readonly key: AccessKey;
  readonly secret: string;
  readonly isSession: boolean;
}

/** What a request claims to be signed with; nothing is believed of it yet. */
export async function findCredential(
  { accessKeyId, sessionToken }: Pick<Signature, "accessKeyId" | "sessionToken">,
  request: Pick<SignableRequest, "method" | "fields">,
  directory: CallerDirectory,
): Promise<Credential | AuthenticationFailure> {
  if (sessionToken === undefined) {
    const key = await findKey(accessKeyId as AccessKeyId, request, directory);
    if (key === undefined || "kind" in key) return key ?? UNKNOWN_ACCESS_KEY;
    return { kind: "credential", key, secret: key.secret, isSession: false };
  }
  const session = await directory.store.credentials.findSession(accessKeyId as AccessKeyId);
  if (session === undefined || !equalSecrets(session.token, sessionToken)) return UNKNOWN_TOKEN;
  if (directory.clock.now() >= session.expiresAtMs) return EXPIRED_TOKEN;
  const key = await findKey(session.parent, request, directory);
  if (key === undefined || "kind" in key) return key ?? UNKNOWN_ACCESS_KEY;
  return { kind: "credential", key, secret: session.secret, isSession: true };
}

async function findKey(
  id: AccessKeyId,
  request: Pick<SignableRequest, "method" | "fields">,
  directory: CallerDirectory,
): Promise<AccessKey | AuthenticationFailure | undefined> {
  if (id !== DEFAULT_KEY.accessKeyId) return directory.store.credentials.findKey(id);
  if (!directory.isDefaultKeyAllowed) return undefined;
  const why = whyNotDefaultKey(request);
  return why === undefined ? DEFAULT_KEY : { ...UNKNOWN_ACCESS_KEY, message: why };
}
