// GET of the service [S3API ListBuckets]: the buckets of the caller's account.

import { canonicalUserIdOf } from "../access/principal.ts";
import { fail, invalid, okXml, type BucketContext, type BucketOutcome } from "../operation.ts";
import { element, isoDate, textElement, xmlDocument } from "../xml.ts";

/** [S3API ListBuckets] */
const LIMIT_MAX = 10_000;

export async function listBuckets(at: BucketContext): Promise<BucketOutcome> {
  const { service, principal, query } = at;
  if (principal.kind !== "caller")
    return fail("AccessDenied", { why: "s3:ListAllMyBuckets takes an account's access key" });
  const asked = query.get("max-buckets") ?? String(LIMIT_MAX);
  const limit = /^\d{1,5}$/.test(asked) ? Number(asked) : 0;
  if (limit < 1 || limit > LIMIT_MAX)
    return invalid("max-buckets", asked, `Argument max-buckets must be an integer between 1 and ${LIMIT_MAX}`);
  const prefix = query.get("prefix");
  const region = query.get("bucket-region");
  const token = query.get("continuation-token");

  const { account } = principal.caller;
  const after = token === undefined ? "" : Buffer.from(token, "base64url").toString();
  // One more than is shown tells whether there are more. A region is looked for page by page: pages may be short.
  const found = await service.store.buckets.listBuckets(account, { after, prefix: prefix ?? "", limit: limit + 1 });
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  const shown = page.filter((bucket) => region === undefined || bucket.region === region);
  return okXml(
    xmlDocument(
      "ListAllMyBucketsResult",
      element("Owner", textElement("ID", canonicalUserIdOf(account))) +
        element(
          "Buckets",
          shown
            .map((bucket) =>
              element(
                "Bucket",
                textElement("Name", bucket.name) +
                  textElement("CreationDate", isoDate(bucket.createdAtMs)) +
                  textElement("BucketRegion", bucket.region),
              ),
            )
            .join(""),
        ) +
        textElement("Prefix", prefix) +
        textElement("ContinuationToken", last === undefined ? undefined : Buffer.from(last.name).toString("base64url")),
    ),
  );
}
