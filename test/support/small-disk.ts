// A small disk to fill up: a file system in memory, mounted for one test. Only the superuser may, and not in every container.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** Its folder, until the test is over; `undefined` where this user may not mount. `size`: as mount takes it, `8m`. */
export function mountSmallDisk(t: TestContext, size: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-full-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "none", folder]);
  t.after(() => {
    if (mounted.status === 0) spawnSync("umount", ["--lazy", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return mounted.status === 0 ? folder : undefined;
}
