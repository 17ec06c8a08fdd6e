// `traffic`: what is served, a line a second, until Ctrl-C. Behind it stands the same stream as behind the console's plots.

import type { Settings } from "../service/settings.ts";
import type { TrafficStep } from "../service/live-traffic.ts";
import type { TrafficPiece } from "../service/own-traffic.ts";
import type { TopLists } from "../service/top-lists.ts";
import type { Arguments } from "./arguments.ts";
import { streamFromServer } from "./ask-server.ts";
import { openApi } from "./call-api.ts";
import { chooseDistribution, listDistributions } from "./distribution-list.ts";
import { formatBytes } from "./format-bytes.ts";
import { printable } from "./printable.ts";
import { refuse } from "./refuse.ts";

/** Lines between two heads of the table. */
const HEAD_EVERY = 20;
const TOPS_TOLD = 5;

export async function traffic(given: Arguments, settings: Settings): Promise<number> {
  const lines = given.flags.get("--lines")?.at(-1);
  if (given.operands.length > 0) {
    return refuse(`traffic takes flags only, found ${JSON.stringify(given.operands.join(" "))}`, 2);
  }
  if (lines !== undefined && !/^[1-9]\d{0,8}$/.test(lines)) {
    return refuse(`--lines is how many lines are shown, found ${JSON.stringify(lines)}`, 2);
  }
  const name = given.flags.get("--distribution")?.at(-1);
  let body = {};
  if (name !== undefined) {
    const listed = await listDistributions(await openApi(given, settings));
    if (listed.kind === "failure") return refuse(listed.message);
    const found = chooseDistribution(name, listed.distributions);
    if (found.kind === "failure") return refuse(found.message);
    body = { distribution: found.id };
  }
  const stream = await streamFromServer({ method: "POST", path: "traffic", body }, settings, given);
  if (typeof stream === "string") return refuse(stream);
  process.stdout.on("error", () => process.exit(0));
  const linesMax = lines === undefined ? Infinity : Number(lines);
  await show(stream, linesMax, given.flags.has("--json"));
  return 0;
}

async function show(stream: AsyncIterable<string>, linesMax: number, isJson: boolean): Promise<void> {
  let shown = 0;
  let tops: TopLists | undefined;
  for await (const text of stream) {
    const piece = JSON.parse(text) as TrafficPiece | object;
    if (isJson) process.stdout.write(`${text}\n`);
    if ("tops" in piece) tops = piece.tops;
    if (!("step" in piece)) continue;
    if (!isJson && shown % HEAD_EVERY === 0) process.stdout.write(`${formatTops(tops)}${HEAD}\n`);
    if (!isJson) process.stdout.write(`${formatStep(piece.step)}\n`);
    if (++shown >= linesMax) return;
  }
}

const HEAD = "TIME      REQUESTS   HITS    MISSES  ERRORS  4XX    5XX       SENT  P50 ms   P90 ms   P99 ms";

function formatStep(step: TrafficStep): string {
  const { at, requests, results, statuses, bytesOut, latency } = step;
  const hits = results.Hit + results.RefreshHit;
  const share = requests === 0 ? "-" : `${Math.round((hits / requests) * 100)} %`;
  const ms = (value: number | null): string => (value === null ? "-" : String(value));
  return [
    new Date(at * 1000).toISOString().slice(11, 19),
    String(requests).padStart(8),
    share.padStart(6),
    String(results.Miss).padStart(8),
    String(results.Error).padStart(6),
    String(statuses["4xx"]).padStart(4),
    String(statuses["5xx"]).padStart(5),
    formatBytes(bytesOut).padStart(10),
    ms(latency.p50).padStart(6),
    ms(latency.p90).padStart(7),
    ms(latency.p99).padStart(7),
  ].join("  ");
}

/** Above the table's head, once it is known. */
function formatTops(tops: TopLists | undefined): string {
  if (tops === undefined) return "";
  const paths = tops.paths.slice(0, TOPS_TOLD).map(({ path, count }) => `${count} × ${path}`);
  const misses = tops.misses.slice(0, TOPS_TOLD).map(({ cause, path, count }) => `${count} × ${path} (${cause})`);
  const row = (what: string, items: readonly string[]): string =>
    items.length === 0 ? "" : `${what} of the last ${tops.seconds} s: ${printable(items.join(", "))}\n`;
  return `\n${row("Asked for most", paths)}${row("Missed most", misses)}\n`;
}
