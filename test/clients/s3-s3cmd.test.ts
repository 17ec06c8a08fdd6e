// s3cmd as people use it, with signatures of either version: put, get, synchronize, list, move and delete.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startService, type RunningService } from "../support/running-service.ts";
import { clearedEnvironment, findPrograms, runProgram } from "./program.ts";
import { assertSameFiles, writeSite } from "./s3-site.ts";

const [S3CMD] = findPrograms("s3cmd");

describe("s3cmd", { skip: S3CMD === undefined && "there is no s3cmd on this machine" }, () => {
  let service: RunningService;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "warmfront-s3cmd-"));
    service = await startService();
  });
  after(async () => {
    await service?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const isOlder of [false, true]) {
    test(`a site goes up, comes down and goes away, with ${isOlder ? "the older signature" : "Signature Version 4"}`, async () => {
      const bucket = isOlder ? "older" : "newer";
      const own = join(folder, bucket);
      const site = join(own, "site");
      writeSite(site);
      const config = join(own, "s3cfg");
      const authority = `127.0.0.1:${service.apiPort}`;
      writeFileSync(
        config,
        [
          "[default]",
          "access_key = test",
          "secret_key = test",
          `host_base = ${authority}`,
          `host_bucket = ${authority}`,
          "use_https = False",
          `signature_v2 = ${isOlder ? "True" : "False"}`,
          "multipart_chunk_size_mb = 5",
        ].join("\n"),
      );
      const s3cmd = async (...words: readonly string[]): Promise<string> => {
        const { status, out, err } = await runProgram(S3CMD ?? "", ["-c", config, "--no-progress", ...words], {
          environment: clearedEnvironment(own),
          folder: own,
          timeoutSeconds: 55,
        });
        assert.equal(status, 0, `s3cmd ${words.join(" ")}: ${err}${out}`);
        return out;
      };
      await s3cmd("mb", `s3://${bucket}`);
      await s3cmd("put", "--recursive", `${site}/`, `s3://${bucket}/`);
      assert.match(await s3cmd("ls", "-r", `s3://${bucket}`), /s3:\/\/\w+\/sub\/a b\+c&é%20\.txt/);
      const back = join(own, "back");
      mkdirSync(back);
      await s3cmd("get", "--recursive", `s3://${bucket}/`, `${back}/`);
      assertSameFiles(site, back);
      assert.doesNotMatch(await s3cmd("sync", `${site}/`, `s3://${bucket}/`), /upload:/);
      rmSync(join(site, "empty"));
      writeFileSync(join(site, "index.html"), "<h1>changed</h1>\n");
      const synchronized = await s3cmd("sync", "--delete-removed", `${site}/`, `s3://${bucket}/`);
      assert.match(synchronized, /delete: .*empty/);
      assert.match(synchronized, /upload: .*index\.html/);
      await s3cmd("cp", `s3://${bucket}/index.html`, `s3://${bucket}/copy+of.html`);
      await s3cmd("mv", `s3://${bucket}/copy+of.html`, `s3://${bucket}/moved.html`);
      await s3cmd("modify", "--add-header=Cache-Control:max-age=5", `s3://${bucket}/moved.html`);
      await s3cmd("get", "--force", `s3://${bucket}/moved.html`, join(own, "got"));
      assert.equal(readFileSync(join(own, "got"), "utf8"), "<h1>changed</h1>\n");
      assert.match(await s3cmd("info", `s3://${bucket}/large.bin`), /File size: 17000000/);
      const address = (await s3cmd("signurl", `s3://${bucket}/moved.html`, "+60")).trim();
      const shown = await fetch(address);
      assert.deepEqual([shown.headers.get("cache-control"), await shown.text()], ["max-age=5", "<h1>changed</h1>\n"]);
      assert.equal((await s3cmd("multipart", `s3://${bucket}`)).includes("large.bin"), false);
      await s3cmd("del", `s3://${bucket}/moved.html`);
      await s3cmd("rb", "--force", "--recursive", `s3://${bucket}`);
      assert.equal((await s3cmd("ls")).includes(bucket), false);
    });
  }

  test("the server met no fault of its own", () => {
    assert.doesNotMatch(service.errors(), /error/i);
  });
});
