// `npm run bench:peers [-- CASE …]`: the edge against nginx, Varnish and Traffic Server, each as users would run it, with its
// access log on, in front of the same origin, on one core, under the same load from another. Installs nothing: it says which
// peers and load tools are missing and measures what is there. Prints what docs/performance.md holds.

import { CASES, type Case } from "./peers/cases.ts";
import { canHaveWorkers } from "./peers/edge.ts";
import { formatLatency, LATENCY_CASE, measureLatency } from "./peers/latency-case.ts";
import { formatRaw, formatSummary, measureCase, RAW_HEAD, SUMMARY_HEAD } from "./peers/measure.ts";
import { isInstalled, PROGRAMS, versionOf, type ProgramName } from "./peers/peer.ts";
import { openStage, type Stage } from "./peers/stage.ts";
import { formatWorkers, measureWorkers, WORKERS_CASE } from "./peers/workers-case.ts";
import { describeLoad, describeMachine, pin } from "./support/machine.ts";

const ROUNDS = 5;
/** Rare pauses are what it looks for, and any program of the machine can make one. */
const LATENCY_ROUNDS = 11;

async function main(asked: readonly string[]): Promise<number> {
  const all = [...CASES, LATENCY_CASE, WORKERS_CASE];
  const unknown = asked.find((name) => !all.some((each) => each.name === name));
  if (unknown !== undefined) {
    const list = all.map(({ name, about }) => `  ${name.padEnd(26)} ${about}\n`).join("");
    process.stderr.write(`there is no case ${JSON.stringify(unknown)}; there are\n${list}`);
    return 2;
  }
  const isAsked = ({ name }: { readonly name: string }): boolean => asked.length === 0 || asked.includes(name);
  const missing = (Object.keys(PROGRAMS) as ProgramName[]).filter((program) => !isInstalled(program));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((program) => PROGRAMS[program]))].join(" ");
    process.stderr.write(`not on this machine: ${missing.join(", ")} (Debian: apt-get install ${packages})\n`);
  }
  const chosen = CASES.filter(isAsked).filter(({ name, needs }) => {
    const lacking = needs.find((program) => missing.includes(program));
    if (lacking !== undefined) process.stderr.write(`${name} is left out: it needs ${lacking}\n`);
    return lacking === undefined;
  });
  const hasWrk = !missing.includes("wrk");
  pin(process.pid, "load");
  const begun = performance.now();
  await using stage = await openStage({
    isPlain: chosen.some(({ name }) => name.startsWith("hit-")),
    isWide: isAsked(WORKERS_CASE) && hasWrk,
  });
  process.stdout.write(describeRun(stage));
  const raw = await runCases(chosen, stage);
  if (isAsked(LATENCY_CASE) && hasWrk) {
    const outcome = await measureLatency(stage, LATENCY_ROUNDS);
    if (outcome) process.stdout.write(`\n${formatLatency(outcome)}`);
  }
  if (isAsked(WORKERS_CASE)) {
    if (!canHaveWorkers) process.stderr.write(`${WORKERS_CASE.name} is left out: the edge has one worker only\n`);
    const outcome = hasWrk ? await measureWorkers(stage, ROUNDS) : undefined;
    if (outcome) process.stdout.write(`\n${formatWorkers(outcome)}`);
  }
  if (raw !== "") process.stdout.write(`\n${RAW_HEAD}${raw}`);
  const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
  process.stdout.write(`\n${minutes} minutes, load average afterwards ${describeLoad()}.\n`);
  return 0;
}

/** Prints the table as it grows; the raw rows for below it. */
async function runCases(chosen: readonly Case[], stage: Stage): Promise<string> {
  if (chosen.length === 0) return "";
  process.stdout.write(`\n${SUMMARY_HEAD}`);
  let raw = "";
  for (const each of chosen) {
    process.stderr.write(`${each.name}: ${each.about}\n`);
    try {
      const rounds = await measureCase(each, stage, ROUNDS);
      process.stdout.write(formatSummary(each, rounds));
      raw += formatRaw(each, rounds);
    } catch (error) {
      // One case that cannot be measured does not cost the figures of the others.
      process.stderr.write(`${each.name} failed: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  }
  return raw;
}

function describeRun({ edge, nginx, varnish, trafficServer }: Stage): string {
  const peers = [
    nginx && `nginx ${nginx.version}`,
    varnish && `Varnish ${varnish.version}`,
    trafficServer && `Traffic Server ${trafficServer.version}`,
  ].filter((each) => each !== undefined);
  const tools = [
    isInstalled("wrk") && `wrk ${versionOf("wrk", "-v")}`,
    isInstalled("h2load") && `h2load ${versionOf("h2load", "--version")}`,
  ];
  const log = edge.hasAccessLog ? "access logs on" : "access logs of the peers on, the edge has none yet";
  return `${new Date().toISOString().slice(0, 10)}; ${describeMachine()}; ${[...peers, ...tools.filter((tool) => tool !== false)].join(", ")}; ${log}; ${ROUNDS} rounds in turn. Above 1 the edge is ahead.\n`;
}

// A signal would end it without a word to those that it has started.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
const status = await main(process.argv.slice(2));
if (status !== 0) process.exitCode = status;
