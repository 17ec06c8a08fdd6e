import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openNameServer, type NameAnswer, type NameServer } from "../../../test/support/name-server.ts";
import { DEFAULT_LIMITS, type Limits } from "../../vocabulary/limits.ts";
import { addSeconds, epochMs, seconds } from "../../vocabulary/time.ts";
import { openOriginNames, type NameOutcome, type OriginNames } from "./origin-names.ts";
import type { AddressFamilies } from "../config/effective-config.ts";

interface Asking extends AsyncDisposable {
  readonly names: OriginNames;
  readonly server: NameServer;
  advance(by: number): void;
  /** Addresses, or the cause of the failure. */
  ask(name?: string, families?: AddressFamilies): Promise<string>;
}

async function openAsking(
  rows: Readonly<Record<string, NameAnswer>>,
  given: { readonly limits?: Partial<Limits>; readonly allowPrivateOrigins?: boolean; readonly hosts?: string } = {},
): Promise<Asking> {
  const server = await openNameServer(rows);
  const folder = mkdtempSync(join(tmpdir(), "names-"));
  const hostsFile = join(folder, "hosts");
  if (given.hosts !== undefined) writeFileSync(hostsFile, given.hosts);
  let now = epochMs(1_000_000);
  const names = openOriginNames(
    {
      allowPrivateOrigins: given.allowPrivateOrigins ?? true,
      nameServers: [server.address],
      hostsFile,
      limits: { ...DEFAULT_LIMITS, ...given.limits },
    },
    { now: () => now },
  );
  return {
    names,
    server,
    advance: (by) => (now = addSeconds(now, seconds(by))),
    ask: async (name = "one.example", families = "ipv4") => inWords(await names.resolve(name, families)),
    async [Symbol.asyncDispose]() {
      names.close();
      rmSync(folder, { recursive: true });
      await server[Symbol.asyncDispose]();
    },
  };
}

function inWords(outcome: NameOutcome): string {
  return outcome.kind === "failure" ? outcome.cause : outcome.addresses.map(({ address }) => address).join(" ");
}

test("an address is used for its TTL and then asked for again", async () => {
  await using on = await openAsking({ "one.example": { addresses: ["192.0.2.1"], ttl: 60 } });
  assert.equal(await on.ask(), "192.0.2.1");
  on.server.answer("one.example", { addresses: ["192.0.2.2"], ttl: 60 });
  on.advance(59);
  assert.equal(await on.ask(), "192.0.2.1");
  assert.equal(on.server.asked.length, 1);
  on.advance(1);
  assert.equal(await on.ask(), "192.0.2.2");
  assert.deepEqual(on.server.asked, ["A one.example", "A one.example"]);
});

test("a TTL of 0 costs one question a second, and many who ask at once share one", async () => {
  await using on = await openAsking({ "one.example": { addresses: ["192.0.2.1"], ttl: 0 } });
  const all = await Promise.all(Array.from({ length: 100 }, () => on.ask()));
  assert.deepEqual([...new Set(all)], ["192.0.2.1"]);
  assert.equal(on.server.asked.length, 1);
  on.advance(1);
  await on.ask();
  assert.equal(on.server.asked.length, 2);
});

// What the server says, what comes of it.
const FAILURE_ROWS: readonly (readonly [answer: NameAnswer, cause: string])[] = [
  ["NXDOMAIN", "no-such-name"],
  [{ addresses: [], ttl: 60 }, "no-such-name"],
  ["SERVFAIL", "down"],
  ["REFUSED", "down"],
  ["garbage", "down"],
  ["silence", "down"],
];

for (const [answer, cause] of FAILURE_ROWS) {
  const what = typeof answer === "string" ? answer : "no addresses";
  test(`${what} is "${cause}", remembered for a moment only`, async () => {
    await using on = await openAsking(
      { "one.example": answer },
      // Short in real time: the time-out is no matter of the clock.
      { limits: { originNameTimeoutSeconds: 0.1, originNameErrorSeconds: 5 } },
    );
    assert.equal(await on.ask(), cause);
    const asked = on.server.asked.length;
    on.server.answer("one.example", { addresses: ["192.0.2.1"], ttl: 60 });
    on.advance(4);
    assert.equal(await on.ask(), cause);
    assert.equal(on.server.asked.length, asked);
    on.advance(1);
    assert.equal(await on.ask(), "192.0.2.1");
  });
}

test("while servers are down the last addresses are used, for as long as set; a name that is gone is gone at once [RFC 8767 §4]", async () => {
  for (const [answer, cause] of [
    ["SERVFAIL", "down"],
    ["NXDOMAIN", "no-such-name"],
  ] as const) {
    await using on = await openAsking(
      { "one.example": { addresses: ["192.0.2.1"], ttl: 60 } },
      { limits: { originNameStaleSeconds: 100, originNameErrorSeconds: 5 } },
    );
    await on.ask();
    on.server.answer("one.example", answer);
    on.advance(60);
    assert.equal(await on.ask(), cause === "down" ? "192.0.2.1" : cause);
    on.advance(94);
    assert.equal(await on.ask(), cause === "down" ? "192.0.2.1" : cause);
    on.advance(6);
    assert.equal(await on.ask(), cause);
    on.server.answer("one.example", { addresses: ["192.0.2.2"], ttl: 60 });
    on.advance(5);
    assert.equal(await on.ask(), "192.0.2.2");
  }
});

test("a name that turns to a private address is refused from then on, and a mixed answer loses the private ones", async () => {
  await using on = await openAsking(
    { "one.example": { addresses: ["203.0.113.1"], ttl: 1 } },
    { allowPrivateOrigins: false },
  );
  assert.equal(await on.ask(), "203.0.113.1");
  for (const address of ["127.0.0.1", "10.0.0.1", "169.254.169.254"]) {
    on.server.answer("one.example", { addresses: [address], ttl: 1 });
    on.advance(1);
    assert.equal(await on.ask(), "refused");
  }
  on.server.answer("one.example", { addresses: ["10.0.0.1", "203.0.113.2"], ttl: 1 });
  on.advance(1);
  assert.equal(await on.ask(), "203.0.113.2");
  for (const name of ["127.0.0.1", "::1", "localhost", "a.localhost"]) assert.equal(await on.ask(name), "refused");
});

test("each address has its turn, and one that failed of late comes last", async () => {
  await using on = await openAsking({ "one.example": { addresses: ["192.0.2.1", "192.0.2.2"], ttl: 600 } });
  const firsts = [await on.ask(), await on.ask()].map((all) => all.split(" ")[0]);
  assert.deepEqual(new Set(firsts), new Set(["192.0.2.1", "192.0.2.2"]));
  on.names.failed("192.0.2.1");
  for (let turn = 0; turn < 3; turn++) assert.equal(await on.ask(), "192.0.2.2 192.0.2.1");
  on.advance(30);
  assert.deepEqual(new Set([await on.ask(), await on.ask()]), new Set(["192.0.2.1 192.0.2.2", "192.0.2.2 192.0.2.1"]));
});

test("only the families that are allowed are asked for", async () => {
  await using on = await openAsking({ "one.example": { addresses: ["192.0.2.1", "2001:db8::1"], ttl: 60 } });
  assert.equal(await on.ask("one.example", "ipv4"), "192.0.2.1");
  assert.deepEqual(on.server.asked, ["A one.example"]);
  assert.equal(await on.ask("one.example", "ipv6"), "2001:db8::1");
  assert.equal(await on.ask("one.example", "dualstack"), "192.0.2.1 2001:db8::1");
  assert.equal(await on.ask("localhost", "ipv6"), "::1");
});

test("a family that has no addresses does not hide the other", async () => {
  await using on = await openAsking({
    "four.example": { addresses: ["192.0.2.1"], ttl: 60 },
    "six.example": { addresses: ["2001:db8::1"], ttl: 60 },
  });
  assert.equal(await on.ask("four.example", "dualstack"), "192.0.2.1");
  assert.equal(await on.ask("six.example", "dualstack"), "2001:db8::1");
  assert.equal(await on.ask("four.example", "ipv6"), "no-such-name");
});

test("the hosts file counts before name servers, and localhost and .invalid before that", async () => {
  await using on = await openAsking(
    { "one.example": { addresses: ["192.0.2.1"], ttl: 60 }, localhost: { addresses: ["192.0.2.9"], ttl: 60 } },
    { hosts: "192.0.2.7 one.example localhost\n" },
  );
  assert.equal(await on.ask("one.example", "dualstack"), "192.0.2.7");
  assert.equal(await on.ask("a.localhost", "dualstack"), "127.0.0.1 ::1");
  assert.equal(await on.ask("localhost", "dualstack"), "127.0.0.1 ::1");
  assert.equal(await on.ask("a.invalid"), "no-such-name");
  assert.equal(on.server.asked.length, 0);
});

test("names that are kept are bounded in number", async () => {
  const rows = Object.fromEntries(
    ["a", "b", "c"].map((label) => [`${label}.example`, { addresses: ["192.0.2.1"], ttl: 600 }]),
  );
  await using on = await openAsking(rows, { limits: { originNamesMax: 2 } });
  for (const name of ["a.example", "b.example", "c.example", "b.example", "c.example"]) await on.ask(name);
  assert.equal(on.server.asked.length, 3);
  await on.ask("a.example");
  assert.equal(on.server.asked.length, 4);
});
