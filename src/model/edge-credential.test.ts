import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccountId, ResourceId } from "../vocabulary/ids.ts";
import { edgeCredential, readEdgeAccessKeyId, type EdgePrincipal } from "./edge-credential.ts";

const SECRET = new Uint8Array(32).fill(7);
const PRINCIPALS: readonly EdgePrincipal[] = [
  { kind: "identity", id: "E2QWRUHAPOMQZL" as ResourceId },
  { kind: "distribution", account: "123456789012" as AccountId, id: "E2QWRUHAPOMQZL" as ResourceId },
];

test("an edge's access key id reads back as the principal that it was made for", () => {
  for (const principal of PRINCIPALS) {
    assert.deepEqual(readEdgeAccessKeyId(edgeCredential(principal, SECRET).accessKeyId), principal);
  }
});

test("each principal has a secret of its own, and another service another one", () => {
  const secrets = PRINCIPALS.flatMap((principal) => [
    edgeCredential(principal, SECRET).secret,
    edgeCredential(principal, new Uint8Array(32)).secret,
  ]);
  assert.equal(new Set(secrets).size, 4);
});

for (const text of [
  "",
  "test",
  "AKIAIOSFODNN7EXAMPLE",
  "cloudfront.identity",
  "cloudfront.identity.",
  "cloudfront.identity.e2qwruhapomqzl",
  "cloudfront.identity.E2QWRUHAPOMQZL.E2QWRUHAPOMQZL",
  "cloudfront.distribution.E2QWRUHAPOMQZL",
  "cloudfront.distribution.12345678901.E2QWRUHAPOMQZL",
  "cloudfront.other.E2QWRUHAPOMQZL",
  "Cloudfront.identity.E2QWRUHAPOMQZL",
]) {
  test(`${JSON.stringify(text)} is no edge's`, () => {
    assert.equal(readEdgeAccessKeyId(text), undefined);
  });
}
