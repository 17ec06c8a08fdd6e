// How many connections viewers may hold, over the listeners of one edge.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, openWired } from "./wired.ts";

const GET = "GET /a HTTP/1.1\r\nHost: nobody.invalid\r\n\r\n";

for (const [limit, why] of [
  [
    "viewerConnectionsMax",
    "there are as many connections as viewerConnectionsMax, or the system's number of open files, allows",
  ],
  ["viewerConnectionsPerAddressMax", "its address has viewerConnectionsPerAddressMax connections"],
] as const) {
  test(
    `beyond ${limit} a viewer is turned away, counted and logged, until there is room`,
    { timeout: 10_000 },
    async () => {
      await using wired = await openWired({}, { [limit]: 2 });
      const held = [wired.viewer(), wired.viewer()];
      for (const viewer of held) {
        viewer.send(GET);
        await viewer.until(/<\/HTML>\s*$/);
      }
      for (let times = 0; times < 3; times++) {
        const away = wired.viewer();
        await away.toEnd();
        assert.equal(away.received, "");
      }
      assert.equal(wired.world.edge.counters().connectionsRefused, 3);
      assert.deepEqual(
        wired.world.events.map(({ level, event, why: said }) => `${level} ${event} ${said}`),
        [`warn too-many-connections 127.0.0.1 was turned away: ${why}`],
      );
      held[0]?.socket.end();
      await eventually(() => wired.connections() === 1);
      const next = wired.viewer();
      next.send(GET);
      await next.until(/<\/HTML>\s*$/);
    },
  );
}
