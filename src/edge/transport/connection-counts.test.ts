import assert from "node:assert/strict";
import { test } from "node:test";
import { openConnectionCounts } from "./connection-counts.ts";

test("each bound is met exactly, and who leaves makes room", () => {
  const counts = openConnectionCounts({ viewerConnectionsMax: 3, viewerConnectionsPerAddressMax: 2 });
  assert.equal(counts.enter("2001:db8::1"), undefined);
  assert.equal(counts.enter("2001:db8::2"), undefined);
  assert.equal(counts.enter("2001:db8::3"), "address");
  assert.equal(counts.enter("198.51.100.7"), undefined);
  assert.equal(counts.enter("198.51.100.8"), "all");
  counts.leave("2001:db8::2");
  assert.equal(counts.enter("2001:db8::3"), undefined);
  assert.equal(counts.enter("198.51.100.8"), "all");
});
