// `distributions`: what the account has, a line each; making, switching and deleting one. What changes one waits until it is in
// force at every edge, unless told otherwise.

import type { Settings } from "../service/settings.ts";
import type { WireDocument } from "../wire/shape.ts";
import type { Arguments } from "./arguments.ts";
import { openApi, textOf, type CallApi } from "./call-api.ts";
import { createDistribution, viewerUrl } from "./create-distribution.ts";
import { findDistribution, listDistributions } from "./distribution-list.ts";
import { formatTable } from "./format-table.ts";
import { refuse } from "./refuse.ts";
import { readTimeout, waitUntil } from "./wait-until.ts";

const HEADINGS = ["ID", "DOMAIN", "ENABLED", "STATUS", "ORIGINS", "ALIASES"];

interface Opened {
  readonly given: Arguments;
  readonly settings: Settings;
  readonly callApi: CallApi;
  readonly timeoutSeconds: number;
}

type Action = (opened: Opened, name: string) => Promise<number>;

/** Each action, and whether it wants a distribution behind it. */
const ACTIONS: Readonly<Record<string, { readonly words: 0 | 1; readonly run: Action }>> = {
  list: { words: 0, run: list },
  create: { words: 0, run: create },
  enable: { words: 1, run: (opened, name) => change(opened, name, true) },
  disable: { words: 1, run: (opened, name) => change(opened, name, false) },
  delete: { words: 1, run: remove },
};

export async function distributions(given: Arguments, settings: Settings): Promise<number> {
  const [word = "list", ...operands] = given.operands;
  const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
  if (action === undefined) {
    return refuse(`distributions takes one of ${Object.keys(ACTIONS).join(", ")}, found ${JSON.stringify(word)}`, 2);
  }
  if (operands.length !== action.words) {
    const wants = action.words === 0 ? "flags only" : "the id, domain name or alias of a distribution";
    return refuse(`distributions ${word} takes ${wants}, found ${JSON.stringify(operands.join(" "))}`, 2);
  }
  const timeoutSeconds = readTimeout(given.flags);
  if (typeof timeoutSeconds === "string") return refuse(timeoutSeconds, 2);
  const callApi = await openApi(given, settings);
  return action.run({ given, settings, callApi, timeoutSeconds }, operands[0] ?? "");
}

async function list({ given, callApi }: Opened): Promise<number> {
  const outcome = await listDistributions(callApi);
  if (outcome.kind === "failure") return refuse(outcome.message);
  if (given.flags.has("--json")) {
    process.stdout.write(`${JSON.stringify(outcome.distributions, undefined, 2)}\n`);
    return 0;
  }
  if (outcome.distributions.length === 0) {
    process.stderr.write(
      "There are no distributions yet: warmfront distributions create --origin http://localhost:3000 makes one for a web server there\n",
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

async function create(opened: Opened): Promise<number> {
  const { given, settings, callApi } = opened;
  const made = await createDistribution(given, callApi, settings);
  if (made.kind === "refused") return made.status;
  const { id, domain } = made;
  process.stdout.write(`${id}  made\n`);
  const status = await waitUntilDeployed(id, opened);
  if (status === 0) process.stdout.write(`${await viewerUrl(domain, given, settings)}\n`);
  return status;
}

async function change(opened: Opened, name: string, isEnabled: boolean): Promise<number> {
  const found = await findDistribution(name, opened.callApi);
  if (found.kind === "failure") return refuse(found.message);
  const changed = await setEnabled(found.id, isEnabled, opened.callApi);
  if (changed.kind === "failure") return refuse(changed.message);
  process.stdout.write(`${found.id}  ${changed.kind === "as before" ? "was" : "is now"} ${wordFor(isEnabled)}\n`);
  return waitUntilDeployed(found.id, opened);
}

async function remove(opened: Opened, name: string): Promise<number> {
  const { callApi } = opened;
  const found = await findDistribution(name, callApi);
  if (found.kind === "failure") return refuse(found.message);
  const { id } = found;
  // Only what no edge serves any more may go [CFAPI DeleteDistribution].
  const changed = await setEnabled(id, false, callApi);
  if (changed.kind === "failure") return refuse(changed.message);
  if (changed.kind === "changed") process.stdout.write(`${id}  is now ${wordFor(false)}\n`);
  const status = await waitUntilDeployed(id, { ...opened, given: { ...opened.given, flags: new Map() } });
  if (status !== 0) return status;
  const gone = await callApi("DeleteDistribution", { Id: id, IfMatch: changed.revision });
  if (gone.kind === "failure") return refuse(gone.message);
  process.stdout.write(`${id}  is gone\n`);
  return 0;
}

const wordFor = (isEnabled: boolean): string => (isEnabled ? "enabled" : "disabled");

type Changed =
  | { readonly kind: "changed" | "as before"; readonly revision: string }
  | { readonly kind: "failure"; readonly message: string };

async function setEnabled(id: string, isEnabled: boolean, callApi: CallApi): Promise<Changed> {
  const now = await callApi("GetDistributionConfig", { Id: id });
  if (now.kind === "failure") return now;
  const config = now.output["DistributionConfig"] as WireDocument;
  const revision = textOf(now.output, "ETag");
  if (config["Enabled"] === isEnabled) return { kind: "as before", revision };
  const sent = { Id: id, IfMatch: revision, DistributionConfig: { ...config, Enabled: isEnabled } };
  const updated = await callApi("UpdateDistribution", sent);
  return updated.kind === "failure" ? updated : { kind: "changed", revision: textOf(updated.output, "ETag") };
}

async function waitUntilDeployed(id: string, { given, callApi, timeoutSeconds }: Opened): Promise<number> {
  if (given.flags.has("--no-wait")) return 0;
  return waitUntil({
    id,
    becomes: "in force",
    timeoutSeconds,
    look: () => callApi("GetDistribution", { Id: id }),
    isDone: ({ output }) => (output["Distribution"] as WireDocument)["Status"] === "Deployed",
  });
}
