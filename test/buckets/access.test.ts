// Who gets what through the whole bucket store: signatures, policies, ACLs, the public access block and CORS together.

import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { openBucketStage, type BucketStage } from "./bucket-stage.ts";

const OPEN = "<PublicAccessBlockConfiguration/>";
const WRITER = "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>";

/** A bucket with an object in it; `isOpen`: without public access block, and with ACLs. */
async function openShop(t: TestContext, isOpen: boolean): Promise<BucketStage> {
  const stage = await openBucketStage(t);
  await stage.ask("PUT /shop");
  await stage.ask("PUT /shop/open/a", { body: "a" });
  await stage.ask("PUT /shop/secret/b", { body: "b" });
  if (isOpen) {
    assert.equal((await stage.ask("PUT /shop?publicAccessBlock", { body: OPEN })).status, 200);
    assert.equal((await stage.ask("PUT /shop?ownershipControls", { body: WRITER })).status, 200);
  }
  return stage;
}

function policyOf(...statements: readonly object[]): { readonly body: string } {
  return { body: JSON.stringify({ Version: "2012-10-17", Statement: statements }) };
}
const EVERYONE = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::shop/open/*" };

test("a new bucket is its owner's alone: nobody else reads, lists, writes, deletes or asks about it", async (t) => {
  const { ask, whys } = await openShop(t, false);
  const lines = [
    "GET /shop/open/a",
    "HEAD /shop/open/a",
    "GET /shop",
    "GET /shop?acl",
    "PUT /shop/c",
    "DELETE /shop/open/a",
    "GET /shop?policy",
    "DELETE /shop",
    "POST /shop/c?uploads",
    "GET /shop/open/a?acl",
    "GET /shop/nothing",
  ];
  for (const as of ["nobody", "other"] as const) {
    for (const line of lines) assert.equal((await ask(line, { as })).status, 403, `${as} ${line}`);
  }
  assert.match(
    whys.join("\n"),
    /an unsigned request may not s3:GetObject on arn:aws:s3:::shop\/open\/a: the bucket has no policy, and ACLs are off/,
  );
  for (const line of ["GET /shop/open/a", "GET /shop", "GET /shop?acl"]) {
    assert.equal((await ask(line, { as: "reader" })).status, 200, line);
  }
  for (const line of ["PUT /shop/c", "DELETE /shop/open/a", "PUT /shop/open/a?tagging", "DELETE /shop"]) {
    assert.equal((await ask(line, { as: "reader" })).status, 403, line);
  }
});

test("a policy opens what it says, until it is taken away", async (t) => {
  const { ask } = await openShop(t, false);
  assert.equal((await ask("PUT /shop?policy", policyOf(EVERYONE))).code, "AccessDenied");
  await ask("PUT /shop?publicAccessBlock", { body: OPEN });
  assert.equal((await ask("PUT /shop?policy", policyOf(EVERYONE))).status, 204);
  assert.equal((await ask("GET /shop/open/a", { as: "nobody" })).text, "a");
  assert.equal((await ask("GET /shop/secret/b", { as: "nobody" })).code, "AccessDenied");
  // Whether there is no such key is for those who may list to know.
  assert.equal((await ask("GET /shop/open/nothing", { as: "nobody" })).code, "AccessDenied");
  // Ways around the pattern are other keys.
  for (const path of [
    "/shop/open/../secret/b",
    "/shop//open/a",
    "/shop/open%2F..%2Fsecret/b",
    "/shop/OPEN/a",
    "/shop/secret/b?versionId=null",
  ]) {
    assert.equal((await ask(`GET ${path}`, { as: "nobody" })).status, 403, path);
  }
  const closed =
    "<PublicAccessBlockConfiguration><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
  await ask("PUT /shop?publicAccessBlock", { body: closed });
  assert.equal((await ask("GET /shop/open/a", { as: "nobody" })).code, "AccessDenied");
  await ask("DELETE /shop?publicAccessBlock");
  assert.equal((await ask("GET /shop/open/a", { as: "nobody" })).text, "a");
  await ask("DELETE /shop?policy");
  assert.equal((await ask("GET /shop/open/a", { as: "nobody" })).code, "AccessDenied");
});

test("a Deny holds for the owner too, who can always take the policy away", async (t) => {
  const { ask } = await openShop(t, false);
  const everything = {
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: ["arn:aws:s3:::shop", "arn:aws:s3:::shop/*"],
  };
  assert.equal((await ask("PUT /shop?policy", policyOf(everything))).status, 204);
  for (const line of ["GET /shop/open/a", "GET /shop", "PUT /shop/open/a", "DELETE /shop/open/a"]) {
    assert.equal((await ask(line)).code, "AccessDenied", line);
  }
  assert.equal((await ask("GET /shop?policy", { as: "reader" })).code, "AccessDenied");
  assert.equal((await ask("GET /shop?policy")).status, 200);
  assert.equal((await ask("DELETE /shop?policy")).status, 204);
  assert.equal((await ask("GET /shop/open/a")).text, "a");
});

test("a batch of deletes and a copy are decided for each key that they touch", async (t) => {
  const { ask } = await openShop(t, true);
  const other = { AWS: "222222222222" };
  await ask(
    "PUT /shop?policy",
    policyOf({
      Effect: "Allow",
      Principal: other,
      Action: ["s3:DeleteObject", "s3:PutObject"],
      Resource: "arn:aws:s3:::shop/open/*",
    }),
  );
  const body = "<Delete><Object><Key>open/a</Key></Object><Object><Key>secret/b</Key></Object></Delete>";
  const deleted = await ask("POST /shop?delete", { as: "other", body });
  assert.match(deleted.text, /<Deleted><Key>open\/a<\/Key>/);
  assert.match(deleted.text, /<Error><Key>secret\/b<\/Key>.*AccessDenied/s);
  assert.equal((await ask("GET /shop/secret/b")).text, "b");
  const copied = await ask("PUT /shop/open/c", { as: "other", fields: { "x-amz-copy-source": "/shop/secret/b" } });
  assert.equal(copied.code, "AccessDenied");
});

test("an ACL comes along with an object, and counts while ACLs are on", async (t) => {
  const { ask } = await openShop(t, true);
  const read = async (key: string): Promise<number> => (await ask(`GET /shop/${key}`, { as: "nobody" })).status;
  assert.equal((await ask("PUT /shop/p", { body: "p", fields: { "x-amz-acl": "public-read" } })).status, 200);
  assert.equal(await read("p"), 200);
  assert.equal((await ask("PUT /shop/p?acl", { fields: { "x-amz-acl": "private" } })).status, 200);
  assert.equal(await read("p"), 403);
  await ask("PUT /shop/p?acl", { fields: { "x-amz-acl": "public-read" } });
  // A copy has an ACL of its own.
  await ask("PUT /shop/q", { fields: { "x-amz-copy-source": "/shop/p" } });
  assert.equal(await read("q"), 403);
  await ask("PUT /shop/q", { fields: { "x-amz-copy-source": "/shop/p", "x-amz-acl": "public-read" } });
  assert.equal(await read("q"), 200);
  const upload = /<UploadId>([^<]+)/.exec(
    (await ask("POST /shop/r?uploads", { fields: { "x-amz-acl": "public-read" } })).text,
  )?.[1];
  const tag = (await ask(`PUT /shop/r?partNumber=1&uploadId=${upload}`, { body: "r" })).fields.get("etag");
  const whole = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${tag}</ETag></Part></CompleteMultipartUpload>`;
  assert.equal((await ask(`POST /shop/r?uploadId=${upload}`, { body: whole })).status, 200);
  assert.equal(await read("r"), 200);

  await ask("PUT /shop?ownershipControls", { body: WRITER.replace("ObjectWriter", "BucketOwnerEnforced") });
  for (const key of ["p", "q", "r"]) assert.equal(await read(key), 403, key);
  assert.equal(
    (await ask("PUT /shop/s", { body: "s", fields: { "x-amz-acl": "public-read" } })).code,
    "AccessControlListNotSupported",
  );
  assert.equal(
    (await ask("PUT /shop/s", { body: "s", fields: { "x-amz-acl": "bucket-owner-full-control" } })).status,
    200,
  );
});

test("pages of other origins read what CORS allows them, and are told so before they write", async (t) => {
  const { ask } = await openShop(t, true);
  const from = (
    origin: string,
    method: string,
    headers = "",
  ): { readonly fields: Record<string, string>; readonly as: "nobody" } => ({
    as: "nobody",
    fields: {
      origin,
      "access-control-request-method": method,
      ...(headers === "" ? {} : { "access-control-request-headers": headers }),
    },
  });
  const preflight = async (...asked: Parameters<typeof from>) => ask("OPTIONS /shop/open/a", from(...asked));
  assert.equal((await preflight("https://app.example.com", "GET")).code, "AccessForbidden");
  const rule =
    "<CORSRule><AllowedHeader>x-amz-*</AllowedHeader><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>https://*.example.com</AllowedOrigin><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule>";
  const anyone = "<CORSRule><AllowedMethod>HEAD</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>";
  assert.equal(
    (await ask("PUT /shop?cors", { body: `<CORSConfiguration>${rule}${anyone}</CORSConfiguration>` })).status,
    200,
  );

  const told = await preflight("https://app.example.com", "PUT", "X-Amz-Date, x-amz-acl");
  assert.equal(told.status, 200);
  assert.deepEqual(
    [...told.fields].filter(([name]) => name.startsWith("access-control") || name === "vary"),
    [
      ["access-control-allow-origin", "https://app.example.com"],
      ["access-control-allow-headers", "x-amz-date, x-amz-acl"],
      ["access-control-allow-methods", "GET, PUT"],
      ["access-control-expose-headers", "ETag"],
      ["access-control-max-age", "60"],
      ["access-control-allow-credentials", "true"],
      ["vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"],
    ],
  );
  assert.equal((await preflight("https://any.org", "HEAD")).fields.get("access-control-allow-origin"), "*");
  for (const [origin, method, headers] of [
    ["https://app.example.com", "DELETE", ""],
    ["https://app.example.com", "PUT", "authorization"],
    ["http://app.example.com", "GET", ""],
    ["https://app.example.com.evil.org", "GET", ""],
    ["null", "GET", ""],
  ] as const) {
    assert.equal((await preflight(origin, method, headers)).code, "AccessForbidden", `${origin} ${method} ${headers}`);
  }
  assert.equal((await ask("OPTIONS /shop/open/a", { as: "nobody" })).code, "BadRequest");
  assert.equal((await ask("OPTIONS /nowhere/a", from("https://app.example.com", "GET"))).code, "NoSuchBucket");

  const origin = { origin: "https://app.example.com" };
  assert.equal(
    (await ask("GET /shop/open/a", { fields: origin })).fields.get("access-control-allow-origin"),
    origin.origin,
  );
  const refused = await ask("GET /shop/open/a", { as: "nobody", fields: origin });
  assert.equal(refused.status, 403);
  assert.equal(refused.fields.get("access-control-allow-origin"), origin.origin);
  assert.equal(
    (await ask("GET /shop/open/a", { fields: { origin: "https://evil.org" } })).fields.has(
      "access-control-allow-origin",
    ),
    false,
  );
  assert.equal((await ask("GET /shop/open/a")).fields.has("vary"), false);
});

test("what was put before versioning, or while it is suspended, is answered as version null", async (t) => {
  const { ask } = await openShop(t, false);
  const version = async (): Promise<string | undefined> =>
    (await ask("HEAD /shop/open/a")).fields.get("x-amz-version-id");
  assert.equal(await version(), undefined);
  const set = (status: string) =>
    ask("PUT /shop?versioning", {
      body: `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`,
    });
  await set("Enabled");
  assert.equal(await version(), "null");
  const put = await ask("PUT /shop/open/a", { body: "2" });
  assert.notEqual(put.fields.get("x-amz-version-id"), "null");
  assert.equal(await version(), put.fields.get("x-amz-version-id"));
  await set("Suspended");
  assert.equal((await ask("PUT /shop/open/a", { body: "3" })).fields.get("x-amz-version-id"), "null");
});
