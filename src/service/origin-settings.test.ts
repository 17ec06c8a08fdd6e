import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readOriginSettings } from "./origin-settings.ts";

const certificate = readFileSync(
  new URL("../../test/scenarios/certificates/origin.cert.pem", import.meta.url),
  "utf8",
).trim();

test("name servers are addresses, with or without a port", () => {
  const read = (originNameServers: string) => readOriginSettings({ originNameServers, originAuthorities: "" });
  assert.deepEqual(read(""), { kind: "ok", settings: {} });
  assert.deepEqual(read("192.0.2.53,[2001:db8::53]:5353"), {
    kind: "ok",
    settings: { nameServers: ["192.0.2.53", "[2001:db8::53]:5353"] },
  });
  for (const wrong of ["1.2.3", "192.0.2.53,::g"]) {
    const outcome = read(wrong);
    assert.ok(outcome.kind === "failure", wrong);
    assert.match(outcome.message, /^originNameServers: .+ is not an address/);
  }
});

test("authorities are the certificates of a file; a file that is none says what is wrong", () => {
  const folder = mkdtempSync(join(tmpdir(), "authorities-"));
  const path = join(folder, "some.pem");
  const read = () => readOriginSettings({ originNameServers: "", originAuthorities: path });
  try {
    assert.match(JSON.stringify(read()), /cannot be read/);
    writeFileSync(path, "nothing");
    assert.match(JSON.stringify(read()), /has no certificate in PEM/);
    writeFileSync(path, `${certificate}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`);
    assert.match(JSON.stringify(read()), /certificate 2 of .+ cannot be read/);
    writeFileSync(path, `# one\n${certificate}\n# two\n${certificate}\n`);
    assert.deepEqual(read(), { kind: "ok", settings: { originAuthorities: [certificate, certificate] } });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
