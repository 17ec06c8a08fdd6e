// From what a caller sent to what may be stored: the model's checks, then those that need the store.

import {
  acceptDistributionConfig,
  acceptOriginAccessIdentityConfig,
  acceptStreamingDistributionConfig,
  type AcceptContext,
} from "../model/accept-config.ts";
import { trustedSignerAccounts } from "../model/check/distribution.ts";
import { fail, type ApiFailure } from "../model/errors.ts";
import { NO_CLAIMS, type ConfigOf, type Resource } from "../store/store.ts";
import { parseAccountId } from "../vocabulary/ids.ts";
import { distributionClaims, streamingClaims } from "./claims.ts";
import type { OperationContext } from "./context.ts";
import type { ApiKind } from "./kinds.ts";
import { isFailure, type Accept } from "./resource-operations.ts";

/** `self` and the caller's own number need no look-up; any other account must be one that this service knows. */
async function checkSigners(items: readonly string[], context: OperationContext): Promise<ApiFailure | undefined> {
  for (const signer of new Set(items)) {
    if (signer === "self" || signer === context.caller.account) continue;
    const account = parseAccountId(signer);
    if (account === undefined || !(await context.control.store.resources.accountExists(account))) {
      return fail("TrustedSignerDoesNotExist");
    }
  }
  return undefined;
}

/** Names below our own suffix are given out by us. The model refuses those of the real service. */
function checkOwnNames(aliases: readonly string[], { control }: OperationContext): ApiFailure | undefined {
  return aliases.some((alias) => alias.endsWith(`.${control.domainSuffix}`))
    ? fail("InvalidArgument", "The parameter CNAME contains one or more parameters that are not valid.")
    : undefined;
}

function modelContext<K extends ApiKind>(
  context: OperationContext,
  stored: Resource<K> | undefined,
): AcceptContext<ConfigOf[K]> {
  const { account } = context.caller;
  const known = {
    version: context.version,
    limits: context.control.limits,
    isOwnCertificate: (id: string) => context.control.ownsCertificate(account, id),
  };
  return stored === undefined ? known : { ...known, stored: stored.config };
}

export const acceptDistribution: Accept<"distribution"> = async (sent, context, stored) => {
  const accepted = acceptDistributionConfig(sent, modelContext(context, stored));
  if (isFailure(accepted)) return accepted;
  const { config } = accepted;
  const claims = distributionClaims(config);
  const refused = checkOwnNames(claims.aliases, context);
  return refused ?? (await checkSigners(trustedSignerAccounts(config), context)) ?? { config, claims };
};

export const acceptStreaming: Accept<"streaming-distribution"> = async (sent, context, stored) => {
  const accepted = acceptStreamingDistributionConfig(sent, modelContext(context, stored));
  if (isFailure(accepted)) return accepted;
  const { config } = accepted;
  const claims = streamingClaims(config);
  const refused = checkOwnNames(claims.aliases, context);
  return refused ?? (await checkSigners(config.TrustedSigners.Items ?? [], context)) ?? { config, claims };
};

export const acceptIdentity: Accept<"origin-access-identity"> = async (sent, context, stored) => {
  const accepted = acceptOriginAccessIdentityConfig(sent, modelContext(context, stored));
  return isFailure(accepted) ? accepted : { config: accepted.config, claims: NO_CLAIMS };
};
