// A bucket as a website: index documents, folders, redirects, error documents, and errors in S3's HTML. Called instead of the
// operations where the host is a website's name. Always anonymous: who signs a request is not looked at. [S3UG WebsiteHosting]

import { S3_ERRORS } from "../errors.ts";
import { getObject } from "../operations/get-object.ts";
import {
  fail,
  ok,
  type AtObject,
  type BucketContext,
  type BucketOutcome,
  type BucketService,
  type S3Failure,
} from "../operation.ts";
import { unsignedContext } from "../unsigned-context.ts";
import { websiteOf, type WebsiteConfiguration } from "../settings/website-configuration.ts";
import { errorPage } from "./website-error-page.ts";
import { encodePath, findRule, redirectTo } from "./website-redirect.ts";
import type { BucketRequest } from "../message.ts";
import type { Bucket, BucketName, StoredObject } from "../../store/buckets.ts";
import type { AnswerIds } from "../write-outcome.ts";

/** `path` begins with a slash and is decoded. Always an answer, never a failure: whoever asks is a browser. */
export async function serveWebsite(
  request: BucketRequest,
  { bucket: name, path }: { readonly bucket: BucketName; readonly path: string },
  service: BucketService,
  ids: AnswerIds,
): Promise<BucketOutcome> {
  // The query of a page is the page's own: it selects no version, and overrides nothing.
  const as = { principal: { kind: "anonymous" }, query: new Map<string, string>(), requestId: ids.requestId } as const;
  const context = unsignedContext(request, service, as);
  const refuse = (failure: S3Failure): BucketOutcome => {
    context.service.reportRefusal(`website of ${name}: ${failure.why ?? failure.code}`, ids.requestId);
    return errorPage(failure, context.method, ids);
  };
  if (context.method !== "GET" && context.method !== "HEAD") {
    const details = [["Method", context.method.slice(0, 32)] as const, ["ResourceType", "OBJECT"] as const];
    return refuse(fail("MethodNotAllowed", { details, fields: [["Allow", "GET, HEAD"]] }));
  }
  const bucket = await context.service.store.buckets.getBucket(name);
  if (bucket === undefined) return refuse(fail("NoSuchBucket", { details: [["BucketName", name]] }));
  const website = websiteOf(bucket);
  if (website === undefined) {
    return refuse(fail("NoSuchWebsiteConfiguration", { details: [["BucketName", name]] }));
  }

  const asked = path.slice(1);
  const { RedirectAllRequestsTo: all } = website;
  // The whole site has moved: an address with a query means the same page there. A rule names one page, without it.
  if (all !== undefined) return redirectTo(context, { ...all, key: asked, rawQuery: request.rawQuery, status: 301 });
  const before = findRule(website, asked, undefined);
  if (before !== undefined) return redirectTo(context, before);

  const found = await findPage(context, bucket, website, asked);
  switch (found.kind) {
    case "page": {
      const page = await servePage(context, bucket, found.object);
      return page.kind === "failure" ? refuse(page) : page;
    }
    case "folder":
      return ok(302, [["Location", sameHost(`/${asked}/`)]]);
    case "failure": {
      const { status } = S3_ERRORS[found.code];
      const rule = findRule(website, asked, status);
      return rule === undefined
        ? await errorDocument(found, refuse, { context, bucket, website })
        : redirectTo(context, rule);
    }
  }
}

type Found =
  | { readonly kind: "page"; readonly object: StoredObject }
  /** Without its slash: links in its page would lead elsewhere. */
  | { readonly kind: "folder" }
  | S3Failure;

/**
 * Whether there is an object is told before whether it may be read, as the documentation has it. [S3UG WebsiteAccessPermissionsReqd]
 */
async function findPage(
  context: BucketContext,
  bucket: Bucket,
  { IndexDocument }: WebsiteConfiguration,
  asked: string,
): Promise<Found> {
  const suffix = IndexDocument?.Suffix ?? "index.html";
  const key = asked === "" || asked.endsWith("/") ? `${asked}${suffix}` : asked;
  const object = await findObject(context, bucket, key);
  if (object !== undefined) {
    const denied = authorizeRead(context, bucket, object);
    return denied ?? { kind: "page", object };
  }
  if (key === asked && (await findObject(context, bucket, `${asked}/${suffix}`)) !== undefined)
    return { kind: "folder" };
  return fail("NoSuchKey", { details: [["Key", key]], why: `there is no object ${key}` });
}

async function findObject({ service }: BucketContext, bucket: Bucket, key: string): Promise<StoredObject | undefined> {
  const found = await service.store.buckets.getObject(bucket.name, key);
  return found?.isDeleteMarker === true ? undefined : found;
}

function authorizeRead(context: BucketContext, bucket: Bucket, object: StoredObject): S3Failure | undefined {
  return context.authorize({ action: "s3:GetObject", bucket, key: object.key, object });
}

async function servePage(context: BucketContext, bucket: Bucket, object: StoredObject): Promise<BucketOutcome> {
  const elsewhere = object.headers[REDIRECT_FIELD];
  if (elsewhere !== undefined) return ok(301, [["Location", elsewhere]]);
  return readObject(context, bucket, object);
}

/** [S3UG how-to-page-redirect] */
const REDIRECT_FIELD = "x-amz-website-redirect-location";

function readObject(context: BucketContext, bucket: Bucket, object: StoredObject): Promise<BucketOutcome> {
  const at: AtObject = { ...context, bucket, key: object.key, found: object };
  return getObject(at);
}

/** The bucket's own page for errors, with the status of the error; S3's where there is none, or it cannot be read. [S3UG CustomErrorDocSupport] */
async function errorDocument(
  failure: S3Failure,
  refuse: (failure: S3Failure) => BucketOutcome,
  { context, bucket, website }: { context: BucketContext; bucket: Bucket; website: WebsiteConfiguration },
): Promise<BucketOutcome> {
  const key = website.ErrorDocument?.Key;
  const { status } = S3_ERRORS[failure.code];
  if (key === undefined || status >= 500) return refuse(failure);
  const object = await findObject(context, bucket, key);
  if (object === undefined || authorizeRead(context, bucket, object) !== undefined) return refuse(failure);
  // Whole, whatever part or condition was asked of the page that is not there.
  const field = (lowerName: string): string | undefined =>
    CONDITIONS.test(lowerName) ? undefined : context.field(lowerName);
  const fields = context.fields.filter(([name]) => !CONDITIONS.test(name));
  const page = await readObject({ ...context, field, fields }, bucket, object);
  if (page.kind === "failure") return refuse(failure);
  context.service.reportRefusal(`website of ${bucket.name}: ${failure.why ?? failure.code}`, context.requestId);
  return { ...page, status, fields: [...page.fields, ["x-amz-error-code", failure.code]] };
}

const CONDITIONS = /^(?:if-.*|range)$/i;

/** Two slashes at the front would name another host. */
function sameHost(path: string): string {
  return encodePath(path).replace(/^\/\//, "/%2F");
}
