// Every error of the published lists, from every operation that can give it, in every API version that lists it, byte by
// byte; and that nothing is missing.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { OPERATIONS } from "../../src/control/operations.ts";
import { ALL_ERROR_STATUSES, API_VERSIONS, apiModel, type ApiVersion } from "../../src/model/api.ts";
import { openControlHarness } from "../support/control-harness.ts";
import { readOnlySigner, worldOf, type ErrorRow } from "./error-row.ts";
import { ERROR_ROWS } from "./error-rows.ts";
import { NOT_GIVEN, reasonNotGiven } from "./errors-not-given.ts";
import { goldenAnswer, goldenPath, matchGolden } from "./golden.ts";
import { call } from "./requests.ts";

interface Pair {
  readonly operation: string;
  readonly code: string;
  /** Those that list it, oldest first. */
  readonly versions: readonly ApiVersion[];
}

const PAIRS: readonly Pair[] = Object.keys(OPERATIONS).flatMap((operation) => {
  const versionsOf = new Map<string, ApiVersion[]>();
  for (const version of API_VERSIONS) {
    for (const code of apiModel(version).operations.get(operation)?.errors ?? []) {
      versionsOf.set(code, [...(versionsOf.get(code) ?? []), version]);
    }
  }
  return [...versionsOf].map(([code, versions]) => ({ operation, code, versions }));
});

for (const { operation, code, versions } of PAIRS) {
  const row = ERROR_ROWS[operation]?.[code];
  if (row === undefined) continue;
  const asked = versions.filter((version) => version >= (row.from ?? ""));
  test(`${operation} answers ${code}`, async () => {
    assert(asked.length > 0, "no version can say it");
    for (const version of asked) await provoke(operation, code, row, version);
  });
}

async function provoke(operation: string, code: string, row: ErrorRow, version: ApiVersion): Promise<void> {
  const harness = await openControlHarness(row.limits === undefined ? {} : { limits: row.limits });
  const signer = row.isReadOnly === true ? await readOnlySigner(harness) : undefined;
  const input = await row.provoke(worldOf(harness, version));
  const answer = await call(harness, operation, input, { version, signer });

  const requestId = answer.headers.get("x-amzn-requestid") ?? "";
  assert.match(requestId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(answer.code, code, `${version}: ${answer.body}`);
  assert.equal(answer.status, ALL_ERROR_STATUSES[code], version);
  assert.equal(answer.headers.get("content-type"), "text/xml");
  assert.ok(answer.body.includes(`xmlns="${apiModel(version).namespace}"`), version);
  assert.deepEqual(harness.faults, []);
  matchGolden(`errors/${operation}.${code}.xml`, goldenAnswer(answer.status, answer.body, requestId));
}

test("every published pair of operation and code is provoked, or is listed as one that cannot be", () => {
  const missing = PAIRS.filter(
    ({ operation, code }) =>
      ERROR_ROWS[operation]?.[code] === undefined && reasonNotGiven(operation, code) === undefined,
  );
  assert.deepEqual(missing, []);
});

test("no pair is both provoked and listed as one that cannot be", () => {
  const both = PAIRS.filter(
    ({ operation, code }) =>
      ERROR_ROWS[operation]?.[code] !== undefined && reasonNotGiven(operation, code) !== undefined,
  );
  assert.deepEqual(both, []);
});

test("every row, every reason and every golden file is about a published pair", () => {
  const isPublished = (operation: string, code: string): boolean =>
    PAIRS.some((pair) => pair.operation === operation && pair.code === code);
  for (const [operation, rows] of Object.entries(ERROR_ROWS)) {
    for (const code of Object.keys(rows)) assert(isPublished(operation, code), `${operation} does not list ${code}`);
  }
  for (const { codes, operations } of NOT_GIVEN) {
    for (const code of codes) {
      const listing = PAIRS.filter((pair) => pair.code === code).map((pair) => pair.operation);
      assert(listing.length > 0, `no operation lists ${code}`);
      for (const operation of operations ?? [])
        assert(isPublished(operation, code), `${operation} does not list ${code}`);
    }
  }
  for (const file of readdirSync(goldenPath("errors/"))) {
    const [operation = "", code = ""] = file.split(".");
    assert(ERROR_ROWS[operation]?.[code] !== undefined, `${file} belongs to no row`);
  }
});
