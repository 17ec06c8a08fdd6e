// The example that a start prints, pasted into a shell.

import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { startService } from "../support/running-service.ts";
import { clearedEnvironment, runProgram } from "./program.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

test("the command that a start prints shows a miss, a hit, an invalidation, a miss, and leaves nothing", async () => {
  await using service = await startService();
  const command = /^ {2}(.*npm run example)$/m.exec(service.output())?.[1] ?? "";
  const { status, out, err } = await runProgram("/bin/sh", ["-c", command], {
    environment: clearedEnvironment(tmpdir()),
    folder: PROJECT,
    timeoutSeconds: 60,
  });
  assert.equal(status, 0, err);
  const said = out.split("\n").filter((line) => /^(?:first|second|invalidated|third|the web site|removed)/.test(line));
  assert.deepEqual(said, [
    "first         200 Miss from cloudfront",
    "second        200 Hit from cloudfront",
    "invalidated   /architecture.md",
    "third         200 Miss from cloudfront",
    "the web site was asked 2 times for 3 views",
    "removed what was made",
  ]);
});
