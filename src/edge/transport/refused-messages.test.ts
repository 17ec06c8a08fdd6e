import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULT_LIMITS } from "../../vocabulary/limits.ts";
import { epochMs } from "../../vocabulary/time.ts";
import type { Answer } from "./message.ts";
import { renderRefusal } from "./refused-messages.ts";
import type { ConnectionSurroundings, Refused, TransportEvent } from "./viewer-peer.ts";

const REFUSED: Refused = { status: 400, reason: "bad-method", viewerAddress: "192.0.2.1" };
const PAGE: Answer = { status: 400, fields: [["X-Page", "1"]], body: { kind: "none" } };

function render(refuse: () => Answer): [answer: Answer, told: TransportEvent[]] {
  const told: TransportEvent[] = [];
  const around: ConnectionSurroundings = {
    limits: DEFAULT_LIMITS,
    clock: { now: () => epochMs(0) },
    scheme: "http",
    respond: () => assert.fail("a refused message is no request"),
    refuse,
    log: (event) => told.push(event),
    isDraining: () => false,
    sparesIdle: () => false,
    onClosed: () => undefined,
  };
  return [renderRefusal(REFUSED, around), told];
}

test("a refused message is logged, and answered with the listener's page", () => {
  assert.deepEqual(
    render(() => PAGE),
    [PAGE, [{ kind: "refused", ...REFUSED }]],
  );
});

test("where the page cannot be made, the viewer is told in bare words, and the operator why", () => {
  const error = new Error("no page");
  const [answer, told] = render(() => {
    throw error;
  });
  assert.deepEqual(told.slice(1), [{ kind: "respond-threw", viewerAddress: "192.0.2.1", error }]);
  assert.deepEqual(answer, {
    status: 400,
    fields: [["Content-Type", "text/plain"]],
    body: { kind: "bytes", bytes: Buffer.from("400 Bad Request: bad-method\n") },
    close: true,
  });
});
