// `status`: whether a service runs on the data directory, by what it answers itself; nothing is told from files alone.

import type { EdgeCounters } from "../edge/edge-counters.ts";
import { formatAuthority, reachable } from "../service/addresses.ts";
import type { ListenAddress } from "../service/process-messages.ts";
import type { RefusedLogs } from "../service/deliver-logs.ts";
import type { SilentWorker } from "../service/edge-workers.ts";
import type { LogsWaiting } from "../service/logs-waiting.ts";
import { askStatus, type ServiceStatus } from "../service/service-status.ts";
import type { Settings } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";
import { formatBytes } from "./format-bytes.ts";
import { refuse } from "./refuse.ts";

export async function status(given: Arguments, settings: Settings): Promise<number> {
  if (given.operands.length > 0) {
    return refuse(`status takes flags only, found ${JSON.stringify(given.operands.join(" "))}`, 2);
  }
  const outcome = await askStatus(settings.dataDir);
  if (outcome.kind === "failure") return refuse(outcome.message);
  const text = given.flags.has("--json")
    ? `${JSON.stringify(outcome.status, undefined, 2)}\n`
    : formatStatus(outcome.status);
  process.stdout.write(text);
  return 0;
}

function formatStatus({
  processId,
  startedAtMs,
  dataDirectory,
  addresses,
  consoleUrls,
  workers,
  counters,
  logs,
  testClock,
}: ServiceStatus): string {
  const rows = [
    ["Management API", urlsOf(addresses, "apiPort")],
    ...(consoleUrls.length > 0 ? [["Console", consoleUrls] as const] : []),
    ["Viewers", [...urlsOf(addresses, "edgeHttpPort"), ...urlsOf(addresses, "edgeHttpsPort")]],
    ["Data", [dataDirectory]],
    ["Workers", [`${workers.up} of ${workers.wanted}`, ...workers.silent.map(describeSilent)]],
    ...describeCounters(counters),
    ...describeLogs(logs, counters.logLinesLost).map((text) => ["Access logs", [text]] as const),
  ] as const;
  const lines = rows.map(([label, values]) => `${label.padEnd(16)} ${values.join(", ")}\n`);
  const forTests =
    testClock === undefined ? "" : `For tests alone (--test-controls yes): its clock is at ${testClock}.\n`;
  return `Running since ${new Date(startedAtMs).toISOString()}, as process ${processId}.\n${forTests}\n${lines.join("")}`;
}

/** It serves nobody, and every change waits for it. */
export function describeSilent({ slot, seconds }: SilentWorker): string {
  return `edge ${slot + 1} has said nothing for ${seconds} s: changes wait for it until it goes on or is replaced`;
}

/** Until a worker has told of itself there is none of them. */
function describeCounters(counters: Partial<EdgeCounters>): readonly (readonly [string, readonly string[]])[] {
  const { requests = 0, hits = 0, refreshHits = 0, misses = 0, errors = 0 } = counters;
  const { distributions = 0, storedResponses = 0, storedBytes = 0 } = counters;
  const served = hits + refreshHits;
  const asked = served + misses;
  const ratio =
    asked === 0 ? "none: nothing that can be stored was asked for" : `${((served / asked) * 100).toFixed(1)} %`;
  return [
    ["Distributions", [String(distributions)]],
    [
      "Requests",
      [`${requests}, of which ${count(served, "hit")}, ${count(misses, "miss")} and ${count(errors, "error")}`],
    ],
    ["Hit ratio", [ratio]],
    ["Stored", [`${count(storedResponses, "response")}, ${formatBytes(storedBytes)} in memory and on the disk`]],
  ];
}

function count(many: number, one: string): string {
  return `${many} ${one}${many === 1 ? "" : one.endsWith("s") ? "es" : "s"}`;
}

/** Nothing where all goes its way. */
function describeLogs(logs: LogsWaiting | undefined, linesLost = 0): readonly string[] {
  const waiting = (logs?.refused ?? []).map(describeRefused);
  const more = (logs?.refusedCount ?? 0) - waiting.length;
  const lost = linesLost + (logs?.lost.lines ?? 0);
  return [
    ...waiting,
    ...(more > 0 ? [`and those of ${more} more distributions wait`] : []),
    ...(lost > 0 ? [`${lost} lines were lost`] : []),
  ];
}

/** The log of a distribution that its bucket does not take. */
export function describeRefused({ distribution, bucket, files, bytes, since, why }: RefusedLogs): string {
  const what = `${files} ${files === 1 ? "file" : "files"}, ${formatBytes(bytes)}`;
  return `${distribution} waits for the bucket ${bucket} since ${new Date(since).toISOString()} (${what}): ${why}`;
}

/** The URLs behind one port setting: one for each address that it listens at, which all workers share. */
export function urlsOf(addresses: readonly ListenAddress[], setting: ListenAddress["setting"]): string[] {
  const scheme = setting === "edgeHttpsPort" ? "https" : "http";
  const urls = addresses
    .filter((address) => address.setting === setting)
    .map((address) => reachable(address))
    .map(({ host, port }) => `${scheme}://${formatAuthority(host, port)}`);
  return [...new Set(urls)];
}
