// A bucket's website configuration: what may be put. What it makes of a request is website/website.ts's. [S3API PutBucketWebsite]

import type { Bucket } from "../../store/buckets.ts";
import { fail, type S3Failure } from "../operation.ts";
import { group, maybe, many, once, oneOf, TEXT, type SettingDocument } from "./setting-shape.ts";

const PROTOCOL = oneOf("http", "https");

export const WEBSITE_SHAPE = group({
  RedirectAllRequestsTo: maybe(group({ HostName: once(TEXT), Protocol: maybe(PROTOCOL) })),
  IndexDocument: maybe(group({ Suffix: once(TEXT) })),
  ErrorDocument: maybe(group({ Key: once(TEXT) })),
  RoutingRules: maybe(
    group({
      RoutingRule: many(
        group({
          Condition: maybe(group({ KeyPrefixEquals: maybe(TEXT), HttpErrorCodeReturnedEquals: maybe(TEXT) })),
          Redirect: once(
            group({
              Protocol: maybe(PROTOCOL),
              HostName: maybe(TEXT),
              ReplaceKeyPrefixWith: maybe(TEXT),
              ReplaceKeyWith: maybe(TEXT),
              HttpRedirectCode: maybe(TEXT),
            }),
          ),
        }),
      ),
    }),
  ),
});

export interface RoutingRule {
  readonly Condition?: { readonly KeyPrefixEquals?: string; readonly HttpErrorCodeReturnedEquals?: string };
  readonly Redirect: {
    readonly Protocol?: "http" | "https";
    readonly HostName?: string;
    readonly ReplaceKeyPrefixWith?: string;
    readonly ReplaceKeyWith?: string;
    readonly HttpRedirectCode?: string;
  };
}

/** Either RedirectAllRequestsTo alone, or an IndexDocument and what goes with it. */
export interface WebsiteConfiguration {
  readonly RedirectAllRequestsTo?: { readonly HostName: string; readonly Protocol?: "http" | "https" };
  readonly IndexDocument?: { readonly Suffix: string };
  readonly ErrorDocument?: { readonly Key: string };
  readonly RoutingRules?: { readonly RoutingRule: readonly RoutingRule[] };
}

/** [S3UG how-to-page-redirect] */
const RULES_MAX = 50;

export function checkWebsite(value: SettingDocument): S3Failure | undefined {
  const { RedirectAllRequestsTo, IndexDocument, ErrorDocument, RoutingRules } = value as WebsiteConfiguration;
  if (RedirectAllRequestsTo !== undefined) {
    if (IndexDocument ?? ErrorDocument ?? RoutingRules) {
      return fail("InvalidArgument", {
        message:
          "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules, an IndexDocument or an ErrorDocument.",
      });
    }
    return isHostName(RedirectAllRequestsTo.HostName) ? undefined : badHostName(RedirectAllRequestsTo.HostName);
  }
  if (IndexDocument === undefined) {
    return fail("InvalidArgument", {
      message: "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
    });
  }
  if (IndexDocument.Suffix === "" || IndexDocument.Suffix.includes("/")) {
    return fail("InvalidArgument", { message: "The IndexDocument Suffix is not well formed" });
  }
  if (ErrorDocument?.Key === "")
    return fail("InvalidArgument", { message: "The ErrorDocument Key is not well formed" });
  const rules = RoutingRules?.RoutingRule ?? [];
  if (rules.length > RULES_MAX) {
    return fail("InvalidRequest", {
      message: `The number of routing rules must not exceed ${RULES_MAX}; there are ${rules.length}.`,
    });
  }
  for (const rule of rules) {
    const refused = checkRule(rule);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

function checkRule({ Condition, Redirect }: RoutingRule): S3Failure | undefined {
  const status = Condition?.HttpErrorCodeReturnedEquals;
  if (status !== undefined && !/^[45]\d\d$/.test(status)) {
    return fail("InvalidRequest", {
      message: `The provided HTTP error code (${status}) is not valid. Valid codes are 4XX or 5XX.`,
    });
  }
  const redirect = Redirect.HttpRedirectCode;
  if (redirect !== undefined && !/^3(?!00|04)\d\d$/.test(redirect)) {
    return fail("InvalidRequest", {
      message: `The provided HTTP redirect code (${redirect}) is not valid. Valid codes are 3XX except 300.`,
    });
  }
  if (Redirect.ReplaceKeyWith !== undefined && Redirect.ReplaceKeyPrefixWith !== undefined) {
    return fail("InvalidRequest", { message: "You can only define ReplaceKeyPrefix or ReplaceKey but not both." });
  }
  if (Object.keys(Redirect).length === 0) {
    return fail("InvalidRequest", { message: "A routing rule's Redirect must say at least one thing." });
  }
  return Redirect.HostName === undefined || isHostName(Redirect.HostName) ? undefined : badHostName(Redirect.HostName);
}

/** With a port, as it goes into a Location: nothing that could end the field or begin a path. */
function isHostName(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,253}(?::\d{1,5})?$/.test(text);
}

function badHostName(name: string): S3Failure {
  return fail("InvalidArgument", {
    message: `The HostName ${JSON.stringify(name.slice(0, 100))} is not a host's name.`,
  });
}

/** `undefined`: the bucket is no website. */
export function websiteOf({ settings }: Pick<Bucket, "settings">): WebsiteConfiguration | undefined {
  return settings.website === undefined ? undefined : (JSON.parse(settings.website) as WebsiteConfiguration);
}
