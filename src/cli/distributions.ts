// `distributions`: what the account has, a line each.

import type { Settings } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";
import { openApi } from "./call-api.ts";
import { listDistributions } from "./distribution-list.ts";
import { formatTable } from "./format-table.ts";
import { refuse } from "./refuse.ts";

const HEADINGS = ["ID", "DOMAIN", "ENABLED", "STATUS", "ORIGINS", "ALIASES"];

export async function distributions(given: Arguments, settings: Settings): Promise<number> {
  if (given.operands.length > 0) {
    return refuse(`distributions takes flags only, found ${JSON.stringify(given.operands.join(" "))}`, 2);
  }
  const outcome = await listDistributions(await openApi(given, settings));
  if (outcome.kind === "failure") return refuse(outcome.message);
  if (given.flags.has("--json")) {
    process.stdout.write(`${JSON.stringify(outcome.distributions, undefined, 2)}\n`);
    return 0;
  }
  if (outcome.distributions.length === 0) {
    process.stderr.write(
      "There are no distributions yet: README.md shows how to make one, npm run example makes one\n",
    );
    return 0;
  }
  const rows = outcome.distributions.map(({ id, domain, enabled, status, origins, aliases }) => [
    id,
    domain,
    enabled ? "yes" : "no",
    status,
    origins.map((origin) => origin.domain).join(", "),
    aliases.join(", "),
  ]);
  process.stdout.write(formatTable(HEADINGS, rows));
  return 0;
}
