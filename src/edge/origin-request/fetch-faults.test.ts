// A fault of an origin's connection, as logs, traces and `explain` tell it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { describeFault } from "./fetch-faults.ts";

test("of a name with several addresses that all refuse, each is told", () => {
  const refused = ["::1", "127.0.0.1"].map((address) => new Error(`connect ECONNREFUSED ${address}:3000`));
  const error = Object.assign(new AggregateError(refused), { code: "ECONNREFUSED" });
  const { status, why } = describeFault(error, "connect", undefined);
  assert.equal(status, 502);
  assert.equal(why, "ECONNREFUSED: connect ECONNREFUSED ::1:3000; connect ECONNREFUSED 127.0.0.1:3000");
});
