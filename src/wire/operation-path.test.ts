import assert from "node:assert/strict";
import { test } from "node:test";

import { compileRouter, matchOperation, parseQuery } from "./operation-path.ts";
import type { OperationShape } from "./shape.ts";

type Row = readonly [
  name: string,
  method: OperationShape["method"],
  path: string,
  selector?: readonly [string, string],
];

const OPERATIONS: readonly Row[] = [
  ["Create", "POST", "/distribution"],
  ["CreateWithTags", "POST", "/distribution", ["WithTags", ""]],
  ["List", "GET", "/distribution"],
  ["Get", "GET", "/distribution/{Id}"],
  ["Delete", "DELETE", "/distribution/{Id}"],
  ["GetConfig", "GET", "/distribution/{Id}/config"],
  ["GetInvalidation", "GET", "/distribution/{DistributionId}/invalidation/{Id}"],
  ["ListByWebAcl", "GET", "/distributionsByWebACLId/{WebACLId}"],
  ["Tag", "POST", "/tagging", ["Operation", "Tag"]],
  ["Untag", "POST", "/tagging", ["Operation", "Untag"]],
  ["GetKey", "GET", "/thing/key"],
  ["DeleteThing", "DELETE", "/thing/{Name}"],
];

const router = compileRouter(
  new Map(
    OPERATIONS.map(([name, method, path, selector]) => [
      name,
      { method, path, status: 200, input: [], output: [], errors: [], ...(selector && { selectedBy: [selector] }) },
    ]),
  ),
);

function match(method: string, url: string) {
  const [path = "", query = ""] = url.split("?");
  const outcome = matchOperation(router, method, path, parseQuery(query) ?? new Map());
  return outcome.kind === "operation" ? [outcome.name, outcome.params] : outcome;
}

const FOUND: readonly (readonly [method: string, url: string, name: string, params: Record<string, string>])[] = [
  ["GET", "/distribution", "List", {}],
  ["GET", "/distribution/", "List", {}],
  ["GET", "/distribution?Marker=a&MaxItems=1", "List", {}],
  ["POST", "/distribution", "Create", {}],
  ["POST", "/distribution?WithTags", "CreateWithTags", {}],
  ["POST", "/distribution?WithTags=", "CreateWithTags", {}],
  ["POST", "/distribution?x=1&WithTags=true", "CreateWithTags", {}],
  ["GET", "/distribution/E1", "Get", { Id: "E1" }],
  ["GET", "/distribution/E1/", "Get", { Id: "E1" }],
  ["DELETE", "/distribution/E1", "Delete", { Id: "E1" }],
  ["GET", "/distribution/E1/config", "GetConfig", { Id: "E1" }],
  ["GET", "/distribution/E1/invalidation/I1", "GetInvalidation", { DistributionId: "E1", Id: "I1" }],
  ["GET", "/distributionsByWebACLId/arn%3Aaws%3Awaf%2Fa%2Fb", "ListByWebAcl", { WebACLId: "arn:aws:waf/a/b" }],
  ["GET", "/distributionsByWebACLId/null", "ListByWebAcl", { WebACLId: "null" }],
  ["GET", "/distribution/%C3%A9+%2B%25", "Get", { Id: "é++%" }],
  ["GET", "/%64istribution", "List", {}],
  ["POST", "/tagging?Operation=Tag&Resource=r", "Tag", {}],
  ["POST", "/tagging?Resource=r&Operation=Untag", "Untag", {}],
  ["GET", "/thing/key", "GetKey", {}],
  // The literal segment lacks the method, the placeholder has it.
  ["DELETE", "/thing/key", "DeleteThing", { Name: "key" }],
];

for (const [method, url, name, params] of FOUND) {
  test(`${method} ${url} is ${name}`, () => {
    assert.deepEqual(match(method, url), [name, params]);
  });
}

const NOT_FOUND: readonly (readonly [method: string, url: string])[] = [
  ["GET", ""],
  ["GET", "/"],
  ["GET", "distribution"],
  ["GET", "//distribution"],
  ["GET", "/Distribution"],
  ["GET", "/distribution//"],
  ["GET", "/distribution//config"],
  ["GET", "/distribution/E1/configs"],
  ["GET", "/distribution/E1/invalidation/I1/more"],
  ["POST", "/tagging"],
  ["POST", "/tagging?Operation=tag"],
];

for (const [method, url] of NOT_FOUND) {
  test(`${method} ${url || "(empty)"} is no operation`, () => {
    assert.deepEqual(match(method, url), { kind: "no-such-path" });
  });
}

test("an encoded slash does not end a segment", () => {
  assert.deepEqual(match("GET", "/distribution/E1%2Fconfig"), ["Get", { Id: "E1/config" }]);
});

test("a path without the method tells which methods it has", () => {
  assert.deepEqual(match("PUT", "/distribution/E1"), { kind: "method-not-allowed", allowed: ["DELETE", "GET"] });
  assert.deepEqual(match("DELETE", "/distribution"), { kind: "method-not-allowed", allowed: ["GET", "POST"] });
});

for (const path of ["/distribution/%", "/distribution/%G0", "/distribution/%C3", "/%FF/x", "/distribution/%C0%AF"]) {
  test(`${path} is malformed`, () => {
    assert.deepEqual(match("GET", path), { kind: "malformed-path" });
  });
}

test("a long path costs no more than its length", () => {
  const started = performance.now();
  assert.deepEqual(match("GET", "/distribution".repeat(100_000)), { kind: "no-such-path" });
  assert.ok(performance.now() - started < 1000);
});

const QUERIES: readonly (readonly [raw: string, query: Record<string, string> | undefined])[] = [
  ["", {}],
  ["&&", {}],
  ["a", { a: "" }],
  ["a=", { a: "" }],
  ["a=1&b=2", { a: "1", b: "2" }],
  ["a=b=c", { a: "b=c" }],
  ["a=1&a=2", { a: "1" }],
  ["Resource=arn%3Aaws%3Acloudfront%3A%3A1%3Adistribution%2FE1", { Resource: "arn:aws:cloudfront::1:distribution/E1" }],
  ["a=x+y%2Bz%20", { a: "x y+z " }],
  ["a=%", undefined],
  ["%FF=1", undefined],
  ["__proto__=1", { ["__proto__"]: "1" }],
];

for (const [raw, query] of QUERIES) {
  test(`the query ${JSON.stringify(raw)} is read`, () => {
    const expected = query === undefined ? undefined : new Map(Object.entries(query));
    assert.deepEqual(parseQuery(raw), expected);
  });
}
