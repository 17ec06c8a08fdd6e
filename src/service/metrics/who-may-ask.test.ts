import assert from "node:assert/strict";
import test from "node:test";
import type { Settings } from "../settings.ts";
import { whyNoMetrics } from "./who-may-ask.ts";

// Who asks, with which fields, and what the refusal says; "": none.
const ROWS: readonly (readonly [string, Settings["metrics"], string, readonly string[], string])[] = [
  ["a program here", "local", "127.0.0.1", ["Host: 127.0.0.1:7400"], ""],
  ["by name", "local", "127.0.0.1", ["Host: localhost:7400"], ""],
  ["over IPv6", "local", "::1", ["Host: [::1]:7400"], ""],
  ["from elsewhere", "local", "192.0.2.7", ["Host: 192.0.2.1:7400"], "192.0.2.7"],
  ["from nowhere", "local", "", ["Host: localhost"], "unknown"],
  ["under a name that leads here", "local", "127.0.0.1", ["Host: rebound.example:7400"], "rebound.example"],
  ["through an edge", "local", "127.0.0.1", ["Host: localhost:7400", "X-Amz-Cf-Id: x"], "edge"],
  ["through a proxy here", "local", "127.0.0.1", ["Host: localhost", "X-Forwarded-For: 192.0.2.7"], "X-Forwarded-For"],
  ["through another", "local", "127.0.0.1", ["Host: localhost", "Forwarded: for=192.0.2.7"], "Forwarded"],
  ["from elsewhere, when everyone may", "everyone", "192.0.2.7", ["Host: warmfront.example"], ""],
  ["here, when nobody may", "off", "127.0.0.1", ["Host: localhost"], "off"],
];

for (const [who, metrics, remoteAddress, lines, refusal] of ROWS) {
  test(`metrics for ${metrics}, asked ${who}: ${refusal === "" ? "told" : "refused"}`, () => {
    const fields = lines.map((line) => line.split(": ") as [string, string]);
    const why = whyNoMetrics({ fields, remoteAddress }, metrics);
    if (refusal === "") assert.equal(why, undefined);
    else assert.ok(why !== undefined && why.includes(refusal), why ?? "it was told");
  });
}
