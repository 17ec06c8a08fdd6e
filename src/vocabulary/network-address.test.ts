import assert from "node:assert/strict";
import { test } from "node:test";

import { isLoopbackAddress, subscriberOf, withoutMapping } from "./network-address.ts";

test("an IPv6 address counts as its /64, an IPv4 address as itself", () => {
  for (const [address, subscriber] of [
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
    assert.equal(subscriberOf(address), subscriber, address);
  }
});

test("only what is IPv4 by its dots loses the prefix that maps it", () => {
  for (const [address, bare] of [
    ["::ffff:198.51.100.7", "198.51.100.7"],
    ["::FFFF:198.51.100.7", "198.51.100.7"],
    ["::ffff:c633:6407", "::ffff:c633:6407"],
    ["198.51.100.7", "198.51.100.7"],
    ["2001:db8::1", "2001:db8::1"],
    ["", ""],
  ] as const) {
    assert.equal(withoutMapping(address), bare, address);
  }
});

test("127.0.0.0/8 and ::1 are this machine, and nothing else is", () => {
  const addresses = ["127.0.0.1", "127.9.9.9", "::1", "128.0.0.1", "12.7.0.1", "::11", "localhost", ""];
  assert.deepEqual(addresses.filter(isLoopbackAddress), ["127.0.0.1", "127.9.9.9", "::1"]);
});
