// boto3 as Debian ships it, against the bucket store. What it does is in s3_boto3.py.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startService } from "../support/running-service.ts";
import { clearedEnvironment } from "./program.ts";

const PYTHON = "/usr/bin/python3";
const PROGRAM = fileURLToPath(new URL("s3_boto3.py", import.meta.url));
const hasBoto3 = spawnSync(PYTHON, ["-W", "ignore", "-c", "import boto3.session"], { timeout: 60_000 }).status === 0;

test(
  "boto3 uploads, downloads, copies, lists and empties",
  { skip: hasBoto3 ? false : "python3-boto3 is not installed" },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "warmfront-s3-boto3-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    await using service = await startService();
    const child = spawn(PYTHON, ["-I", "-W", "ignore", PROGRAM], {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: 55_000,
      env: { ...clearedEnvironment(folder), AWS_EC2_METADATA_DISABLED: "true", NO_PROXY: "*" },
    });
    let printed = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.stdin.end(JSON.stringify({ endpoint: service.apiUrl, folder }));
    const [status] = (await once(child, "close")) as [number | null];
    assert.equal(status, 0, errors);
    assert.equal(printed.trim(), "done");
    assert.doesNotMatch(service.errors(), /error/i);
  },
);
