// A distribution at a glance: where viewers find it, what it stands before, and its behaviors in the order in which they are tried.

import type { PageProps } from "../../page-props.ts";
import { Table, type Column } from "../../parts/table.tsx";
import {
  ALL_COUNTRIES,
  type Behavior,
  type Distribution,
  type ErrorResponse,
  type GeoRestriction,
  type Listed,
  type Origin,
  type ViewerCertificate,
} from "./config.ts";
import { OfDistribution } from "./tabs.tsx";
import { certificateIdOf, DEFAULT_CERTIFICATE } from "./viewer-certificate.ts";

export function Page({ params }: PageProps) {
  return (
    <OfDistribution id={params["id"] ?? ""}>
      {({ Distribution: shown }) => <Overview distribution={shown} />}
    </OfDistribution>
  );
}

const ORIGINS: readonly Column<Origin>[] = [
  { heading: "Origin", cell: ({ Id }) => <span class="mono">{Id}</span> },
  { heading: "Domain", cell: ({ DomainName, OriginPath = "" }) => DomainName + OriginPath },
  { heading: "Kind", cell: describeOrigin },
];

function describeOrigin({ S3OriginConfig, CustomOriginConfig, OriginAccessControlId = "" }: Origin): string {
  const identity = S3OriginConfig?.OriginAccessIdentity.split("/").at(-1) ?? "";
  const asked =
    OriginAccessControlId !== "" ? `by ${OriginAccessControlId}` : identity !== "" ? `as ${identity}` : "as nobody";
  if (CustomOriginConfig === undefined) return `bucket, asked ${asked}`;
  const { OriginProtocolPolicy, HTTPPort, HTTPSPort } = CustomOriginConfig;
  const ports = { "http-only": `HTTP, port ${HTTPPort}`, "https-only": `HTTPS, port ${HTTPSPort}` } as Record<
    string,
    string
  >;
  return ports[OriginProtocolPolicy] ?? `as the viewer comes, ports ${HTTPPort} and ${HTTPSPort}`;
}

interface Numbered extends Behavior {
  readonly number: string;
}

const BEHAVIORS: readonly Column<Numbered>[] = [
  { heading: "Order", cell: ({ number }) => number },
  {
    heading: "Path pattern",
    cell: ({ PathPattern }) => (PathPattern === undefined ? "Default (*)" : <code>{PathPattern}</code>),
  },
  { heading: "Origin", cell: ({ TargetOriginId }) => <span class="mono">{TargetOriginId}</span> },
  { heading: "Viewers", cell: ({ ViewerProtocolPolicy }) => PROTOCOLS[ViewerProtocolPolicy] ?? ViewerProtocolPolicy },
  { heading: "In the cache", cell: describeCaching },
  { heading: "Signed", cell: (behavior) => (isSigned(behavior) ? "required" : "no") },
];

const PROTOCOLS: Readonly<Record<string, string>> = {
  "allow-all": "HTTP and HTTPS",
  "https-only": "HTTPS only",
  "redirect-to-https": "redirected to HTTPS",
};

function isSigned({ TrustedKeyGroups, TrustedSigners }: Behavior): boolean {
  return TrustedKeyGroups?.Enabled === true || TrustedSigners?.Enabled === true;
}

function describeCaching({ MinTTL = 0, DefaultTTL, MaxTTL }: Behavior): string {
  return `${seconds(MinTTL)} to ${seconds(MaxTTL ?? 31_536_000)}, else ${seconds(DefaultTTL ?? 86_400)}`;
}

const UNITS = [
  [31_536_000, "y"],
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
] as const;

function seconds(count: number): string {
  const unit = UNITS.find(([length]) => count >= length && count % length === 0);
  return unit === undefined ? `${count} s` : `${count / unit[0]} ${unit[1]}`;
}

function describeCertificate(viewer: ViewerCertificate = DEFAULT_CERTIFICATE): string {
  const id = certificateIdOf(viewer);
  return id === undefined
    ? "the default one"
    : `${id.replace(/^arn:.*\//, "ACM's ")}, ${viewer.MinimumProtocolVersion ?? ""}`;
}

function describeCountries({ RestrictionType, Items = [] }: GeoRestriction = ALL_COUNTRIES): string {
  if (RestrictionType === "none") return "all";
  return `${RestrictionType === "blacklist" ? "all but " : ""}${Items.join(", ")}`;
}

function describeError({ ErrorCode, ResponseCode, ResponsePagePath }: ErrorResponse): string {
  return ResponseCode === "" ? `${ErrorCode}` : `${ErrorCode}: ${ResponseCode} and ${ResponsePagePath}`;
}

function itemsOf<Item>(list: Listed<Item> | undefined): readonly Item[] {
  return list?.Items ?? [];
}

function Overview({ distribution }: { distribution: Distribution }) {
  const config = distribution.DistributionConfig;
  const aliases = itemsOf(config.Aliases);
  const behaviors: readonly Numbered[] = [
    ...itemsOf(config.CacheBehaviors).map((each, index) => ({ ...each, number: String(index + 1) })),
    { ...config.DefaultCacheBehavior, number: "last" },
  ];
  return (
    <div class="stack">
      <section class="card">
        <dl class="facts">
          <Fact name="Id">
            <span class="mono">{distribution.Id}</span>
          </Fact>
          <Fact name="Domain name">{distribution.DomainName}</Fact>
          <Fact name="Aliases">{aliases.length === 0 ? "none" : aliases.join(", ")}</Fact>
          <Fact name="Default root object">{config.DefaultRootObject || "none"}</Fact>
          <Fact name="Certificate">{describeCertificate(config.ViewerCertificate)}</Fact>
          <Fact name="Countries">{describeCountries(config.Restrictions?.GeoRestriction)}</Fact>
          <Fact name="Errors">
            {itemsOf(config.CustomErrorResponses).map(describeError).join(", ") || "as origins say"}
          </Fact>
          <Fact name="Access log">
            {config.Logging?.Enabled === true
              ? `${config.Logging.Bucket}, ${config.Logging.Prefix || "without prefix"}`
              : "off"}
          </Fact>
          <Fact name="Last modified">{new Date(distribution.LastModifiedTime).toLocaleString()}</Fact>
        </dl>
      </section>
      <h2>Origins</h2>
      <Table caption="Origins" columns={ORIGINS} rows={itemsOf(config.Origins)} keyOf={({ Id }) => Id} />
      <h2>Behaviors</h2>
      <Table
        caption="Behaviors, in the order in which they are tried"
        columns={BEHAVIORS}
        rows={behaviors}
        keyOf={({ number }) => number}
      />
    </div>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
