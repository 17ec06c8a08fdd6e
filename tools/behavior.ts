// `npm run behavior`: the CloudFront behavior suite at any edge. The scenarios of test/scenarios are played over real
// connections, with distributions made through the management API at any endpoint; prints a line per rule, by section.
// docs/behavior-suite.md says how to use it.

import { globSync } from "node:fs";
import { run } from "node:test";
import { parseArgs } from "node:util";
import { ALL_SECTIONS, claimsOf, sourcesOf } from "../test/behavior/rule-table.ts";
import type { Rule } from "../test/behavior/rules.ts";
import type { Target } from "../test/behavior/api-stage.ts";

const USAGE = `npm run behavior -- [--api URL] [--edge URL] [--edge-https URL] [--origin-host NAME] [--origin-port PORT]
                        [--viewer-address ADDRESS] [--fidelity NAME] [--wait-max SECONDS] [--page NAME] [--claims]

  --api URL                 management API; left out: AWS, with the account of the environment
  --edge URL                where viewers connect; left out: each distribution's own name, ports 80 and 443
  --edge-https URL          the same for TLS
  --origin-host NAME        name of this machine as the edge finds it (origin.localhost)
  --origin-port PORT        port of the origin on this machine (any that is free)
  --viewer-address ADDRESS  address of this machine as the edge sees it (127.0.0.1 where --edge is on loopback)
  --fidelity NAME           cloudfront, or rfc9111 where the edge is set to that (cloudfront)
  --wait-max SECONDS        scenarios that take longer are left out (15)
  --page NAME               one page of test/scenarios only, such as caching
  --claims                  print every scenario under its rule
`;

const OPTIONS = {
  api: { type: "string" },
  edge: { type: "string" },
  "edge-https": { type: "string" },
  "origin-host": { type: "string" },
  "origin-port": { type: "string" },
  "viewer-address": { type: "string" },
  fidelity: { type: "string" },
  "wait-max": { type: "string" },
  page: { type: "string" },
  claims: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** Of one page; two pages are played at a time. Most of them wait for time to pass. */
const SCENARIOS_AT_ONCE = 24;

interface Played {
  readonly claim: string;
  readonly source: string;
  readonly how: "same" | "DIFFERS" | "left out";
  readonly why: string;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const isLoopback = values.edge !== undefined && /^(localhost|127\.|\[::1\])/.test(new URL(values.edge).host);
  const target: Target = {
    api: values.api,
    edge: values.edge,
    edgeHttps: values["edge-https"],
    originHost: values["origin-host"] ?? "origin.localhost",
    originPort: Number(values["origin-port"] ?? 0),
    viewerAddress: values["viewer-address"] ?? (isLoopback ? "127.0.0.1" : undefined),
    fidelity: values.fidelity === "rfc9111" ? "rfc9111" : "cloudfront",
    waitSecondsMax: Number(values["wait-max"] ?? 15),
  };
  // One origin can be one scenario's only at a time.
  process.env["WARMFRONT_BEHAVIOR_AT_ONCE"] = String(target.originPort === 0 ? SCENARIOS_AT_ONCE : 1);
  process.env["WARMFRONT_BEHAVIOR"] = JSON.stringify(target);
  if (values.api !== undefined && /^https?:\/\/(localhost|127\.|\[::1\])/.test(values.api)) {
    // The key pair that a server on loopback takes.
    process.env["AWS_ACCESS_KEY_ID"] ??= "test";
    process.env["AWS_SECRET_ACCESS_KEY"] ??= "test";
  }
  const files = globSync(`test/scenarios/${values.page ?? "*"}.test.ts`).toSorted();
  if (files.length === 0) throw new Error(`there is no page ${values.page}`);
  const { played, faults } = await play(files, target);
  report(played, { isWhole: values.page === undefined, withClaims: values.claims === true });
  for (const fault of faults) process.stdout.write(`\nnot to be had: ${fault}\n`);
  const count = (how: Played["how"]): number => played.filter((each) => each.how === how).length;
  process.stdout.write(`\n${count("same")} same, ${count("DIFFERS")} differ, ${count("left out")} left out\n`);
  return count("DIFFERS") > 0 || count("same") === 0 || faults.length > 0 ? 1 : 0;
}

interface Ended {
  readonly played: readonly Played[];
  /** What went wrong beside the scenarios. */
  readonly faults: readonly string[];
}

async function play(files: string[], { originPort }: Target): Promise<Ended> {
  const played: Played[] = [];
  const faults: string[] = [];
  const note = (name: string, how: Played["how"], why: string): boolean => {
    const [, claim, source] = /^behavior: (.*) \[([^\]]+)\]$/s.exec(name) ?? [];
    if (claim === undefined || source === undefined) return false;
    played.push({ claim, source, how, why });
    process.stderr.write(how === "same" ? "." : how === "DIFFERS" ? "X" : "-");
    return true;
  };
  // A port that is given can be one process's only.
  const concurrency = originPort === 0 ? 2 : 1;
  const stream = run({ files, testNamePatterns: [/^behavior: /], concurrency });
  stream.on("test:pass", ({ name, skip }) => {
    if (skip === undefined || skip === false) note(name, "same", "");
    else if (skip !== "test name does not match pattern") note(name, "left out", String(skip));
  });
  stream.on("test:fail", ({ name, details }) => {
    const cause: unknown = details.error.cause ?? details.error;
    const why = cause instanceof Error ? cause.message : String(cause);
    const isByItsParts = "failureType" in details.error && details.error.failureType === "subtestsFailed";
    if (!note(name, "DIFFERS", why) && !isByItsParts) faults.push(`${name}: ${why}`);
  });
  stream.on("test:stderr", ({ message }) => process.stderr.write(message));
  for await (const _ of stream);
  process.stderr.write("\n");
  return { played, faults };
}

interface Manner {
  /** All pages were played: a rule without scenarios is told of, too. */
  readonly isWhole: boolean;
  readonly withClaims: boolean;
}

function report(played: readonly Played[], manner: Manner): void {
  for (const { section, about, rules } of ALL_SECTIONS) {
    const lines = rules.flatMap((rule) => linesOf(rule, claimsOf(rule, played), manner));
    if (lines.length > 0) process.stdout.write(`\n${section}  ${about}\n${lines.join("\n")}\n`);
  }
}

function linesOf({ rule, tests = [] }: Rule, played: readonly Played[], { isWhole, withClaims }: Manner): string[] {
  if (played.length === 0) {
    const pages = new Set(tests.map((test) => test.replace(/:.*/s, ".test.ts")));
    return isWhole
      ? [`  npm test${" ".repeat(13)}${rule} (not from outside: test/scenarios/${[...pages].join(", ")})`]
      : [];
  }
  const of = (how: Played["how"]): readonly Played[] => played.filter((each) => each.how === how);
  const [same, differ, left] = [of("same"), of("DIFFERS"), of("left out")];
  const verdict = differ.length > 0 ? "DIFFERS" : same.length > 0 ? "same" : "left out";
  const count = same.length + differ.length === 0 ? "" : `${same.length} of ${same.length + differ.length}`;
  return [
    `  ${verdict.padEnd(9)}${count.padStart(10)}  ${rule} ${sourcesOf(played)}`,
    ...(withClaims ? same.map(({ claim }) => `${INDENT}same: ${claim}`) : []),
    ...differ.flatMap(({ claim, why }) => [`${INDENT}DIFFERS: ${claim}`, why.replace(/^/gm, `${INDENT}  | `)]),
    ...(withClaims
      ? left.map(({ claim, why }) => `${INDENT}left out: ${claim} (${why})`)
      : [...reasonsOf(left)].map(([why, times]) => `${INDENT}${times} left out: ${why}`)),
  ];
}

const INDENT = " ".repeat(23);
/** Whole with --claims. */
const REASON_MAX = 150;

/** How often each reason is there; times that differ in seconds only are one reason. */
function reasonsOf(left: readonly Played[]): ReadonlyMap<string, number> {
  const reasons = new Map<string, number>();
  for (const { why } of left) {
    const alike = why.replace(/^it takes \d+ s, more/, "it takes more seconds");
    const short = alike.length > REASON_MAX ? `${alike.slice(0, REASON_MAX)}…` : alike;
    reasons.set(short, (reasons.get(short) ?? 0) + 1);
  }
  return reasons;
}

process.exitCode = await main();
