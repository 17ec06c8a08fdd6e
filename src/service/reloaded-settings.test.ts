import assert from "node:assert/strict";
import test from "node:test";
import { takeOver } from "./reloaded-settings.ts";
import { readSettings, type Settings } from "./settings.ts";

function read(content: Readonly<Record<string, unknown>>): Settings {
  const outcome = readSettings({ flags: new Map(), environment: {}, file: { path: "f", content } });
  assert(outcome.kind === "ok");
  return outcome.settings;
}

test("a reload takes over what edge workers alone stand on, and names what waits for a restart", () => {
  const running = read({ apiPort: 1000 });
  const { settings, waiting } = takeOver(
    running,
    read({
      apiPort: 1001,
      workers: 3,
      edgeLocation: "FRA50-P1",
      viewerIdleTimeoutSeconds: 5,
      originBodyBytesMax: 2048,
      apiBodyBytesMax: 2048,
    }),
  );
  assert.deepEqual(waiting, ["--api-port", "--workers", "--api-body-bytes-max"]);
  assert.equal(settings.apiPort, 1000);
  assert.equal(settings.workers, running.workers);
  assert.equal(settings.edgeLocation, "FRA50-P1");
  assert.deepEqual(settings.limits, { ...running.limits, viewerIdleTimeoutSeconds: 5, originBodyBytesMax: 2048 });
});
