// What one answer leaves in the recorder that the next one must not find: pieces that are kept are kept for those alone that they are true of.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LOG_TARGET, recordedAnswer } from "../../../test/support/recorded-answers.ts";
import { epochMs } from "../../vocabulary/time.ts";
import type { EffectiveDistribution } from "../config/effective-config.ts";
import type { RefusedRequest, ViewerRequest } from "../transport/message.ts";
import { readRecordBlocks, type RecordLine } from "./read-record-blocks.ts";
import { openRecordBlocks } from "./record-blocks.ts";
import { openRecorder } from "./recorder.ts";
import { openTraffic } from "./traffic.ts";

const DISTRIBUTION = { id: "E1", label: "d1", logTarget: LOG_TARGET } as unknown as EffectiveDistribution;
const HOST = "d1.cloudfront.localhost";

function openRecording() {
  const written: Buffer[] = [];
  const blocks = openRecordBlocks("LCL50-P1", { write: (bytes) => void written.push(Buffer.from(bytes)) }, 1);
  const { onServed } = openRecorder({
    domainSuffix: "cloudfront.localhost",
    edgeNumber: 1,
    traffic: openTraffic(),
    logs: [{ wants: () => true, append: blocks.append, appendLike: blocks.appendLike }],
    find: (host) => (host === HOST ? DISTRIBUTION : undefined),
    later: (write) => write(),
  });
  const at = epochMs(1_800_000_000_000);
  return {
    left: (request: ViewerRequest | RefusedRequest) =>
      onServed(request, undefined, 0, 0, at, undefined, "viewer-left", at),
    read: (): readonly RecordLine[] => {
      blocks.flush();
      const lines: RecordLine[] = [];
      assert.equal(
        readRecordBlocks(Buffer.concat(written), (line) => void lines.push(line)),
        0,
      );
      return lines;
    },
  };
}

function asked(change: Partial<ViewerRequest> = {}): ViewerRequest {
  const [{ request }] = recordedAnswer({ path: "/a" });
  assert("memo" in request);
  return { ...request, host: HOST, ...change };
}

test("a viewer that leaves before there is an answer is in the log of whose host it asked, whoever was refused before", () => {
  const { left, read } = openRecording();
  left({ status: 400, reason: "bad-request-line", viewerAddress: "192.0.2.7" });
  left(asked({ host: "nobody.example" }));
  left(asked());
  assert.deepEqual(
    read().map(({ target, line }) => [target, line.split("\t")[6]]),
    [
      ["", "-"],
      ["", "-"],
      [LOG_TARGET, HOST],
    ],
  );
});

test("requests with the same fields differ in their protocol where their methods make one a WebSocket's", () => {
  const { left, read } = openRecording();
  const head = asked({ method: "HEAD" });
  left(head);
  left({ ...head, method: "GET", upgrade: "websocket" });
  left(head);
  assert.deepEqual(
    read().map(({ line }) => line.split("\t")[16]),
    ["http", "ws", "http"],
  );
});
