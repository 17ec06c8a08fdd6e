import assert from "node:assert/strict";
import { test } from "node:test";
import type { DistributionId } from "../../vocabulary/ids.ts";
import { openSupersededKeys } from "./superseded-keys.ts";

const keyOf = (distribution: string, url: string) => ({
  text: `${distribution} ${url}`,
  distribution: distribution as DistributionId,
  url,
});

test("of more keys than there is room for their distributions are left, and later keys of others", () => {
  const superseded = openSupersededKeys(1000);
  superseded.note(keyOf("E1", "/a"));
  superseded.note(keyOf("E1", "/a"));
  assert.deepEqual(
    [...superseded.keys].map(({ url }) => url),
    ["/a"],
  );
  superseded.note(keyOf("E2", `/${"x".repeat(500)}`));
  assert.deepEqual([...superseded.keys], []);
  superseded.note(keyOf("E3", "/b"));
  superseded.note(keyOf("E2", "/c"));
  assert.deepEqual(
    [...superseded.keys].map(({ url }) => url),
    ["/b"],
  );
  assert.deepEqual([...superseded.distributions], ["E1", "E2"]);
});
