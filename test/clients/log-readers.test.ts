// Published readers of CloudFront's standard logs over files that were really delivered, with all the characters that viewers send:
// cloudfront-log-parser of npm, and GoAccess with its CLOUDFRONT format. Both have to find what the viewers counted.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { bucketClient } from "../support/bucket-client.ts";
import { untilDelivered, type LogFile } from "../support/delivered-logs.ts";
import { LOG_BUCKETS, openLoggedSites } from "../support/replay/logged-sites.ts";
import { replay } from "../support/replay/replay.ts";
import type { Seen } from "../support/replay/viewing.ts";
import { startService } from "../support/running-service.ts";
import { clearedEnvironment, findPrograms, runProgram } from "./program.ts";

const [goaccess] = findPrograms("goaccess");

let folder: string;
let files: readonly LogFile[];
/** What is in them. */
let seen: readonly Seen[];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "warmfront-readers-"));
  await using service = await startService(["--log-delivery-seconds", "1"]);
  await using logged = await openLoggedSites(service);
  const all = await replay({ logged, at: () => service, seed: 20_261_121, count: 1500 });
  const found: LogFile[] = [];
  for (const bucket of LOG_BUCKETS) {
    const hosts = logged.sites.filter((site) => site.bucket === bucket).map(({ domain }) => domain);
    const wanted = all.filter(({ asked }) => hosts.includes(asked.host));
    seen = [...(seen ?? []), ...wanted];
    found.push(...(await untilDelivered(bucketClient(service), bucket, wanted.length)));
  }
  files = found;
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** Names as the parser has them: without parentheses. */
type Parsed = Readonly<Record<string, string>>;
const { parse } = createRequire(import.meta.url)("cloudfront-log-parser") as {
  readonly parse: (text: string, format: { readonly format: "web" }) => readonly Parsed[];
};

/** It takes these for blanks, quotes and backslashes that were encoded twice, as files of the real service have them. */
function asParsed(value: string | undefined): string {
  const read = value ?? "";
  return read === "" ? "-" : read.replaceAll("%20", " ").replaceAll("%22", '"').replaceAll("%5C", "\\");
}

test("cloudfront-log-parser reads every file, and gives back what viewers sent", () => {
  const parsed = files.flatMap(({ text }) => parse(text, { format: "web" }));
  assert.equal(parsed.length, seen.length);
  const byId = new Map(parsed.map((line) => [line["x-edge-request-id"], line]));
  for (const { asked, requestId, status, bytesIn } of seen) {
    if (requestId === "") continue;
    const line = byId.get(requestId);
    const field = (name: string): string | undefined => asked.fields.find(([each]) => each === name)?.[1];
    const [stem = "", ...query] = asked.target.split("?");
    assert.deepEqual(
      {
        stem: line?.["cs-uri-stem"],
        query: line?.["cs-uri-query"],
        agent: line?.["cs-user-agent"],
        referer: line?.["cs-referer"],
        status: line?.["sc-status"],
        bytes: line?.["cs-bytes"],
        last: line?.["sc-range-end"] !== undefined,
      },
      {
        stem: asParsed(stem),
        query: asParsed(query.join("?")),
        agent: asParsed(field("User-Agent")),
        referer: asParsed(field("Referer")),
        status: String(status),
        bytes: String(bytesIn),
        last: true,
      },
    );
  }
});

interface Panel {
  readonly data: readonly {
    readonly data: string;
    readonly hits: { readonly count: number };
    readonly items?: Panel["data"];
  }[];
}

/** `strict`: with a status that HTTP has. */
async function analyze(strict: boolean): Promise<Readonly<Record<string, Panel>> & { readonly general: Counts }> {
  const log = join(folder, "access.log");
  const report = join(folder, "report.json");
  writeFileSync(log, files.map(({ text }) => text).join(""), "latin1");
  const flags = ["--log-format=CLOUDFRONT", "--no-global-config", "--no-progress", "-o", report];
  const { status, err } = await runProgram(goaccess ?? "", [log, ...flags, ...(strict ? [] : ["--no-strict-status"])], {
    environment: clearedEnvironment(folder),
    folder,
    timeoutSeconds: 30,
  });
  assert.equal(status, 0, err);
  return JSON.parse(readFileSync(report, "utf8")) as Readonly<Record<string, Panel>> & { readonly general: Counts };
}

interface Counts {
  readonly total_requests: number;
  readonly valid_requests: number;
  readonly failed_requests: number;
  readonly bandwidth: number;
}

test(
  "GoAccess reads every line, and counts requests, bytes, statuses, hosts and hits as they were",
  { skip: goaccess === undefined && "goaccess is not installed", timeout: 60_000 },
  async () => {
    const { general, ...panels } = await analyze(false);
    const count = (about: (one: Seen) => string): Readonly<Record<string, number>> => {
      const counts: Record<string, number> = {};
      for (const one of seen) counts[about(one)] = (counts[about(one)] ?? 0) + 1;
      return counts;
    };
    const told = (panel: Panel["data"] | undefined, length?: number): Readonly<Record<string, number>> =>
      Object.fromEntries((panel ?? []).map(({ data, hits }) => [data.slice(0, length), hits.count]));
    const lines = files.flatMap((file) => file.lines);
    assert.deepEqual(
      {
        requests: general.total_requests,
        valid: general.valid_requests,
        failed: general.failed_requests,
        bytes: general.bandwidth,
      },
      {
        requests: seen.length,
        valid: seen.length,
        failed: 0,
        bytes: lines.reduce((sum, line) => sum + Number(line["sc-bytes"]), 0),
      },
    );
    const { 0: left, ...statuses } = count(({ status }) => String(status));
    const byStatus = told(
      panels["status_codes"]?.data.flatMap(({ items = [] }) => items),
      3,
    );
    assert.deepEqual(byStatus, { ...statuses, Unk: left });
    assert.deepEqual(
      told(panels["vhosts"]?.data),
      count(({ asked }) => asked.host),
    );
    // What a viewer left in mid-body its line may call whole, and what the viewer saw that it was: when all of it was in the hands of the system by then.
    const byId = new Map(lines.map((line) => [line["x-edge-request-id"], line["x-edge-result-type"]]));
    const { Hit, Miss } = told(panels["cache_status"]?.data);
    const results = count(({ ending, requestId, result }) =>
      ending === "whole" || (ending === "left" && byId.get(requestId) === result) ? result : "Error",
    );
    assert.deepEqual({ Hit, Miss }, { Hit: results["Hit"], Miss: results["Miss"] });
    // Told not to, it takes no other line than those of viewers who left before there was an answer: their status is the real service's, too.
    const strictly = await analyze(true);
    assert.equal(strictly.general.failed_requests, left);
  },
);
