// A cold body that is longer than what memory keeps of one, of an origin that gives no validator: the rest cannot be asked for, and a
// viewer who is far behind another gets it all the same, from the disk that it is being written to. [D-0038]

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openWired, eventually } from "../scenarios/wired.ts";
import { openDiskStorage } from "../support/disk-storage.ts";

const HOST = "d1.cloudfront.localhost";
const MEGABYTE = 1_048_576;
const TOTAL = 112 * MEGABYTE;
/** Until so much has gone the slow one reads nothing: it is beyond what is kept, and what sockets hold. */
const HELD_UNTIL = 100 * MEGABYTE;

const BLOCK = Buffer.alloc(65_521);
for (let at = 0; at < BLOCK.length; at++) BLOCK[at] = (at * 31) % 251;

function bytesAt(from: number): Buffer {
  const at = from % BLOCK.length;
  return BLOCK.subarray(at, Math.min(BLOCK.length, at + TOTAL - from));
}

function digestOfAll(): string {
  const hash = createHash("sha1");
  for (let at = 0; at < TOTAL;) {
    const piece = bytesAt(at);
    hash.update(piece);
    at += piece.length;
  }
  return hash.digest("hex");
}

/** Of all files. */
function bytesIn(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, { parentPath, name }) => sum + (statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
}

async function open(port: number): Promise<IncomingMessage> {
  const asking = get({ host: "127.0.0.1", port, path: "/long", headers: { Host: HOST }, agent: false });
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  return response;
}

async function drink(response: IncomingMessage, onBytes: (bytes: number) => void = () => undefined): Promise<string> {
  const hash = createHash("sha1");
  for await (const piece of response) {
    hash.update(piece as Buffer);
    onBytes((piece as Buffer).length);
  }
  return hash.digest("hex");
}

for (const framing of ["with a length", "in chunks"]) {
  for (const leaves of [false, true]) {
    const other = leaves ? "and the fast one leaves" : "and the fast one stays";
    test(
      `a slow viewer of a long cold body ${framing} without a validator gets it whole, ${other}`,
      { timeout: 60_000 },
      async (t) => {
        const directory = mkdtempSync(join(tmpdir(), "w-"));
        t.after(() => rmSync(directory, { recursive: true, force: true }));
        const limits = { cacheCapacityBytes: 1_000 * MEGABYTE, cacheResponseBytesMax: 500 * MEGABYTE };
        const storage = await openDiskStorage(directory, limits, 16 * MEGABYTE);
        await using wired = await openWired({}, {}, [], undefined, { storage });
        let asked = 0;
        let sent = 0;
        wired.world.origin.answer((_request, response) => {
          asked++;
          const length = framing === "with a length" ? { "Content-Length": String(TOTAL) } : {};
          response.writeHead(200, { "Cache-Control": "max-age=60", ...length });
          const goOn = async (): Promise<void> => {
            while (sent < TOTAL && !response.destroyed) {
              const piece = bytesAt(sent);
              sent += piece.length;
              response.write(piece);
              // A disk that falls behind is given nothing more, which is another matter.
              await eventually(() => response.destroyed || bytesIn(directory) > sent - 8 * MEGABYTE);
            }
            response.end();
          };
          void eventually(() => wired.world.edge.counters().requests === 2).then(goOn);
        });
        const [fast, slow] = await Promise.all([open(wired.port), open(wired.port)]);
        let taken = 0;
        const fastDigest = drink(fast, (bytes) => {
          taken += bytes;
          if (leaves && taken > HELD_UNTIL) fast.destroy();
        }).catch(() => "left");
        await eventually(() => taken > HELD_UNTIL);
        assert.equal(await drink(slow), digestOfAll());
        assert.equal(await fastDigest, leaves ? "left" : digestOfAll());
        assert.equal(asked, 1);
        assert.ok(!wired.world.events.some(({ event }) => event === "viewer-left-behind"));
        await eventually(() => wired.world.edge.counters().fetchesInFlight === 0);
        assert.equal(await drink(await open(wired.port)), digestOfAll(), "and it is stored");
        assert.equal(asked, 1);
      },
    );
  }
}
