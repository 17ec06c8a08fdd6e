// Many viewers over both versions of HTTP ask a mix from a seed, until so many requests were asked; what they saw is then held
// against the lines that were delivered, field by field.

import { setTimeout as wait } from "node:timers/promises";
import type { LogFile, Logged } from "../delivered-logs.ts";
import { mulberry32 } from "../generated-requests.ts";
import { openHttp1Viewer } from "./http1-viewer.ts";
import { openHttp2Viewer } from "./http2-viewer.ts";
import type { LoggedSite, LoggedSites } from "./logged-sites.ts";
import { drawRequest } from "./mixed-requests.ts";
import {
  expectedLine,
  type Asked,
  type EdgeAddress,
  type Seen,
  type Viewer,
  type ViewerConnection,
} from "./viewing.ts";

export interface ReplaySettings {
  readonly logged: LoggedSites;
  readonly at: () => EdgeAddress;
  readonly seed: number;
  readonly count: number;
  readonly onSeen?: (one: Seen) => void;
}

/** Connections, and how many ask at once over each. */
const VIEWERS = [
  { kind: "plain", connections: 12, atOnce: 1 },
  { kind: "tls", connections: 4, atOnce: 1 },
  { kind: "http2", connections: 4, atOnce: 4 },
] as const;

/** As any client waits a little before it tries again. */
const REFUSED_PAUSE_MS = 5;

/** One of so many is of a viewer that leaves without an answer, where that can be told from one that has only said all. */
const UNANSWERED_EVERY = 401;

export async function replay({ logged, at, seed, count, onSeen }: ReplaySettings): Promise<readonly Seen[]> {
  const hosts = logged.sites.map(({ domain }) => domain);
  const seen: Seen[] = [];
  let next = 0;

  async function ask(viewer: Viewer, kind: (typeof VIEWERS)[number]["kind"]): Promise<void> {
    const isSecure = kind !== "plain";
    for (let number = next++; number < count; number = next++) {
      const random = mulberry32(seed * 1_000_003 + number);
      const asked = drawRequest(random, number, { hosts, isSecure });
      const leaves = number % UNANSWERED_EVERY === 400 && kind !== "tls";
      const one = await viewer.ask(leaves ? leaving(asked, number) : asked);
      seen.push(one);
      onSeen?.(one);
      if (one.ending === "lost") await wait(REFUSED_PAUSE_MS);
    }
  }
  function leaving(asked: Asked, number: number): Asked {
    const target = `/never/${seed}-${number}`;
    const { host, fields } = asked;
    return { kind: "unanswered", host, method: "GET", target, fields, leavesUnanswered: logged.asked(target) };
  }

  const viewers: Viewer[] = [];
  const loops = VIEWERS.flatMap(({ kind, connections, atOnce }) =>
    Array.from({ length: connections }, () => {
      const viewer = kind === "http2" ? openHttp2Viewer(at) : openHttp1Viewer(kind === "tls", at);
      viewers.push(viewer);
      return Array.from({ length: atOnce }, () => ask(viewer, kind));
    }).flat(),
  );
  await Promise.all(loops);
  for (const viewer of viewers) viewer.close();
  return seen;
}

/** All lines of a site's, in whichever files. */
export function linesOf(files: readonly LogFile[], site: LoggedSite): readonly Logged[] {
  return files.filter(({ key }) => key.split("/").at(-1)?.startsWith(site.id)).flatMap(({ lines }) => lines);
}

/** Of requests to one site. `lines`: all of its lines. Nothing: each request has its line, and each line its request. */
export function differences(seen: readonly Seen[], lines: readonly Logged[], site: LoggedSite): readonly string[] {
  const found: string[] = [];
  const left = new Map<string, Logged>();
  for (const line of lines) {
    const key = keyOf(line["x-edge-request-id"], line["cs-uri-stem"]);
    if (left.has(key)) found.push(`twice: ${key}`);
    left.set(key, line);
  }
  for (const one of seen) {
    const key = keyOf(one.requestId || "-", one.asked.target);
    const line = left.get(key);
    left.delete(key);
    if (line === undefined)
      found.push(`no line: ${one.asked.kind} ${one.asked.target} ${one.status} ${one.ending} ${key}`);
    else found.push(...differencesOf(one, line, site));
  }
  for (const [key, line] of left) found.push(`nobody asked: ${key} ${line["cs-method"]} ${line["cs-uri-stem"]}`);
  return found;
}

/** Who left without an answer knows no id: its path is nobody else's. */
function keyOf(requestId: string, path: string): string {
  return requestId === "-" ? path : requestId;
}

function differencesOf(seen: Seen, line: Logged, site: LoggedSite): readonly string[] {
  const name = `${seen.asked.kind} ${seen.asked.method} ${seen.asked.target} ${seen.over.version} ${seen.ending}`;
  // A line may call it whole when all of the answer was in the hands of the system before the viewer left.
  const isHandedOver =
    seen.ending === "left" &&
    line["x-edge-result-type"] === seen.result &&
    Number(line["sc-bytes"]) > Number(seen.contentLength);
  const known: Seen = isHandedOver ? { ...seen, ending: "whole", bytesOut: Number(line["sc-bytes"]) } : seen;
  const found = Object.entries(expectedLine(known, site))
    .filter(([field, value]) => line[field as keyof Logged] !== value)
    .map(([field, value]) => `${name}: ${field} is ${line[field as keyof Logged]}, the viewer knows ${value}`);
  if (Number(line["sc-bytes"]) < seen.bytesOut) found.push(`${name}: sc-bytes ${line["sc-bytes"]} of ${seen.bytesOut}`);
  if (Number(line["time-to-first-byte"]) > Number(line["time-taken"])) found.push(`${name}: the first byte came last`);
  return found;
}

/** What became of the requests around kills. */
export interface AroundKills {
  /** Whole answers without a line. */
  readonly lost: readonly Seen[];
  /** Ids that are there twice. */
  readonly twice: readonly string[];
  /** Lines of requests whose answer nobody saw. */
  readonly unseen: number;
  /** Of lost lines, those behind which the same connection has one that is not lost: a hole. */
  readonly holes: readonly string[];
}

export function aroundKills(seen: readonly Seen[], lines: readonly Logged[]): AroundKills {
  const there = new Set<string>();
  const twice: string[] = [];
  for (const { "x-edge-request-id": id } of lines) {
    if (id !== "-" && there.has(id)) twice.push(id);
    there.add(id);
  }
  const lost: Seen[] = [];
  const holes: string[] = [];
  const lostOn = new Map<ViewerConnection, Seen>();
  for (const one of seen) {
    if (one.requestId === "") continue;
    if (there.delete(one.requestId)) {
      const before = lostOn.get(one.over);
      if (before !== undefined) holes.push(`${before.asked.target} before ${one.asked.target}`);
    } else {
      // Answers of one connection of HTTP/2 may be told of in another order than they ended in.
      if (one.over.version === "HTTP/1.1") lostOn.set(one.over, one);
      if (one.ending === "whole") lost.push(one);
    }
  }
  return { lost, twice, unseen: there.size, holes };
}
