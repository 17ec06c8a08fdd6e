// From what a caller sent to what may be stored: the model's checks, then those that need the store.

import {
  acceptKeyGroupConfig,
  acceptOriginAccessControlConfig,
  acceptPublicKeyConfig,
} from "../model/accept-access-config.ts";
import {
  acceptDistributionConfig,
  acceptOriginAccessIdentityConfig,
  acceptStreamingDistributionConfig,
  type AcceptContext,
} from "../model/accept-config.ts";
import { trustedSignerAccounts } from "../model/check/distribution.ts";
import { refuseLogBucket } from "../model/check/logging.ts";
import { certificateIdOf, nameCertificate, type NamedCertificate } from "../model/check/viewer-certificate.ts";
import type { StreamingDistributionConfig } from "../model/distribution.ts";
import { fail, type ApiFailure } from "../model/errors.ts";
import { logBucketOf } from "../model/log-target.ts";
import { NO_CLAIMS, type ConfigOf, type Resource } from "../store/store.ts";
import { readCertificateArn } from "../model/server-certificate.ts";
import { parseAccountId, parseResourceId } from "../vocabulary/ids.ts";
import type { WireDocument } from "../wire/shape.ts";
import { distributionClaims, keyGroupClaims, streamingClaims } from "./claims.ts";
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

/**
 * A bucket is looked at when it is named. It may go later: files wait for it then, and a change of something else is no matter of it.
 */
async function checkLogBucket(
  { Logging: logging }: Pick<StreamingDistributionConfig, "Logging">,
  { control, caller }: OperationContext,
  stored: Pick<StreamingDistributionConfig, "Logging"> | undefined,
): Promise<ApiFailure | undefined> {
  const bucket = logging.Enabled ? logBucketOf(logging) : undefined;
  if (bucket === undefined || logging.Bucket === stored?.Logging.Bucket) return undefined;
  return refuseLogBucket(await control.lookAtLogBucket(bucket, caller), logging.Bucket);
}

/**
 * Names below our own suffix are given out by us, and those of the console would have browsers send its cookies to an origin. The
 * model refuses those of the real service.
 */
function checkOwnNames(aliases: readonly string[], { control }: OperationContext): ApiFailure | undefined {
  const { consoleNames, domainSuffix } = control;
  return aliases.some((alias) => alias.endsWith(`.${domainSuffix}`) || consoleNames?.has(alias.toLowerCase()) === true)
    ? fail("InvalidArgument", "The parameter CNAME contains one or more parameters that are not valid.")
    : undefined;
}

/** Of what was sent, and of what is stored: an update of an older version keeps what it cannot see. */
async function findNamedCertificates(
  sent: WireDocument,
  { control, caller, now }: OperationContext,
  stored: Resource<"distribution"> | undefined,
): Promise<ReadonlyMap<string, NamedCertificate>> {
  const found = new Map<string, NamedCertificate>();
  for (const viewer of [sent["ViewerCertificate"], stored?.config.ViewerCertificate]) {
    const id = viewer === undefined ? undefined : certificateIdOf(viewer as WireDocument);
    if (id === undefined || found.has(id)) continue;
    const resource = parseResourceId(readCertificateArn(id)?.id ?? id);
    const certificate = resource && (await control.store.resources.get("server-certificate", caller.account, resource));
    // The account and the region of an ARN count too.
    const isNamed = certificate?.config.Source === "iam" || certificate?.config.Arn === id;
    if (certificate !== undefined && isNamed) found.set(id, nameCertificate(certificate.config, now));
    else if (control.ownsCertificate(caller.account, id)) found.set(id, { kind: "of-folder" });
  }
  return found;
}

function modelContext<K extends ApiKind>(
  context: OperationContext,
  stored: Resource<K> | undefined,
): AcceptContext<ConfigOf[K]> {
  const known = { version: context.version, limits: context.control.limits };
  return stored === undefined ? known : { ...known, stored: stored.config };
}

export const acceptDistribution: Accept<"distribution"> = async (sent, context, stored) => {
  const certificates = await findNamedCertificates(sent, context, stored);
  const accepted = acceptDistributionConfig(sent, {
    ...modelContext(context, stored),
    certificateOf: (id) => certificates.get(id),
  });
  if (isFailure(accepted)) return accepted;
  const { config } = accepted;
  const claims = distributionClaims(config, certificates, context.control.limits);
  const refused = checkOwnNames(claims.aliases, context);
  return (
    refused ??
    (await checkSigners(trustedSignerAccounts(config), context)) ??
    (await checkLogBucket(config, context, stored?.config)) ?? { config, claims }
  );
};

export const acceptStreaming: Accept<"streaming-distribution"> = async (sent, context, stored) => {
  const accepted = acceptStreamingDistributionConfig(sent, modelContext(context, stored));
  if (isFailure(accepted)) return accepted;
  const { config } = accepted;
  const claims = streamingClaims(config);
  const refused = checkOwnNames(claims.aliases, context);
  return (
    refused ??
    (await checkSigners(config.TrustedSigners.Items ?? [], context)) ??
    (await checkLogBucket(config, context, stored?.config)) ?? { config, claims }
  );
};

export const acceptIdentity: Accept<"origin-access-identity"> = async (sent, context, stored) => {
  const accepted = acceptOriginAccessIdentityConfig(sent, modelContext(context, stored));
  return isFailure(accepted) ? accepted : { config: accepted.config, claims: NO_CLAIMS };
};

export const acceptPublicKey: Accept<"public-key"> = async (sent, context, stored) => {
  const accepted = acceptPublicKeyConfig(sent, modelContext(context, stored));
  if (isFailure(accepted)) return accepted;
  const { config } = accepted;
  return { config, claims: { ...NO_CLAIMS, names: [config.Name] } };
};

export const acceptKeyGroup: Accept<"key-group"> = async (sent, context, stored) => {
  const accepted = acceptKeyGroupConfig(sent, modelContext(context, stored));
  return isFailure(accepted) ? accepted : { config: accepted.config, claims: keyGroupClaims(accepted.config) };
};

export const acceptOriginAccessControl: Accept<"origin-access-control"> = async (sent) => {
  const accepted = acceptOriginAccessControlConfig(sent);
  if (isFailure(accepted)) return accepted;
  const { config } = accepted;
  return { config, claims: { ...NO_CLAIMS, names: [config.Name] } };
};
