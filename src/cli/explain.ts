// `explain`: asks a running server what its edge would do with a request, and prints every decision with its reason. `diff-key`: whether two
// requests would find the same stored response, and which setting keeps them apart.
// Signs like any client, so it tells of the caller's own distributions only.

import { isIP } from "node:net";
import type { ExplainRequest } from "../edge/explain/explained-request.ts";
import type { Explanation } from "../edge/explain/explanation.ts";
import { compareKeys, type KeyComparison } from "../edge/explain/compare-keys.ts";
import type { Settings } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";
import { formatSteps } from "./format-steps.ts";
import { askServer } from "./ask-server.ts";
import { readEdgeFlag } from "./edge-flag.ts";
import { refuse } from "./refuse.ts";

export async function explain(given: Arguments, settings: Settings): Promise<number> {
  const [first = "", second] = given.operands;
  const isPair = second !== undefined && isUrl(first) && isUrl(second);
  if (isPair && given.operands.length === 2) return diffKey(given, settings);
  const [method, url] = second === undefined ? [methodOf(given), first] : [first.toUpperCase(), second];
  if (given.operands.length > 2 || !isUrl(url)) {
    return refuse(
      `explain takes a method, if not GET, and a URL with http:// or https://, found ${JSON.stringify(given.operands.join(" "))}`,
      2,
    );
  }
  const about = readViewer(given);
  if (typeof about === "string") return refuse(about, 2);
  const answer = await ask({ ...about, method, url }, given, settings);
  if (typeof answer === "string") return refuse(answer);
  print(given, answer, formatExplanation(answer));
  return 0;
}

/** Would these two share a stored response? Both are asked for by the same viewer, so what differs is in the URLs. */
export async function diffKey(given: Arguments, settings: Settings): Promise<number> {
  const urls = given.operands;
  if (urls.length !== 2 || !urls.every(isUrl)) {
    return refuse(`diff-key takes two URLs with http:// or https://, found ${JSON.stringify(urls.join(" "))}`, 2);
  }
  const about = readViewer(given);
  if (typeof about === "string") return refuse(about, 2);
  const method = methodOf(given);
  const explained: Explanation[] = [];
  for (const url of urls) {
    const answer = await ask({ ...about, method, url }, given, settings);
    if (typeof answer === "string") return refuse(answer);
    explained.push(answer);
  }
  const [one, other] = explained;
  if (one === undefined || other === undefined) return 1;
  const compared = compareKeys(one, other);
  print(given, compared, formatComparison(compared, urls));
  return 0;
}

const methodOf = (given: Arguments): string => (given.flags.get("--method")?.at(-1) ?? "GET").toUpperCase();

const isUrl = (text: string): boolean => /^https?:\/\//.test(text) && URL.canParse(text);

/** `edge`: the worker that the viewer is connected to, from 1. */
type Asked = ExplainRequest & { readonly edge?: number };

/** The flags that say who asks, or what is wrong with them. */
function readViewer(given: Arguments): Omit<Asked, "method" | "url"> | string {
  const headers: [string, string][] = [];
  for (const header of given.flags.get("--header") ?? []) {
    const colon = header.indexOf(":");
    if (colon < 1) return `--header is 'Name: value', found ${JSON.stringify(header)}`;
    headers.push([header.slice(0, colon).trim(), header.slice(colon + 1).trim()]);
  }
  const viewerAddress = given.flags.get("--from")?.at(-1) ?? "127.0.0.1";
  if (isIP(viewerAddress) === 0) return `--from is an IP address, found ${JSON.stringify(viewerAddress)}`;
  const serverName = given.flags.get("--server-name")?.at(-1);
  const edge = readEdgeFlag(given);
  if (typeof edge === "string") return edge;
  return {
    headers,
    viewerAddress,
    ...(serverName !== undefined && { serverName }),
    ...(edge !== undefined && { edge }),
  };
}

function ask(body: Asked, given: Arguments, settings: Settings): Promise<Explanation | string> {
  return askServer<Explanation>({ method: "POST", path: "explain", body }, settings, given);
}

function print(given: Arguments, value: object, text: string): void {
  process.stdout.write(given.flags.has("--json") ? `${JSON.stringify(value, undefined, 2)}\n` : text);
}

function formatExplanation({ verdict, because, cause, steps }: Explanation): string {
  const why = because ?? cause?.why;
  return `${formatSteps(steps)}\nVerdict: ${verdict}\n${why === undefined ? "" : `Because: ${why}\n`}`;
}

function formatComparison({ isShared, why, differences }: KeyComparison, urls: readonly string[]): string {
  const [one = "", other = ""] = urls;
  const lines = differences.map(
    (each) => `${each.name}\n    ${each.one ?? "(none)"}\n    ${each.other ?? "(none)"}\n    from ${each.from}\n`,
  );
  return `1  ${one}\n2  ${other}\n\n${lines.join("")}${lines.length > 0 ? "\n" : ""}${isShared ? "Shared" : "Not shared"}: ${why}\n`;
}
