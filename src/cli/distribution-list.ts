// The distributions of the caller's account as the command line shows them, and finding one by what people call it.

import { nearest } from "../service/settings.ts";
import { parseResourceId } from "../vocabulary/ids.ts";
import type { WireDocument } from "../wire/shape.ts";
import { itemsOf, listAll, textOf, type CallApi } from "./call-api.ts";

export interface ListedOrigin {
  readonly id: string;
  readonly domain: string;
  /** Origin access identity or control, where it has one. */
  readonly identity: string | undefined;
  /** `undefined`: it is a bucket, and asked as such. */
  readonly custom:
    | { readonly httpPort: number; readonly httpsPort: number; readonly protocolPolicy: string }
    | undefined;
}

export interface ListedDistribution {
  readonly id: string;
  readonly arn: string;
  readonly domain: string;
  readonly enabled: boolean;
  readonly status: string;
  readonly origins: readonly ListedOrigin[];
  readonly aliases: readonly string[];
  readonly comment: string;
}

export type DistributionsOutcome =
  | { readonly kind: "ok"; readonly distributions: readonly ListedDistribution[] }
  | { readonly kind: "failure"; readonly message: string };

export async function listDistributions(callApi: CallApi): Promise<DistributionsOutcome> {
  const listed = await listAll(callApi, "ListDistributions", "DistributionList");
  return listed.kind === "ok" ? { kind: "ok", distributions: listed.items.map(readSummary) } : listed;
}

function readSummary(summary: WireDocument): ListedDistribution {
  return {
    id: textOf(summary, "Id"),
    arn: textOf(summary, "ARN"),
    domain: textOf(summary, "DomainName"),
    enabled: summary["Enabled"] === true,
    status: textOf(summary, "Status"),
    origins: itemsOf(summary["Origins"]).map(readOrigin),
    aliases: itemsOf<string>(summary["Aliases"]),
    comment: textOf(summary, "Comment"),
  };
}

function readOrigin(origin: WireDocument): ListedOrigin {
  const custom = origin["CustomOriginConfig"] as WireDocument | undefined;
  const bucket = origin["S3OriginConfig"] as WireDocument | undefined;
  const identity = textOf(bucket, "OriginAccessIdentity").replace(/^origin-access-identity\/cloudfront\//, "");
  const control = textOf(origin, "OriginAccessControlId");
  return {
    id: textOf(origin, "Id"),
    domain: textOf(origin, "DomainName"),
    identity: control || identity || undefined,
    custom: custom && {
      httpPort: Number(custom["HTTPPort"]),
      httpsPort: Number(custom["HTTPSPort"]),
      protocolPolicy: textOf(custom, "OriginProtocolPolicy"),
    },
  };
}

export type Found =
  | { readonly kind: "found"; readonly id: string }
  | { readonly kind: "failure"; readonly message: string };

/** By id, domain name or alias; whoever copies a URL's beginning means its host. An id is taken as it is: the API knows. */
export async function findDistribution(name: string, callApi: CallApi): Promise<Found> {
  if (parseResourceId(name) !== undefined) return { kind: "found", id: name };
  const outcome = await listDistributions(callApi);
  return outcome.kind === "failure" ? outcome : chooseDistribution(name, outcome.distributions);
}

export function chooseDistribution(name: string, distributions: readonly ListedDistribution[]): Found {
  const host = name
    .replace(/^https?:\/\//i, "")
    .replace(/[:/].*$/, "")
    .toLowerCase();
  const known = new Map<string, string>();
  for (const { id, domain, aliases } of distributions) {
    for (const own of [id, domain, domain.replace(/\..*/, ".cloudfront.net"), ...aliases])
      known.set(own.toLowerCase(), id);
  }
  const id = known.get(host);
  if (id !== undefined) return { kind: "found", id };
  const near = nearest(host, [...known.keys()]);
  return {
    kind: "failure",
    message: `${JSON.stringify(name)} is no id, domain name or alias of a distribution of yours${near === undefined ? "" : `; did you mean ${near}?`} (warmfront distributions lists all)`,
  };
}
