// The credential with which an edge asks the bucket store: good for objects that its identity was granted, for nothing else
// on this port, and for nothing at all once the identity is gone.

import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { identityArn } from "../../src/buckets/access/principal.ts";
import { serveBuckets } from "../../src/buckets/serve-buckets.ts";
import { authenticate } from "../../src/callers/authenticate.ts";
import { serveApi } from "../../src/control/serve.ts";
import { edgeCredential } from "../../src/model/edge-credential.ts";
import { distributionDraft, identityDraft, NOW, PLENTY } from "../../src/store/contract/samples.ts";
import { signRequest } from "../../src/wire/sigv4-sign.ts";
import { openControlHarness } from "../support/control-harness.ts";
import { signHeader, toBucketRequest, type S3Request } from "../support/s3-signer.ts";
import { HOST, openBucketStage, type BucketStage } from "./bucket-stage.ts";

const IDENTITY = identityDraft(1);
const DISTRIBUTION = distributionDraft(2);
const SECRET = new Uint8Array(32);
const KEYS = {
  identity: edgeCredential({ kind: "identity", id: IDENTITY.id }, SECRET),
  distribution: edgeCredential({ kind: "distribution", account: DISTRIBUTION.account, id: DISTRIBUTION.id }, SECRET),
} as const;

const PRINCIPALS = {
  identity: { AWS: identityArn(IDENTITY.id) },
  distribution: { Service: "cloudfront.amazonaws.com" },
} as const;

/** A bucket whose policy grants everything to the edge. */
async function openGranted(t: TestContext, who: keyof typeof KEYS): Promise<BucketStage> {
  const stage = await openBucketStage(t);
  for (const draft of [IDENTITY, DISTRIBUTION]) await stage.store.resources.create(draft, PLENTY, NOW);
  assert.equal((await stage.ask("PUT /private")).status, 200);
  assert.equal((await stage.ask("PUT /private/key", { body: "secret" })).status, 200);
  const policy = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: PRINCIPALS[who],
        Action: "s3:*",
        Resource: ["arn:aws:s3:::private", "arn:aws:s3:::private/*"],
      },
    ],
  };
  assert(await stage.store.buckets.setBucketSetting("private", "policy", JSON.stringify(policy)));
  return stage;
}

async function askAs(stage: BucketStage, who: keyof typeof KEYS, line: string): Promise<number> {
  const [method = "", target = ""] = line.split(" ");
  const [path = "", query = ""] = target.split("?");
  const request: S3Request = { method, path, query, fields: [["Host", HOST]], body: new Uint8Array(0) };
  const at = stage.service.clock.now();
  const signed = signHeader(request, { key: KEYS[who], at, payload: "UNSIGNED-PAYLOAD" });
  return (await serveBuckets(toBucketRequest(signed.request), stage.service)).status;
}

// What an edge may with a grant of everything, and what it may not.
const ROWS: readonly (readonly [line: string, status: number])[] = [
  ["GET /private/key", 200],
  ["HEAD /private/key", 200],
  ["GET /private?list-type=2", 200],
  ["PUT /private/other", 200],
  ["DELETE /private/other", 204],
  ["GET /", 403],
  ["PUT /another", 403],
  ["DELETE /private", 403],
  ["PUT /private?policy", 403],
  ["DELETE /private?policy", 403],
  ["GET /private?policy", 403],
  ["PUT /private?acl", 403],
  ["PUT /private?publicAccessBlock", 403],
];

for (const who of ["identity", "distribution"] as const) {
  for (const [line, status] of ROWS) {
    test(`an edge that asks for its ${who}, granted everything: ${line} is ${status}`, async (t) => {
      assert.equal(await askAs(await openGranted(t, who), who, line), status);
    });
  }
}

test("a deleted identity loses its access at once", async (t) => {
  const stage = await openGranted(t, "identity");
  assert.equal(await askAs(stage, "identity", "GET /private/key"), 200);
  const found = await stage.store.resources.get("origin-access-identity", IDENTITY.account, IDENTITY.id);
  assert(found !== undefined);
  assert.equal((await stage.store.resources.delete(found, NOW)).kind, "deleted");
  assert.equal(await askAs(stage, "identity", "GET /private/key"), 403);
});

for (const who of ["identity", "distribution"] as const) {
  for (const service of ["cloudfront", "sts", "iam", "acm", "s3"]) {
    test(`an edge's credential for its ${who} is no caller of ${service} on the management API`, async () => {
      const harness = await openControlHarness();
      for (const draft of [IDENTITY, DISTRIBUTION]) await harness.store.resources.create(draft, PLENTY, NOW);
      const unsigned = {
        method: "GET",
        rawPath: "/2020-05-31/origin-access-identity/cloudfront",
        rawQuery: "",
        fields: [["Host", HOST] as const],
        body: new Uint8Array(0),
      };
      const as = { ...KEYS[who], region: "us-east-1", service };
      const fields = signRequest(unsigned, as, { at: harness.clock.now() });
      const request = { ...unsigned, fields, endpoint: `http://${HOST}` };
      const authenticated = await authenticate(request, harness.control);
      assert.equal(authenticated.kind, "failure");
      assert.equal((await serveApi(request, harness.control)).status, 403);
    });
  }
}

test("an edge whose request was changed on its way learns nothing of it that a viewer could read", async (t) => {
  const stage = await openGranted(t, "identity");
  const fields = [["Host", HOST] as const, ["x-amz-meta-confidential", "of the origin"] as const];
  const request: S3Request = { method: "GET", path: "/private/key", query: "", fields, body: new Uint8Array(0) };
  const at = stage.service.clock.now();
  const signed = signHeader(request, { key: KEYS.identity, at, payload: "UNSIGNED-PAYLOAD" });
  const answer = await serveBuckets(toBucketRequest({ ...signed.request, path: "/private/kez" }), stage.service);
  assert.equal(answer.status, 403);
  assert(answer.body.kind === "text");
  assert.match(answer.body.text, /<Code>SignatureDoesNotMatch<\/Code>/);
  assert.doesNotMatch(answer.body.text, /confidential|cloudfront\.identity|Canonical|StringToSign/);
});
