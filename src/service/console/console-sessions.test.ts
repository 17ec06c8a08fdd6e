import assert from "node:assert/strict";
import { test } from "node:test";
import { movableClock, seededRandom } from "../../../test/support/control-harness.ts";
import type { AccessKeyId } from "../../vocabulary/ids.ts";
import { epochMs } from "../../vocabulary/time.ts";
import { openConsoleSessions } from "./console-sessions.ts";
import { openSignInGate } from "./sign-in-gate.ts";
import { openConsoleAddresses } from "./console-addresses.ts";

const LIMITS = { consoleSessionsMax: 30, consoleSessionIdleSeconds: 100, consoleSessionSeconds: 1000 };
const key = (name: string) => ({ accessKeyId: name as AccessKeyId, createdAtMs: epochMs(7) });

function openSessions() {
  const clock = movableClock();
  return { clock, sessions: openConsoleSessions({ limits: LIMITS, clock, random: seededRandom() }) };
}

test("a session lasts while something is done in it, but not for ever", () => {
  const { clock, sessions } = openSessions();
  const [used, idle] = [sessions.begin(key("one")), sessions.begin(key("one"))];
  assert.notEqual(used, idle);
  for (let times = 0; times < 10; times++) {
    clock.advance(99);
    assert.equal(sessions.find(used)?.accessKeyId, "one");
  }
  assert.equal(sessions.find(idle), undefined);
  clock.advance(10);
  assert.equal(sessions.find(used), undefined, "1000 seconds are over");
});

test("there are but so many: of one key the one used longest ago goes, then of all", () => {
  const { sessions } = openSessions();
  const own = Array.from({ length: 4 }, () => sessions.begin(key("one")));
  assert.deepEqual(
    own.map((token) => sessions.find(token) !== undefined),
    [false, true, true, true],
  );
  const others = Array.from({ length: 27 }, (_, index) => sessions.begin(key(`other-${index}`)));
  assert.notEqual(sessions.find(own[1] ?? ""), undefined);
  sessions.begin(key("last"));
  assert.equal(sessions.find(own[2] ?? ""), undefined);
  assert.notEqual(sessions.find(own[1] ?? ""), undefined);
  assert.notEqual(sessions.find(others[0] ?? ""), undefined);
});

test("failures are given back one in six seconds, and no address pays for another", () => {
  const clock = movableClock();
  const gate = openSignInGate(3, clock);
  for (let count = 0; count < 3; count++) {
    assert.equal(gate.waitFor("192.0.2.1"), 0);
    gate.failed("192.0.2.1");
  }
  assert.equal(gate.waitFor("192.0.2.1"), 6);
  assert.equal(gate.waitFor("192.0.2.2"), 0);
  clock.advance(6);
  assert.equal(gate.waitFor("192.0.2.1"), 0);
});

test("an IPv6 network is one address, and many addresses together are held too", () => {
  const clock = movableClock();
  const gate = openSignInGate(1, clock);
  gate.failed("2001:db8::1");
  assert.ok(gate.waitFor("2001:db8:0:0:ffff::2") > 0);
  assert.equal(gate.waitFor("2001:db8:0:1::1"), 0);
  for (let count = 0; count < 10; count++) gate.failed(`198.51.100.${count}`);
  assert.ok(gate.waitFor("203.0.113.1") > 0);
});

/** Host, and the origin that its pages have; nothing where it is not the console's. */
const HOSTS: readonly (readonly [host: string, origin: string | undefined])[] = [
  ["console.localhost", "http://console.localhost"],
  ["console.localhost:80", "http://console.localhost"],
  ["Console.Localhost:7400", "http://console.localhost:7400"],
  ["cdn.example.com", "https://cdn.example.com"],
  ["cdn.example.com:443", "https://cdn.example.com"],
  ["desk.localhost:9000", "http://desk.localhost:9000"],
  ["desk.localhost", undefined],
  ["cdn.example.com:80", undefined],
  ["localhost:7400", undefined],
  ["console.localhost.", undefined],
  ["console.localhost.example", undefined],
  ["a.console.localhost", undefined],
  ["console.localhost:7400:1", undefined],
  ["", undefined],
];

for (const [host, origin] of HOSTS) {
  test(`${JSON.stringify(host)} is ${origin === undefined ? "not the console's" : "the console's"}`, () => {
    const find = openConsoleAddresses("https://cdn.example.com,http://desk.localhost:9000");
    assert.equal(find([["Host", host]])?.origin, origin);
  });
}
