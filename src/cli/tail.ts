// `tail`: lines of all edge workers as they come up, until Ctrl-C. What it says of itself goes to standard error, lines to standard output; whoever
// reads that slowly is waited for, and the workers drop what does not fit meanwhile.

import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { TailLine } from "../edge/watch/line-fields.ts";
import { describeWhereFault, readPredicate } from "../edge/watch/predicate-of.ts";
import type { Settings } from "../service/settings.ts";
import type { TailPiece } from "../service/tails.ts";
import type { Arguments } from "./arguments.ts";
import { streamFromServer } from "./ask-server.ts";
import { openApi } from "./call-api.ts";
import { chooseDistribution, listDistributions } from "./distribution-list.ts";
import { readEdgeFlag } from "./edge-flag.ts";
import { formatBytes } from "./format-bytes.ts";
import { printable } from "./printable.ts";
import { refuse } from "./refuse.ts";
import { askTrace, formatTrace } from "./trace.ts";

/** How often and how long a server that has gone is looked for. */
const RETRY_MS = 500;
const RETRIES = 60;

interface TailRequest {
  readonly where: string;
  readonly distribution?: string;
  readonly traces: boolean;
}

export async function tail(given: Arguments, settings: Settings): Promise<number> {
  const asked = readAsked(given);
  if (typeof asked === "string") return refuse(asked, 2);
  const { where, name } = asked;
  let request: TailRequest = { where, traces: given.flags.has("--trace") };
  if (name !== undefined) {
    const listed = await listDistributions(await openApi(given, settings));
    if (listed.kind === "failure") return refuse(listed.message);
    const found = chooseDistribution(name, listed.distributions);
    if (found.kind === "failure") return refuse(found.message);
    request = { ...request, distribution: found.id };
  }
  // Whoever reads has had enough: `warmfront tail | head`.
  process.stdout.on("error", () => process.exit(0));
  return follow(request, asked, given, settings);
}

/** Again and again, as the server is started again. */
async function follow(
  request: TailRequest,
  { linesMax, edge }: Asked,
  given: Arguments,
  settings: Settings,
): Promise<number> {
  let left = linesMax;
  let isBegun = false;
  for (let tries = 0; tries <= RETRIES; tries++) {
    const stream = await streamFromServer({ method: "POST", path: "tail", body: request }, settings, given);
    if (typeof stream === "string") {
      if (!isBegun || tries === RETRIES) return refuse(stream);
      await wait(RETRY_MS);
      continue;
    }
    for await (const text of stream) {
      const piece = JSON.parse(text) as TailPiece | { readonly line: TailLine };
      if (!("line" in piece)) {
        say(piece, isBegun, edge);
        isBegun = true;
        tries = 0;
      } else if (left-- > 0) {
        await print(piece.line, request, given, settings);
        if (left === 0) return 0;
      }
    }
    if (tries === 0) process.stderr.write("warmfront: the server has ended the connection; looking for it again\n");
    await wait(RETRY_MS);
  }
  return 1;
}

interface Asked {
  readonly where: string;
  readonly name: string | undefined;
  readonly linesMax: number;
  /** The only worker whose lines are wanted; `where` says so, too. */
  readonly edge: number | undefined;
}

/** What is to be shown, or what is wrong with how it was said. */
export function readAsked({ operands, flags }: Pick<Arguments, "operands" | "flags">): Asked | string {
  if (operands.length > 0) {
    return `tail takes flags only, found ${JSON.stringify(operands.join(" "))}; put --where between quotation marks`;
  }
  const last = (flag: string): string | undefined => flags.get(flag)?.at(-1);
  const where = last("--where") ?? "";
  const read = readPredicate(where);
  if (read.kind === "failure") return describeWhereFault(where, read);
  const edge = readEdgeFlag({ flags });
  if (typeof edge === "string") return edge;
  const lines = last("--lines");
  if (lines !== undefined && !/^[1-9]\d{0,8}$/.test(lines)) {
    return `--lines is how many lines are shown, found ${JSON.stringify(lines)}`;
  }
  const ofEdge = edge === undefined ? "" : `edge == ${edge}`;
  const both = ofEdge === "" ? where : where.trim() === "" ? ofEdge : `${ofEdge} && (${where})`;
  return {
    where: both,
    name: last("--distribution"),
    linesMax: lines === undefined ? Infinity : Number(lines),
    edge,
  };
}

function say(piece: TailPiece, isAgain: boolean, edge: number | undefined): void {
  const said =
    "lost" in piece
      ? `${piece.lost} lines of edge ${piece.edge} are not shown: more came than are read`
      : "gone" in piece
        ? `edge ${piece.gone} has ended, its last lines may be missing; another takes its place`
        : `watching ${piece.edges.length === 1 ? "edge" : "edges"} ${piece.edges.join(", ")}${isAgain ? " again" : "; Ctrl-C ends it"}`;
  process.stderr.write(`warmfront: ${said}\n`);
  if (edge !== undefined && "edges" in piece && !piece.edges.includes(edge)) {
    process.stderr.write(`warmfront: there is no edge ${edge}, so there is nothing to show\n`);
  }
}

async function print(line: TailLine, { traces }: TailRequest, given: Arguments, settings: Settings): Promise<void> {
  const traced = traces ? await askTrace(line.id, given, settings) : "";
  const trace = typeof traced === "string" ? undefined : traced;
  if (given.flags.has("--json")) {
    return write(`${JSON.stringify(trace === undefined ? line : { ...line, trace: trace.pieces })}\n`);
  }
  const opened = trace === undefined ? "" : formatTrace(trace).replaceAll(/^(?=.)/gm, "    ");
  await write(`${formatLine(line)}\n${opened === "" ? "" : `${opened}\n`}`);
}

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}

/** One line for people. */
function formatLine(line: TailLine): string {
  const { time, status, result, ms, bytes, method, scheme, host, path, query, id } = line;
  const target = query === "" ? path : `${path}?${query}`;
  return printable(
    [
      time.slice(11, 23),
      String(status).padStart(3, "0"),
      result.padEnd(8),
      `${ms} ms`.padStart(8),
      formatBytes(bytes).padStart(10),
      `${method} ${scheme}://${host}${target}`,
      id || "-",
    ].join("  "),
  );
}
