// `doctor`: looks at everything that a service of this data directory needs, and says what to do about it. It asks the running
// server where there is one, and changes nothing: the file that it writes to see whether it can is gone when it ends.

import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { askStatus } from "../service/service-status.ts";
import type { Settings } from "../service/settings.ts";
import { epochMs, systemClock, type EpochMs } from "../vocabulary/time.ts";
import type { Arguments } from "./arguments.ts";
import { openApi } from "./call-api.ts";
import { listDistributions, type ListedDistribution } from "./distribution-list.ts";
import { formatFindings, judgeClock, judgeLogs, type Finding } from "./doctor-findings.ts";
import { probeOrigins } from "./doctor-origins.ts";
import { probeAliases, probeDisk, probeFiles, probeFreePorts, probePorts } from "./doctor-service.ts";
import { refuse } from "./refuse.ts";
import { describeSilent } from "./status.ts";

export async function doctor(given: Arguments, settings: Settings): Promise<number> {
  if (given.operands.length > 0) {
    return refuse(`doctor takes flags only, found ${JSON.stringify(given.operands.join(" "))}`, 2);
  }
  const now = systemClock.now();
  const findings: Finding[] = [];
  const outcome = await askStatus(settings.dataDir);
  if (outcome.kind === "running") {
    const { status } = outcome;
    findings.push({ subject: "server", state: "ok", says: `runs as process ${status.processId}` });
    if (status.testClock !== undefined) {
      const says = `it is for tests alone (--test-controls yes): whoever has an access key may move its clock, which is at ${status.testClock}`;
      const todo = "leave --test-controls out of a server that anybody relies on";
      findings.push({ subject: "server", state: "warning", says, todo });
    }
    const { wanted, up, silent } = status.workers;
    if (up < wanted) {
      const says = `${up} of ${wanted} edge workers are up`;
      findings.push({ subject: "server", state: "warning", says, todo: "look into the server's log, why one ends" });
    }
    for (const one of silent) {
      const todo = "look into the server's log and at the machine's load; after workerSilentSeconds it is replaced";
      findings.push({ subject: "server", state: "warning", says: describeSilent(one), todo });
    }
    findings.push(...judgeLogs(status.logs, status.counters.logLinesLost));
    findings.push(...(await probePorts(status.addresses)));
  } else {
    findings.push({ subject: "server", state: "warning", says: outcome.message, todo: "start it: warmfront start" });
    findings.push(...(await probeFreePorts(settings)));
  }
  findings.push(...probeFiles(settings, systemClock), ...probeDisk(settings));

  const known = await knownDistributions(given, settings, outcome.kind === "running");
  if (typeof known === "string") {
    findings.push({ subject: "origins", state: "warning", says: `not looked at: ${known}`, todo: WHO_ASKS });
  }
  const distributions = typeof known === "string" ? [] : known.filter(({ enabled }) => enabled);
  if (outcome.kind === "running") {
    findings.push(...(await probeAliases(distributions, outcome.status.addresses, now)));
  }
  const origins = await probeOrigins(distributions, settings, given);
  const written = lastWrite(settings);
  findings.push(judgeClock(origins.clocks, systemClock.now(), written), ...origins.findings);
  process.stdout.write(
    given.flags.has("--json") ? `${JSON.stringify(findings, undefined, 2)}\n` : formatFindings(findings),
  );
  return findings.some(({ state }) => state === "fault") ? 1 : 0;
}

const WHO_ASKS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to an access key of the account";

/** Those of the caller's account, or why they are not known: nothing is wrong with the service then. */
async function knownDistributions(
  given: Arguments,
  settings: Settings,
  isRunning: boolean,
): Promise<readonly ListedDistribution[] | string> {
  if (!isRunning) return [];
  const listed = await listDistributions(await openApi(given, settings));
  return listed.kind === "ok" ? listed.distributions : listed.message;
}

function lastWrite({ dataDir }: Settings): EpochMs | undefined {
  const times = ["store.sqlite", "store.sqlite-wal"].map(
    (name) => statSync(join(resolve(dataDir), name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  const last = Math.max(...times);
  return last === 0 ? undefined : epochMs(last);
}
