// docs/compatibility.md has a row for each operation of the newest model, and says of it what the code does.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { OPERATIONS } from "../../src/control/operations.ts";
import { OPERATIONS as BUCKET_STORE_OPERATIONS } from "../../src/buckets/operations.ts";
import { API_VERSIONS, apiModel, NEWEST_VERSION } from "../../src/model/api.ts";

const document = readFileSync("docs/compatibility.md", "utf8");
const states = new Map(
  [...document.matchAll(/^\| ([A-Z]\w+) \| (same|differs|absent) \|/gm)].map(([, name = "", state = ""]) => [
    name,
    state,
  ]),
);

test("every operation has a row, and what is carried out is not called absent", () => {
  const names = [...apiModel(NEWEST_VERSION).operations.keys()].sort();
  assert.equal(names.length, 167);
  for (const name of names) {
    const state = states.get(name);
    assert.equal(state !== undefined && state !== "absent", name in OPERATIONS, `${name} is called ${state}`);
  }
});

test("every version is named", () => {
  for (const version of API_VERSIONS) assert(document.includes(version), version);
});

test("what is carried out is an operation of the model", () => {
  for (const name of Object.keys(OPERATIONS)) assert(apiModel(NEWEST_VERSION).operations.has(name), name);
});

test("every operation of the bucket store has a row, and no other is called so", () => {
  const section = document.slice(
    document.indexOf("## The bucket store"),
    document.indexOf("## Buckets: settings and access"),
  );
  const rows = [...section.matchAll(/^\| ([A-Z]\w+) \| (?:same|differs) \|/gm)].map(([, name = ""]) => name);
  const names = BUCKET_STORE_OPERATIONS.map(({ name }) => name);
  assert.deepEqual([...rows].sort(), [...names, ...OTHER_ROWS].sort());
});

/** Rows of what is no operation. */
const OTHER_ROWS = ["Bounds", "Conditions", "Keys", "Lists", "Owners"];
