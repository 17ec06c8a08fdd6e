// What the pages about buckets share: a distribution whose origin is a bucket, a store of its own that writes down what it is
// asked, and the check of a signature by the code that verifies them.

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { edgeCredential, type EdgePrincipal } from "../../src/model/edge-credential.ts";
import type { Origin } from "../../src/model/distribution.ts";
import type { AccountId, FeedNumber, ResourceId } from "../../src/vocabulary/ids.ts";
import type { PublishedAccessControl } from "../../src/store/store.ts";
import { openWorld, type DistributionDraft, type OriginAsked, type World, type WorldSettings } from "./harness.ts";

export const SECRET = new Uint8Array(32).fill(9);
export const IDENTITY = "E1IDENTITY0001" as ResourceId;
export const CONTROL = "E1CONTROL00001" as ResourceId;
export const ACCOUNT = "000000000000" as AccountId;

/** Settings of an origin that is the bucket. */
export function bucketOrigin(over: Partial<Origin> = {}): Partial<Origin> {
  const bucket: Partial<Origin> = {
    DomainName: "photos.s3.amazonaws.com",
    S3OriginConfig: { OriginAccessIdentity: `origin-access-identity/cloudfront/${IDENTITY}` },
    ...over,
  };
  // The page's draft has connection settings for an origin server.
  return { CustomOriginConfig: undefined, ...bucket } as Partial<Origin>;
}

/** The same with an access control. */
export function controlledOrigin(over: Partial<Origin> = {}): Partial<Origin> {
  return bucketOrigin({ S3OriginConfig: { OriginAccessIdentity: "" }, OriginAccessControlId: CONTROL, ...over });
}

/** The world's origin server stands in for the service's bucket store. */
export async function openBucketWorld(draft: DistributionDraft = {}, asked: WorldSettings = {}): Promise<World> {
  const world = await openWorld(
    { origin: bucketOrigin(), ...draft },
    { ...asked, settings: { serviceSecret: SECRET, ...asked.settings } },
  );
  world.edge.bucketsAt({ host: "127.0.0.1", port: world.origin.port });
  return world;
}

export function control(world: World, over: Partial<PublishedAccessControl> = {}): void {
  world.apply((number: FeedNumber) => ({
    kind: "origin-access-control",
    number,
    control: { id: CONTROL, account: ACCOUNT, signingBehavior: "always", originType: "s3", ...over },
  }));
}

/** Verified by the rule as it is published, with nothing of the product's code but the key. */
export function assertSignedBy(
  asked: OriginAsked | undefined,
  key: { readonly accessKeyId: string; readonly secret: string },
  given: { readonly region?: string; readonly atMs: number; readonly payload?: string },
): void {
  assert.ok(asked !== undefined, "nothing was asked");
  const { region = "us-east-1", atMs, payload = "UNSIGNED-PAYLOAD" } = given;
  const { authorization = "", ...headers } = asked.headers;
  const amzDate = new Date(atMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = `${amzDate.slice(0, 8)}/${region}/s3/aws4_request`;
  const [, credential, signed = "", signature] =
    /^AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/.exec(authorization) ?? [];
  assert.equal(credential, `${key.accessKeyId}/${scope}`);
  assert.equal(headers["x-amz-date"], amzDate);
  assert.equal(headers["x-amz-content-sha256"], payload);
  const names = signed.split(";");
  for (const name of Object.keys(headers)) {
    // A store refuses a request of which such a field is not signed.
    if (name.startsWith("x-amz-") || name === "host") assert.ok(names.includes(name), `${name} is not signed`);
  }
  const [path = "", query = ""] = asked.target.split(/\?(.*)/s);
  const canonicalQuery = query
    .split("&")
    .filter((piece) => piece !== "")
    .map((piece) => {
      const [name = "", value = ""] = piece.split(/=(.*)/s);
      return [name, value].map((part) => encode(decode(part.replaceAll("+", " ")))).join("=");
    })
    .toSorted()
    .join("&");
  const text = [
    asked.method,
    path
      .split("/")
      .map((segment) => encode(decode(segment)))
      .join("/"),
    canonicalQuery,
    ...names.map(
      (name) =>
        `${name}:${String(headers[name] ?? "")
          .trim()
          .replace(/ +/g, " ")}`,
    ),
    "",
    signed,
    payload,
  ].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", amzDate, scope, createHash("sha256").update(text).digest("hex")].join("\n");
  const hmac = (with_: string | Buffer, what: string): Buffer => createHmac("sha256", with_).update(what).digest();
  const day = hmac(`AWS4${key.secret}`, amzDate.slice(0, 8));
  const signingKey = hmac(hmac(hmac(day, region), "s3"), "aws4_request");
  assert.equal(signature, hmac(signingKey, toSign).toString("hex"), text);
}

export function assertSignedAs(
  asked: OriginAsked | undefined,
  who: EdgePrincipal,
  atMs: number,
  payload?: string,
): void {
  assertSignedBy(asked, edgeCredential(who, SECRET), { atMs, ...(payload !== undefined && { payload }) });
}

export function assertUnsigned(asked: OriginAsked | undefined): void {
  assert.ok(asked !== undefined, "nothing was asked");
  assert.equal(asked.headers.authorization, undefined);
  assert.equal(asked.headers["x-amz-date"], undefined);
}

function decode(text: string): string {
  return text.replace(/%[0-9A-Fa-f]{2}/g, (escape) => String.fromCharCode(parseInt(escape.slice(1), 16)));
}

function encode(text: string): string {
  return text.replace(
    /[^A-Za-z0-9\-._~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
