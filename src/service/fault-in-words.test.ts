import assert from "node:assert/strict";
import test from "node:test";

import { describeFault, describeWriteFault } from "./fault-in-words.ts";

test("a fault is told with where it was met, and what is no error as it is", () => {
  const fault = new Error("no");
  assert.equal(describeFault(fault), fault.stack);
  assert.equal(describeFault("cut"), "cut");
  assert.equal(describeWriteFault("cut"), "failed: cut");
});

test("of a full disk it is told what to do, and not where it was met", () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  assert.equal(
    describeWriteFault(full),
    "was refused: ENOSPC: no space left on device, write: free some on that disk, or delete objects",
  );
});
