import assert from "node:assert/strict";
import { test } from "node:test";
import { holderOf, openConnectionCounts } from "./connection-counts.ts";

test("an IPv6 address counts as its /64, an IPv4 address as itself", () => {
  for (const [address, holder] of [
    ["198.51.100.7", "198.51.100.7"],
    ["::ffff:198.51.100.7", "198.51.100.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2:ffff::", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::9", "2001:db8:1:2::/64"],
    ["2001:db8::9", "2001:db8:0:0::/64"],
    ["2001:db8:0:1::", "2001:db8:0:1::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b::198.51.100.7", "64:ff9b:0:0::/64"],
    ["", ""],
  ] as const) {
    assert.equal(holderOf(address), holder, address);
  }
});

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
