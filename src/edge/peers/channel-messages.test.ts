import assert from "node:assert/strict";
import { test } from "node:test";
import type { DistributionId } from "../../vocabulary/ids.ts";
import { formatMessage, openMessageReader, type FromOwner, type ToOwner } from "./channel-messages.ts";

const distribution = "E1" as DistributionId;
const MESSAGES: readonly (readonly [FromOwner | ToOwner, Buffer])[] = [
  [{ kind: "welcome", life: 3 }, Buffer.alloc(0)],
  [
    { kind: "drop", key: { text: "E1|2:/ä\xff", distribution, url: "/ä\xff" } },
    Buffer.from("a body\x00\xff", "latin1"),
  ],
  [{ kind: "forget", number: 7, distribution, urls: ["/a", "/b?c"] }, Buffer.alloc(200_000, "b")],
  [{ kind: "pong" }, Buffer.alloc(0)],
];

for (const piece of [1, 7, 4096, 1_000_000]) {
  test(`messages come whole and in order, ${piece} bytes at a time`, () => {
    const all = Buffer.concat(MESSAGES.map(([message, body]) => formatMessage(message, body)));
    const read = openMessageReader<FromOwner | ToOwner>();
    const got: unknown[] = [];
    for (let at = 0; at < all.length; at += piece) {
      for (const { message, body } of read(all.subarray(at, at + piece)) ?? assert.fail()) {
        got.push([message, Buffer.from(body)]);
      }
    }
    assert.deepEqual(got, MESSAGES);
  });
}

for (const [name, bytes] of [
  ["a text that is too long", Buffer.from([0x7f, 0, 0, 0, 0, 0, 0, 0])],
  ["a body that is too long", Buffer.from([0, 0, 0, 2, 0x7f, 0, 0, 0])],
  ["a text that is no JSON", Buffer.concat([Buffer.from([0, 0, 0, 2, 0, 0, 0, 0]), Buffer.from("{{")])],
] as const) {
  test(`${name} is nothing that a worker says`, () => {
    assert.equal(openMessageReader<FromOwner>()(bytes), undefined);
  });
}
