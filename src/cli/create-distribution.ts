// `distributions create`: a distribution in front of one web server or one bucket, with as little said as can be. Whatever
// needs more settings than these is made with any client of the API, and listed, switched and deleted here all the same.

import { formatAuthority, reachable } from "../service/addresses.ts";
import { askStatus } from "../service/service-status.ts";
import type { Settings } from "../service/settings.ts";
import type { WireDocument } from "../wire/shape.ts";
import type { Arguments } from "./arguments.ts";
import { openBuckets } from "./ask-buckets.ts";
import { listAll, newReference, textOf, type CallApi } from "./call-api.ts";
import { grantBucket, identityStatement } from "./grant-bucket.ts";
import { createIdentity } from "./identities.ts";
import { refuse } from "./refuse.ts";

const ORIGIN_ID = "origin";

export type MadeDistribution =
  | { readonly kind: "made"; readonly id: string; readonly domain: string }
  /** Said already. */
  | { readonly kind: "refused"; readonly status: number };

export async function createDistribution(
  given: Arguments,
  callApi: CallApi,
  settings: Settings,
): Promise<MadeDistribution> {
  const flag = (name: string): string | undefined => given.flags.get(name)?.at(-1);
  const [url, bucket] = [flag("--origin"), flag("--bucket")];
  if ((url === undefined) === (bucket === undefined)) {
    return misused("distributions create takes --origin URL or --bucket NAME");
  }
  const origin = url === undefined ? undefined : readOrigin(url);
  if (typeof origin === "string") return misused(origin);
  const identity = bucket === undefined ? undefined : await letIn(bucket, { given, settings, callApi });
  if (typeof identity === "object") return failed(identity.message);
  const aliases = given.flags.get("--alias") ?? [];
  const made = await callApi("CreateDistribution", {
    DistributionConfig: {
      CallerReference: newReference(),
      Comment: flag("--comment") ?? "",
      Enabled: true,
      DefaultRootObject: flag("--root-object") ?? (bucket === undefined ? "" : "index.html"),
      ...(aliases.length > 0 ? { Aliases: { Quantity: aliases.length, Items: aliases } } : {}),
      Origins: {
        Quantity: 1,
        Items: [origin ?? bucketOrigin(bucket ?? "", identity ?? "")],
      },
      DefaultCacheBehavior: {
        TargetOriginId: ORIGIN_ID,
        ViewerProtocolPolicy: "allow-all",
        MinTTL: 0,
        Compress: true,
        // A bucket answers the same whatever the query says; a web server may not.
        ForwardedValues: { QueryString: bucket === undefined, Cookies: { Forward: "none" } },
      },
    },
  });
  if (made.kind === "failure") return failed(made.message);
  const distribution = made.output["Distribution"] as WireDocument;
  return { kind: "made", id: textOf(distribution, "Id"), domain: textOf(distribution, "DomainName") };
}

/** Where viewers on this machine find it; without its port where the server is another than the data directory's. */
export async function viewerUrl(domain: string, { settingFlags }: Arguments, settings: Settings): Promise<string> {
  const isElsewhere = settingFlags.has("--api-port") || settingFlags.has("--api-host");
  const status = isElsewhere ? undefined : await askStatus(settings.dataDir);
  const address =
    status?.kind === "running" ? status.status.addresses.find(({ setting }) => setting === "edgeHttpPort") : undefined;
  return `http://${address === undefined ? domain : formatAuthority(domain, reachable(address).port)}/`;
}

function readOrigin(text: string): WireDocument | string {
  const wrong = `--origin is a URL like http://localhost:3000, found ${JSON.stringify(text)}`;
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return wrong;
  const { protocol, hostname, port, pathname, search, hash, username } = new URL(text);
  if (search !== "" || hash !== "" || username !== "") return `${wrong}: no more than host, port and path`;
  const isHttps = protocol === "https:";
  return {
    Id: ORIGIN_ID,
    DomainName: hostname,
    OriginPath: pathname.replace(/\/+$/, ""),
    CustomOriginConfig: {
      HTTPPort: isHttps || port === "" ? 80 : Number(port),
      HTTPSPort: isHttps && port !== "" ? Number(port) : 443,
      OriginProtocolPolicy: isHttps ? "https-only" : "http-only",
    },
  };
}

function bucketOrigin(bucket: string, identity: string): WireDocument {
  return {
    Id: ORIGIN_ID,
    DomainName: `${bucket}.s3.amazonaws.com`,
    S3OriginConfig: { OriginAccessIdentity: `origin-access-identity/cloudfront/${identity}` },
  };
}

/** The identity that reads this bucket, which is known by its comment, or a new one; with the grant in the bucket's policy. */
async function letIn(
  bucket: string,
  { given, settings, callApi }: { readonly given: Arguments; readonly settings: Settings; readonly callApi: CallApi },
): Promise<string | { readonly message: string }> {
  const ask = await openBuckets(given, settings);
  const there = await ask({ method: "GET", bucket, query: { location: "" } });
  if (there.kind === "failure") return { message: `${bucket}: ${there.message}` };
  const comment = `reads the bucket ${bucket}`;
  const listed = await listAll(callApi, "ListCloudFrontOriginAccessIdentities", "CloudFrontOriginAccessIdentityList");
  if (listed.kind === "failure") return listed;
  const known = listed.items.find((item) => textOf(item, "Comment") === comment);
  const own =
    known === undefined ? await createIdentity(comment, callApi) : { kind: "ok" as const, id: textOf(known, "Id") };
  if (own.kind === "failure") return own;
  const granted = await grantBucket(bucket, identityStatement(own.id, bucket), ask);
  return granted.kind === "failure" ? granted : own.id;
}

function misused(message: string): MadeDistribution {
  return { kind: "refused", status: refuse(message, 2) };
}

function failed(message: string): MadeDistribution {
  return { kind: "refused", status: refuse(message) };
}
