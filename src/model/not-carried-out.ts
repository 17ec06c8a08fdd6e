// Settings that the API knows and this server does not carry out yet. Nothing is stored and ignored: such a setting is
// refused by name, and only its off value, which common clients always send, is accepted. A row leaves this table
// when its part is built; not-carried-out.test.ts walks the newest model, so that no member can be missing from both.

import type { WireDocument, WireValue } from "../wire/shape.ts";
import { EDGE_HEADERS, isUntoldEdgeHeader } from "./edge-headers.ts";
import { fail, type ApiFailure } from "./errors.ts";
import { documentOf, documentsOf, isDocument, isList, quoted, textOf, textsOf } from "./sent-value.ts";

/** What kind of structure a setting is a member of. */
type Holder = "distribution" | "origin" | "origin group" | "behavior";

export interface NotCarriedOut {
  readonly of: Holder;
  /** From the holder on, as the members are nested: `Logging.Enabled`. */
  readonly setting: string;
  /** What it would do. */
  readonly about: string;
  /** The value that is accepted, as a caller would write it. */
  readonly offValue: string;
  readonly isOff: (value: WireValue) => boolean;
}

const isFalse = (value: WireValue): boolean => value === false;
const isEmptyText = (value: WireValue): boolean => value === "";
/** A list without items, or a structure in which nothing is set. */
const isBlank = (value: WireValue): boolean => {
  if (isList(value)) return value.length === 0;
  if (isDocument(value)) return Object.values(value).every((inner) => inner === undefined || isBlank(inner));
  return value === "" || value === 0;
};

/** In the order in which they are looked for: that of the config. */
export const NOT_CARRIED_OUT: readonly NotCarriedOut[] = [
  {
    of: "origin",
    setting: "CustomOriginConfig.OriginMtlsConfig",
    about: "client certificates towards the origin",
    offValue: "none",
    isOff: isBlank,
  },
  { of: "origin", setting: "VpcOriginConfig", about: "VPC origins", offValue: "none", isOff: isBlank },
  { of: "origin", setting: "OriginShield.Enabled", about: "Origin Shield", offValue: "false", isOff: isFalse },
  {
    of: "origin group",
    setting: "SelectionCriteria",
    about: "choosing an origin by the quality of its media",
    offValue: "default",
    isOff: (value) => value === "default",
  },
  {
    of: "behavior",
    setting: "SmoothStreaming",
    about: "Microsoft Smooth Streaming",
    offValue: "false",
    isOff: isFalse,
  },
  {
    of: "behavior",
    setting: "LambdaFunctionAssociations",
    about: "Lambda functions at the edge",
    offValue: "Quantity 0",
    isOff: isBlank,
  },
  {
    of: "behavior",
    setting: "FunctionAssociations",
    about: "CloudFront functions",
    offValue: "Quantity 0",
    isOff: isBlank,
  },
  {
    of: "behavior",
    setting: "FieldLevelEncryptionId",
    about: "field-level encryption",
    offValue: "an empty text",
    isOff: isEmptyText,
  },
  {
    of: "behavior",
    setting: "RealtimeLogConfigArn",
    about: "real-time logs",
    offValue: "an empty text",
    isOff: isEmptyText,
  },
  {
    of: "behavior",
    setting: "CachePolicyId",
    about: "cache policies",
    offValue: "an empty text, with ForwardedValues instead",
    isOff: isEmptyText,
  },
  {
    of: "behavior",
    setting: "OriginRequestPolicyId",
    about: "origin request policies",
    offValue: "an empty text, with ForwardedValues instead",
    isOff: isEmptyText,
  },
  {
    of: "behavior",
    setting: "ResponseHeadersPolicyId",
    about: "response headers policies",
    offValue: "an empty text",
    isOff: isEmptyText,
  },
  { of: "behavior", setting: "GrpcConfig.Enabled", about: "gRPC", offValue: "false", isOff: isFalse },
  {
    of: "behavior",
    setting: "ForwardedValues.Headers",
    about: "CloudFront-* headers of which the edge knows no value, or which are not for a cache key",
    offValue: `of the names that begin with CloudFront- only ${Object.keys(EDGE_HEADERS).join(", ")}`,
    isOff: (value) => isDocument(value) && !textsOf({ Headers: value }, "Headers").some(isUntoldEdgeHeader),
  },
  {
    of: "distribution",
    setting: "PriceClass",
    about: "multi-tenant distributions, the only ones without a price class",
    offValue: "PriceClass_All",
    isOff: (value) => value !== "None",
  },
  {
    of: "distribution",
    setting: "ViewerCertificate.SSLSupportMethod",
    about: "static addresses",
    offValue: "sni-only or vip",
    isOff: (value) => value !== "static-ip",
  },
  {
    of: "distribution",
    setting: "ContinuousDeploymentPolicyId",
    about: "continuous deployment",
    offValue: "an empty text",
    isOff: isEmptyText,
  },
  { of: "distribution", setting: "Staging", about: "continuous deployment", offValue: "false", isOff: isFalse },
  {
    of: "distribution",
    setting: "AnycastIpListId",
    about: "anycast addresses",
    offValue: "an empty text",
    isOff: isEmptyText,
  },
  {
    of: "distribution",
    setting: "TenantConfig",
    about: "multi-tenant distributions",
    offValue: "none",
    isOff: isBlank,
  },
  {
    of: "distribution",
    setting: "ConnectionMode",
    about: "multi-tenant distributions",
    offValue: "direct",
    isOff: (value) => value === "direct",
  },
  {
    of: "distribution",
    setting: "ViewerMtlsConfig",
    about: "client certificates of viewers",
    offValue: "none",
    isOff: isBlank,
  },
  {
    of: "distribution",
    setting: "ConnectionFunctionAssociation",
    about: "connection functions",
    offValue: "none",
    isOff: isBlank,
  },
  { of: "distribution", setting: "CacheTagConfig", about: "cache tags", offValue: "none", isOff: isBlank },
];

/** Refuses the first setting of a distribution's config that is on and not carried out. `undefined`: there is none. */
export function findNotCarriedOut(sent: WireDocument): ApiFailure | undefined {
  for (const row of NOT_CARRIED_OUT) {
    for (const [holder, place] of holdersOf(row.of, sent)) {
      const failure = hold(row, holder, place);
      if (failure !== undefined) return failure;
    }
  }
  return undefined;
}

function hold(row: NotCarriedOut, holder: WireDocument, place: string): ApiFailure | undefined {
  let value: WireValue | undefined = holder;
  for (const member of row.setting.split(".")) value = isDocument(value) ? value[member] : undefined;
  if (value === undefined || row.isOff(value)) return undefined;
  return fail(
    "InvalidArgument",
    `The parameter ${row.setting} of ${place} is not carried out by this server yet: ${row.about}; leave it out or send its off value (${row.offValue}).`,
  );
}

function holdersOf(of: Holder, sent: WireDocument): readonly (readonly [WireDocument, string])[] {
  switch (of) {
    case "distribution":
      return [[sent, "the distribution"]];
    case "origin":
      return documentsOf(sent, "Origins").map((origin) => [origin, `the origin ${quoted(textOf(origin, "Id") ?? "")}`]);
    case "origin group":
      return documentsOf(sent, "OriginGroups").map((group) => [
        group,
        `the origin group ${quoted(textOf(group, "Id") ?? "")}`,
      ]);
    case "behavior": {
      const first = documentOf(sent, "DefaultCacheBehavior");
      const others = documentsOf(sent, "CacheBehaviors");
      return [
        ...(first === undefined ? [] : [[first, "the default cache behavior"] as const]),
        ...others.map(
          (behavior) => [behavior, `the cache behavior ${quoted(textOf(behavior, "PathPattern") ?? "")}`] as const,
        ),
      ];
    }
  }
}
