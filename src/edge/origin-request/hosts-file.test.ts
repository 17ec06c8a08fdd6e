import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { addSeconds, epochMs, seconds } from "../../vocabulary/time.ts";
import { openHostsFile, parseHosts } from "./hosts-file.ts";

test("a hosts file is lines of an address and its names; what is not that is left out", () => {
  const text =
    "# all\n127.0.0.1\tlocalhost\n\n  192.0.2.1  One.Example  two.example # why\r\n2001:db8::1 one.example\nnonsense x\n192.0.2.1 one.example\n";
  assert.deepEqual(Object.fromEntries(parseHosts(text)), {
    localhost: [{ address: "127.0.0.1", family: 4 }],
    "one.example": [
      { address: "192.0.2.1", family: 4 },
      { address: "2001:db8::1", family: 6 },
    ],
    "two.example": [{ address: "192.0.2.1", family: 4 }],
  });
});

test("a changed hosts file counts a few seconds later, one that is gone has no names, one that cannot be read keeps them", () => {
  const folder = mkdtempSync(join(tmpdir(), "hosts-"));
  try {
    const path = join(folder, "hosts");
    let now = epochMs(1_000_000);
    const hosts = openHostsFile(path, { now: () => now });
    assert.deepEqual(hosts.find("one.example"), []);
    writeFileSync(path, "192.0.2.1 one.example\n");
    now = addSeconds(now, seconds(5));
    assert.deepEqual(hosts.find("one.example"), [{ address: "192.0.2.1", family: 4 }]);
    // For a while nothing can be read there, then the file is back.
    rmSync(path);
    mkdirSync(path);
    now = addSeconds(now, seconds(5));
    assert.deepEqual(hosts.find("one.example"), [{ address: "192.0.2.1", family: 4 }]);
    rmSync(path, { recursive: true });
    writeFileSync(path, "192.0.2.2 one.example\n");
    now = addSeconds(now, seconds(5));
    assert.deepEqual(hosts.find("one.example"), [{ address: "192.0.2.2", family: 4 }]);
    rmSync(path);
    now = addSeconds(now, seconds(5));
    assert.deepEqual(hosts.find("one.example"), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
