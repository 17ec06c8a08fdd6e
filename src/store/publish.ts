// What of a resource goes to the edges. Shared by the stores.

import type { DistributionId, FeedNumber, ResourceId } from "../vocabulary/ids.ts";
import type { Change, ConfigOf, Resource, ResourceKind } from "./store.ts";

type Step = Exclude<Change["kind"], "invalidation" | "removed">;
type Publish<K extends Step> = (
  resource: Pick<Resource, "id" | "account" | "handle"> & { readonly config: ConfigOf[K] },
) => Omit<Extract<Change, { kind: K }>, "kind" | "number">;

/** Each kind that edges hear of, and what they hear. */
const PUBLISH: { readonly [K in Step]: Publish<K> } = {
  distribution: ({ id, account, handle, config }) => ({
    distribution: { id: id as DistributionId, account, label: handle, config },
  }),
  "streaming-distribution": ({ id, account, handle, config }) => ({
    distribution: { id, account, label: handle, aliases: config.Aliases.Items ?? [], enabled: config.Enabled },
  }),
  "origin-access-control": ({ id, account, config }) => ({
    control: {
      id,
      account,
      signingBehavior: config.SigningBehavior,
      originType: config.OriginAccessControlOriginType,
    },
  }),
  "public-key": ({ id, account, config }) => ({ key: { id, account, pem: config.EncodedKey.trim() } }),
  "key-group": ({ id, account, config }) => ({ group: { id, account, keys: config.Items as readonly ResourceId[] } }),
  "key-pair": ({ id, account, config }) => ({
    pair: { id, account, pem: config.PublicKey.trim(), isActive: config.Status === "Active" },
  }),
  "server-certificate": ({ id, account, config }) => ({
    certificate: {
      id,
      account,
      arn: config.Arn,
      chain: [config.CertificateBody, config.CertificateChain].filter((pem) => pem !== "").join("\n"),
      key: config.PrivateKey,
      names: config.Names,
    },
  }),
};

/** Identities change nothing at an edge by themselves: they take no step of the feed. */
export function isPublished(kind: ResourceKind): kind is Step {
  return Object.hasOwn(PUBLISH, kind);
}

export function publish(
  number: FeedNumber,
  { kind, id, account, handle, config }: Pick<Resource, "kind" | "id" | "account" | "handle" | "config">,
): Change | undefined {
  if (!isPublished(kind)) return undefined;
  // The row is that of the resource's kind, and so takes its config.
  const told = (PUBLISH[kind] as Publish<Step>)({ id, account, handle, config: config as never });
  return { kind, number, ...told } as Change;
}
