import assert from "node:assert/strict";
import test from "node:test";
import { ALL_ERROR_STATUSES, API_VERSIONS, apiModel } from "./api.ts";
import { API_ERRORS, fail, isApiErrorCode } from "./errors.ts";

/** Operations that this server carries out. */
const CARRIED_OUT = [
  "CreateCloudFrontOriginAccessIdentity",
  "CreateDistribution",
  "CreateDistributionWithTags",
  "CreateInvalidation",
  "CreateStreamingDistribution",
  "CreateStreamingDistributionWithTags",
  "DeleteCloudFrontOriginAccessIdentity",
  "DeleteDistribution",
  "DeleteStreamingDistribution",
  "GetCloudFrontOriginAccessIdentity",
  "GetCloudFrontOriginAccessIdentityConfig",
  "GetDistribution",
  "GetDistributionConfig",
  "GetInvalidation",
  "GetStreamingDistribution",
  "GetStreamingDistributionConfig",
  "ListCloudFrontOriginAccessIdentities",
  "ListDistributions",
  "ListDistributionsByWebACLId",
  "ListInvalidations",
  "ListStreamingDistributions",
  "ListTagsForResource",
  "TagResource",
  "UntagResource",
  "UpdateCloudFrontOriginAccessIdentity",
  "UpdateDistribution",
  "UpdateStreamingDistribution",
  ...["PublicKey", "KeyGroup", "OriginAccessControl"].flatMap((resource) => [
    `Create${resource}`,
    `Delete${resource}`,
    `Get${resource}`,
    `Get${resource}Config`,
    `List${resource}s`,
    `Update${resource}`,
  ]),
  "ListDistributionsByKeyGroup",
];

test("a code that the published model knows has the model's status", () => {
  const compared = Object.entries(API_ERRORS).filter(([code]) => code in ALL_ERROR_STATUSES);
  for (const [code, { status }] of compared) assert.equal(status, ALL_ERROR_STATUSES[code], code);
  assert(compared.length > 80, `only ${compared.length} codes compared`);
});

test("each code that an operation of any version lists has a row", () => {
  let listed = 0;
  for (const version of API_VERSIONS) {
    const { operations } = apiModel(version);
    for (const name of CARRIED_OUT) {
      for (const code of operations.get(name)?.errors ?? []) {
        assert(isApiErrorCode(code), `${version} ${name}: ${code}`);
        listed++;
      }
    }
  }
  assert(listed > 1000, `only ${listed} codes looked at`);
});

test("a code that the model does not know is marked as not the model's", () => {
  for (const [code, { source }] of Object.entries(API_ERRORS)) {
    if (source === "[CFMODEL]") assert(code in ALL_ERROR_STATUSES, code);
  }
});

test("messages are sentences of some length, without line ends", () => {
  for (const [code, { message }] of Object.entries(API_ERRORS)) assert.match(message, /^[A-Z][^\n]{10,}$/, code);
});

test("a failure says its code's message unless it is given a better one", () => {
  assert.deepEqual(fail("NoSuchDistribution"), {
    kind: "failure",
    code: "NoSuchDistribution",
    message: "The specified distribution does not exist.",
  });
  assert.equal(
    fail("InvalidArgument", "The parameter Comment is too big.").message,
    "The parameter Comment is too big.",
  );
});
