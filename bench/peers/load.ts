// Loads as programs of others make them: wrk for HTTP/1.1 and TLS, h2load for HTTP/2, with what a browser sends; and two of
// our own, for handshakes and for requests at fixed instants, in processes of their own. Every outcome is held against
// what was to be answered: a figure made of errors is no figure.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { HandshakeLoad, HandshakeOutcome } from "./handshake-process.ts";
import { pin, type Core } from "../support/machine.ts";
import { unpackHistogram, type LatencyHistogram } from "./latency-histogram.ts";
import type { OpenLoopLoad } from "./open-loop.ts";
import { ENVIRONMENT } from "./peer.ts";

/** Done is what the server was asked for and has answered: requests, or handshakes. */
export interface Done {
  readonly count: number;
  readonly seconds: number;
}

/** What a browser sends with an image of a page, and three cookies. */
export const BROWSER_FIELDS: readonly (readonly [string, string])[] = [
  [
    "User-Agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  ],
  ["Accept", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"],
  ["Accept-Encoding", "gzip, deflate, br, zstd"],
  ["Accept-Language", "en-US,en;q=0.9,de;q=0.8"],
  ["Referer", "https://www.bench.example/articles/2026/11/an-article-with-pictures.html"],
  ["Sec-Fetch-Dest", "image"],
  ["Sec-Fetch-Mode", "no-cors"],
  ["Sec-Fetch-Site", "same-origin"],
  ["Cookie", "session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; _ga=GA1.1.1122334455.1700000000"],
];

const CONNECTIONS = 64;

/** Both programs know whole seconds only, and run for the next whole one. */
export interface WrkLoad {
  readonly url: string;
  readonly host: string;
  readonly seconds: number;
  /** Asks for another page with each request, below this path. */
  readonly uniqueBelow?: string;
  /** Left out: as this process. */
  readonly on?: Core;
}

/** Each script writes its summary as the last line. */
const SUMMARY = `
done = function(summary)
  io.write(string.format("\\n%d %d %d %d\\n", summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
`;
const UNIQUE = `
init = function(words)
  local whole = wrk.format("GET", "@@")
  local at = string.find(whole, "@@", 1, true)
  front, back, count = string.sub(whole, 1, at - 1) .. words[1], string.sub(whole, at + 2), 0
end
request = function() count = count + 1; return front .. count .. back end
`;

let scripts = 0;

/** With its script in the folder, one of its own: others may run at the same time. */
export async function runWrk(load: WrkLoad, folder: string): Promise<Done> {
  const script = join(folder, `wrk-${++scripts}.lua`);
  writeFileSync(script, (load.uniqueBelow === undefined ? "" : UNIQUE) + SUMMARY);
  const fields = [["Host", load.host] as const, ...BROWSER_FIELDS].flatMap(([name, value]) => [
    "-H",
    `${name}: ${value}`,
  ]);
  const words = [
    "-t1",
    `-c${CONNECTIONS}`,
    `-d${Math.ceil(load.seconds)}s`,
    "-s",
    script,
    "--timeout",
    "10s",
    ...fields,
    load.url,
  ];
  const more = load.uniqueBelow === undefined ? [] : ["--", load.uniqueBelow];
  const output = await runProgram("wrk", [...words, ...more], load.on);
  const told = output.trim().split("\n").at(-1)?.split(" ").map(Number) ?? [];
  const [count = 0, microseconds = 0, refused = 0, broken = 0] = told;
  if (!(count > 0) || refused + broken > 0) throw new Error(`wrk ${load.url}: ${output}`);
  return { count, seconds: microseconds / 1e6 };
}

const HTTP2 = { connections: 16, streams: 8 } as const;
export const HTTP2_SHAPE = `${HTTP2.connections} connections of ${HTTP2.streams} streams`;

export async function runH2load(load: {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly seconds: number;
  readonly shape?: { readonly connections: number; readonly streams: number };
}): Promise<Done> {
  const { connections, streams } = load.shape ?? HTTP2;
  const fields = BROWSER_FIELDS.flatMap(([name, value]) => ["-H", `${name.toLowerCase()}: ${value}`]);
  const output = await runProgram("h2load", [
    "-t1",
    `-c${connections}`,
    `-m${streams}`,
    `-D${Math.ceil(load.seconds)}`,
    `--connect-to=127.0.0.1:${load.port}`,
    ...fields,
    `https://${load.host}${load.path}`,
  ]);
  const numbers = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? Number.NaN);
  const count = numbers(/status codes: (\d+) 2xx/);
  const bad = numbers(/2xx, (\d+) 3xx/) + numbers(/3xx, (\d+) 4xx/) + numbers(/4xx, (\d+) 5xx/);
  if (!(count > 0) || bad > 0) throw new Error(`h2load ${load.host}${load.path}: ${output}`);
  return { count, seconds: Math.ceil(load.seconds) };
}

/** Hits over HTTP/1.1, each connection asks again at once. */
export interface OfferedLoad {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly connections: number;
  /** In which connections are opened, and nothing counts. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export interface OfferedOutcome {
  readonly served: number;
  readonly refused: number;
}

export async function runOffered(load: OfferedLoad): Promise<OfferedOutcome> {
  const { port, host, path, connections, warmUpSeconds, seconds } = load;
  const output = await runProgram("h2load", [
    "--h1",
    "-t1",
    `-c${connections}`,
    `--warm-up-time=${warmUpSeconds}`,
    `-D${seconds}`,
    `--connect-to=127.0.0.1:${port}`,
    ...BROWSER_FIELDS.flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    `http://${host}${path}`,
  ]);
  const told = /status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/.exec(output)?.slice(1).map(Number);
  const [served = 0, moved = 0, wrong = 0, refused = 0] = told ?? [];
  if (!(served > 0) || moved + wrong > 0) throw new Error(`h2load ${host}${path}: ${output}`);
  return { served, refused };
}

export async function runHandshakes(load: HandshakeLoad): Promise<HandshakeOutcome> {
  return JSON.parse(await runOwn("./handshake-process.ts", load)) as HandshakeOutcome;
}

export interface OpenLoopFigures {
  readonly due: number;
  readonly unanswered: number;
  readonly latencies: LatencyHistogram;
  readonly ownLags: LatencyHistogram;
}

export async function runOpenLoopApart(load: OpenLoopLoad): Promise<OpenLoopFigures> {
  const told = JSON.parse(await runOwn("./open-loop-process.ts", load, WITHOUT_PAUSES)) as {
    readonly due: number;
    readonly unanswered: number;
    readonly latencies: [number, number][];
    readonly ownLags: [number, number][];
  };
  return { ...told, latencies: unpackHistogram(told.latencies), ownLags: unpackHistogram(told.ownLags) };
}

/** Garbage is collected once or twice a run, and not on the core beside by threads of its own. */
const WITHOUT_PAUSES = ["--min-semi-space-size=256", "--max-semi-space-size=256", "--single-threaded-gc"];

function runOwn(file: string, load: object, flags: readonly string[] = []): Promise<string> {
  return runProgram(process.execPath, [...flags, fileURLToPath(new URL(file, import.meta.url)), JSON.stringify(load)]);
}

/** h2load waits for ever for connections that come to nothing. */
const LOAD_MS_MAX = 60_000;

/** What it printed. It inherits the core of this process, unless one is given. */
async function runProgram(program: string, words: readonly string[], on?: Core): Promise<string> {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], env: ENVIRONMENT, timeout: LOAD_MS_MAX });
  if (on !== undefined) pin(child.pid, on);
  let out = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const [status] = (await once(child, "close")) as [number | null];
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${errors}${out}`);
  return out;
}
