import assert from "node:assert/strict";
import { test } from "node:test";
import { fitConnections, readOpenFilesMax } from "./open-files.ts";

test("viewers get as many connections as asked for, but never all the files that may be open", () => {
  for (const [asked, openFilesMax, expected] of [
    [20_000, undefined, 20_000],
    [20_000, 1_048_576, 20_000],
    [20_000, 21_024, 20_000],
    [20_000, 20_000, 18_976],
    [20_000, 1024, 512],
    [100, 1024, 100],
    [20_000, 1, 1],
  ] as const) {
    assert.equal(fitConnections(asked, openFilesMax), expected, `${asked} of ${openFilesMax}`);
  }
});

test("the number of files is read where the system tells it", () => {
  const limits = (soft: string): string =>
    `Limit                     Soft Limit           Hard Limit           Units     \n` +
    `Max processes             95955                95955                processes \n` +
    `Max open files            ${soft.padEnd(20)} 524288               files     \n`;
  assert.equal(
    readOpenFilesMax(() => limits("1024")),
    1024,
  );
  assert.equal(
    readOpenFilesMax(() => limits("unlimited")),
    undefined,
  );
  assert.equal(
    readOpenFilesMax(() => "nothing of the kind"),
    undefined,
  );
  assert.equal(
    readOpenFilesMax(() => {
      throw new Error("ENOENT");
    }),
    undefined,
  );
  if (process.platform === "linux") assert.ok((readOpenFilesMax() ?? Infinity) > 0);
});
