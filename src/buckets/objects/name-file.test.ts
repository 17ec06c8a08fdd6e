import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BUCKET, HEAD, range, withBucket } from "../../store/contract/bucket-samples.ts";
import { NOW } from "../../store/contract/samples.ts";
import { openSqliteStore } from "../../store/sqlite/open-sqlite-store.ts";
import { nameFile } from "./name-file.ts";
import { openObjectFiles } from "../files/open-object-files.ts";

test("a file that the index has no room to name is gone, and the others are there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-name-"));
  try {
    await using store = await openSqliteStore({
      path: join(folder, "store.sqlite"),
      limits: { fileBytesMax: 500_000 },
    });
    const objects = join(folder, "objects");
    const reportFault = (fault: unknown): void => assert.fail(String(fault));
    await using files = await openObjectFiles({ folder: objects, random: randomBytes, reportFault, removeAfterMs: 0 });
    await withBucket(store);
    const metadata = { note: "x".repeat(30_000) };
    let faults = 0;
    for (let number = 0; number < 30; number++) {
      const source = (async function* () {
        yield Buffer.from(`object ${number}`);
      })();
      const piece = await files.write(source, () => undefined);
      const draft = { ...HEAD, metadata, pieces: [piece], bytes: piece.bytes, etag: "e", checksums: {} };
      const at = { bucket: BUCKET, key: `${number}`, newVersionId: "v" };
      await nameFile({ store, files }, piece, () => store.buckets.putObject({ ...draft, ...at }, undefined, NOW)).catch(
        (fault: Error) => {
          assert.match(fault.message, /no room left/);
          faults++;
        },
      );
    }
    assert(faults > 0 && faults < 30);
    const { items } = await store.buckets.listObjects(BUCKET, range());
    const left = readdirSync(objects, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    assert.deepEqual([items.length, left.length], [30 - faults, 30 - faults]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
