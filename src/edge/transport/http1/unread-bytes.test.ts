import assert from "node:assert/strict";
import { test } from "node:test";
import { PassThrough } from "node:stream";

import { UnreadBytes } from "./unread-bytes.ts";

test("what was not read comes out in the order in which it arrived", () => {
  const unread = new UnreadBytes(new PassThrough());
  assert.equal(unread.take(), undefined);
  for (const text of ["a", "b", "c", "d"]) unread.push(Buffer.from(text));
  assert.equal(String(unread.take()), "a");
  assert.deepEqual(unread.takeAll().map(String), ["b", "c", "d"]);
  assert.ok(unread.isEmpty);
  unread.push(Buffer.from("e"));
  unread.drop();
  assert.equal(unread.take(), undefined);
});

test("the socket is not read while 64 KB wait, and is again once there is room", () => {
  const socket = new PassThrough().resume();
  const unread = new UnreadBytes(socket);
  unread.push(Buffer.alloc(65_535));
  unread.pauseWhenFull();
  assert.equal(socket.isPaused(), false);
  unread.push(Buffer.alloc(1));
  unread.pauseWhenFull();
  assert.equal(socket.isPaused(), true);
  unread.take();
  assert.equal(socket.isPaused(), false);
});

test("what was taken over or given up makes room too, for the bytes that come behind it", () => {
  const socket = new PassThrough().resume();
  const unread = new UnreadBytes(socket);
  for (const empty of [() => unread.takeAll(), () => unread.drop()]) {
    unread.push(Buffer.alloc(65_535));
    empty();
    unread.push(Buffer.alloc(1));
    unread.pauseWhenFull();
    assert.equal(socket.isPaused(), false);
    unread.drop();
  }
});
