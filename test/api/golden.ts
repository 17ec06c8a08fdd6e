// Documents that are promised byte by byte. UPDATE_GOLDEN=1 rewrites them; the diff is what gets reviewed.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const ROOT = new URL("../golden/", import.meta.url);

/** What the file holds, or would hold. */
export function goldenPath(name: string): string {
  return new URL(name, ROOT).pathname;
}

/** Compares with the file, which has to exist. */
export function matchGolden(name: string, actual: string): void {
  const path = goldenPath(name);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path) || readFileSync(path, "utf8") !== actual) writeFileSync(path, actual);
    return;
  }
  assert(existsSync(path), `${name} is missing: UPDATE_GOLDEN=1 writes it`);
  assert.equal(actual, readFileSync(path, "utf8"), `differs from ${name}`);
}

/** An answer as its file shows it: status, blank line, document. What differs from run to run has a name in braces. */
export function goldenAnswer(status: number, body: string, requestId: string): string {
  const shown = body
    .replaceAll(requestId, "{RequestId}")
    .replace(
      /http:\/\/cloudfront\.amazonaws\.com\/doc\/\d{4}-\d\d-\d\d\//,
      "http://cloudfront.amazonaws.com/doc/{Version}/",
    )
    .replace(/\bE(?!0NOBODY)[0-9A-Z]{13}\b/g, "{Id}");
  return `HTTP ${status}\n\n${shown}\n`;
}
