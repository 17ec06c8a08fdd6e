// Operations of the published models that this server does not carry out: each says so by its name, in every version
// that has it, and changes nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OPERATIONS } from "../../src/control/operations.ts";
import { API_VERSIONS, apiModel, type ApiVersion } from "../../src/model/api.ts";
import type { OperationShape } from "../../src/wire/shape.ts";
import { openControlHarness, type Asked } from "../support/control-harness.ts";
import { goldenAnswer } from "./golden.ts";

function notBuiltIn(version: ApiVersion): readonly (readonly [string, OperationShape])[] {
  return [...apiModel(version).operations].filter(([name]) => !Object.hasOwn(OPERATIONS, name));
}

/** The least request that is matched to the operation; it is refused before its input is read. */
function leastRequest({ method, path, selectedBy = [] }: OperationShape, version: ApiVersion): Asked {
  const query = selectedBy.map(([name, value]) => `${name}=${value}`).join("&");
  const target = `/${version}${path.replaceAll(/\{\w+\}/g, "x")}`;
  return { method, target: query === "" ? target : `${target}?${query}` };
}

for (const version of API_VERSIONS) {
  const names = notBuiltIn(version);
  if (names.length === 0) continue;
  test(`each of the ${names.length} operations of ${version} that are not built says so by name`, async () => {
    const harness = await openControlHarness();
    for (const [name, operation] of names) {
      const { status, body, fields } = await harness.ask(leastRequest(operation, version));
      assert(typeof body === "string");
      assert.equal(
        goldenAnswer(status, body, new Map(fields).get("x-amzn-RequestId") ?? ""),
        'HTTP 400\n\n<?xml version="1.0"?>\n<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/{Version}/"><Error>' +
          `<Type>Sender</Type><Code>UnsupportedOperation</Code><Message>${name} is not built yet in this server; ` +
          "docs/compatibility.md lists what is.</Message></Error><RequestId>{RequestId}</RequestId></ErrorResponse>\n",
      );
    }
    assert.deepEqual(harness.faults, []);
    assert.equal(await harness.store.feed.latest(), 0);
  });
}

test("of the newest version 46 operations are carried out and 121 are not", () => {
  assert.equal(Object.keys(OPERATIONS).length, 46);
  assert.equal(notBuiltIn("2020-05-31").length, 121);
});
