import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test } from "node:test";

import { DEFAULT_LIMITS } from "../../../vocabulary/limits.ts";
import { epochMs } from "../../../vocabulary/time.ts";
import { Http2Budgets } from "./http2-budgets.ts";
import { WINDOW_BYTES, WINDOW_BYTES_MAX } from "./http2-frames.ts";
import { Http2Output } from "./http2-output.ts";
import { Http2ReceiveWindows } from "./http2-receive-windows.ts";
import { Http2Streams } from "./http2-streams.ts";

const NOW = epochMs(1_000_000);

/** The streams of a connection that leads nowhere, and how often the last of them was over. */
function openStreams(): [streams: Http2Streams, emptied: () => number] {
  const output = new Http2Output(new Socket(), { now: () => NOW });
  let emptied = 0;
  const streams = new Http2Streams({
    around: {
      limits: DEFAULT_LIMITS,
      clock: { now: () => NOW },
      scheme: "https",
      respond: () => assert.fail("nothing is asked"),
      refuse: () => assert.fail("nothing is refused"),
      log: () => undefined,
      isDraining: () => false,
      sparesIdle: () => false,
      onClosed: () => undefined,
    },
    viewerAddress: "192.0.2.1",
    viewerPort: 50_000,
    output,
    windows: new Http2ReceiveWindows(output),
    budgets: new Http2Budgets(DEFAULT_LIMITS, NOW),
    now: NOW,
    onEmpty: () => emptied++,
    onFarewellHeard: () => undefined,
  });
  return [streams, () => emptied];
}

test("a stream is idle above the highest that was opened, and where it is ours to open", () => {
  const [streams] = openStreams();
  streams.lastOpened = 5;
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7].filter((stream) => streams.isIdle(stream)),
    [2, 4, 6, 7],
  );
});

test("of the streams that were stopped the last 512 are kept in mind", () => {
  const [streams] = openStreams();
  for (let stream = 1; stream <= 1025; stream += 2) streams.noteStopped(stream);
  assert.deepEqual(
    [1, 3, 1025].map((stream) => streams.isStopped(stream)),
    [false, true, true],
  );
});

test("an open stream's window follows the viewer's setting, also below zero, and has a bound", () => {
  const [streams] = openStreams();
  const exchange = streams.open(1, true);
  exchange.sendWindow = 100;
  assert.equal(streams.resizeWindows(10), undefined);
  assert.equal(exchange.sendWindow, 100 - (WINDOW_BYTES - 10));
  assert.equal(streams.open(3, true).sendWindow, 10);
  exchange.sendWindow = WINDOW_BYTES_MAX;
  assert.equal(streams.resizeWindows(11)?.kind, "protocol-broken");
});

test("a window that is opened too far costs its stream and no other", () => {
  const [streams, emptied] = openStreams();
  const [one] = [streams.open(1, true), streams.open(3, true)];
  assert.equal(streams.openWindow(one, WINDOW_BYTES_MAX), undefined);
  assert.deepEqual([streams.get(1), streams.isStopped(1), streams.size, emptied()], [undefined, true, 1, 0]);
  streams.stopFor(3, 0);
  assert.deepEqual([streams.size, streams.answered, emptied()], [0, 2, 1]);
});
