// `explain`: asks a running server what its edge would do with a request, and prints every decision with its reason.
// Signs like any client, so it tells of the caller's own distributions only.

import { isIP } from "node:net";
import type { ExplainRequest } from "../edge/explain/explained-request.ts";
import type { Explanation } from "../edge/explain/explanation.ts";
import type { Settings } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";
import { askServer } from "./ask-server.ts";

export async function explain(given: Arguments, settings: Settings): Promise<number> {
  const [first = "", second] = given.operands;
  const [method, url] = second === undefined ? ["GET", first] : [first.toUpperCase(), second];
  if (given.operands.length > 2 || !/^https?:\/\//.test(url) || !URL.canParse(url)) {
    return refuse(
      `explain takes a method, if not GET, and a URL with http:// or https://, found ${JSON.stringify(given.operands.join(" "))}`,
    );
  }
  const headers: [string, string][] = [];
  for (const header of given.flags.get("--header") ?? []) {
    const colon = header.indexOf(":");
    if (colon < 1) return refuse(`--header is 'Name: value', found ${JSON.stringify(header)}`);
    headers.push([header.slice(0, colon).trim(), header.slice(colon + 1).trim()]);
  }
  const viewerAddress = given.flags.get("--from")?.at(-1) ?? "127.0.0.1";
  if (isIP(viewerAddress) === 0) return refuse(`--from is an IP address, found ${JSON.stringify(viewerAddress)}`);
  const serverName = given.flags.get("--server-name")?.at(-1);
  const about = { method, url, headers, viewerAddress };
  const body: ExplainRequest = serverName === undefined ? about : { ...about, serverName };
  const answer = await askServer<Explanation>({ method: "POST", path: "explain", body }, settings);
  if (typeof answer === "string") return refuse(answer);
  process.stdout.write(
    given.flags.has("--json") ? `${JSON.stringify(answer, undefined, 2)}\n` : formatExplanation(answer),
  );
  return 0;
}

/** A line per decision: what, then why and by which rule. */
function formatExplanation({ verdict, steps }: Explanation): string {
  const width = Math.max(...steps.map(({ stage }) => stage.length));
  const lines = steps.map(
    ({ stage, decision, why, source }) =>
      `${stage.padEnd(width)}  ${decision}\n${" ".repeat(width)}    ${why}${source === "" ? "" : `  ${source}`}\n`,
  );
  return `${lines.join("")}\nVerdict: ${verdict}\n`;
}

function refuse(message: string): number {
  process.stderr.write(`warmfront: ${message}\n`);
  return 1;
}
