// `npm run behavior`: the CloudFront behavior suite at any edge. The scenarios of test/scenarios are played over real
// connections, with distributions made through the management API at any endpoint; prints each rule with its source.
// docs/behavior-suite.md says how to use it.

import { globSync } from "node:fs";
import { run } from "node:test";
import { parseArgs } from "node:util";
import type { Target } from "../test/behavior/api-stage.ts";

const USAGE = `npm run behavior -- [--api URL] [--edge URL] [--edge-https URL] [--origin-host NAME] [--origin-port PORT]
                        [--viewer-address ADDRESS] [--fidelity NAME] [--wait-max SECONDS] [--page NAME]

  --api URL                 management API; left out: AWS, with the account of the environment
  --edge URL                where viewers connect; left out: each distribution's own name, ports 80 and 443
  --edge-https URL          the same for TLS
  --origin-host NAME        name of this machine as the edge finds it (origin.localhost)
  --origin-port PORT        port of the origin on this machine (any that is free)
  --viewer-address ADDRESS  address of this machine as the edge sees it (127.0.0.1 where --edge is on loopback)
  --fidelity NAME           cloudfront, or rfc9111 where the edge is set to that (cloudfront)
  --wait-max SECONDS        scenarios that take longer are left out (15)
  --page NAME               one page of test/scenarios only, such as caching
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
  help: { type: "boolean" },
} as const;

/** Of one page; two pages are played at a time. Most of them wait for time to pass. */
const SCENARIOS_AT_ONCE = 24;

interface Played {
  readonly claim: string;
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
  const bySource = await play(files, target);
  return report(bySource);
}

async function play(files: string[], { originPort }: Target): Promise<Map<string, Played[]>> {
  const bySource = new Map<string, Played[]>();
  const note = (name: string, how: Played["how"], why: string): void => {
    const [, claim, source] = /^behavior: (.*) \[([^\]]+)\]$/s.exec(name) ?? [];
    if (claim === undefined || source === undefined) return;
    const played = bySource.get(source) ?? [];
    bySource.set(source, [...played, { claim, how, why }]);
    process.stderr.write(how === "same" ? "." : how === "DIFFERS" ? "X" : "-");
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
    note(name, "DIFFERS", cause instanceof Error ? cause.message : String(cause));
  });
  stream.on("test:stderr", ({ message }) => process.stderr.write(message));
  for await (const _ of stream);
  process.stderr.write("\n");
  return bySource;
}

function report(bySource: ReadonlyMap<string, readonly Played[]>): number {
  const counts = { same: 0, DIFFERS: 0, "left out": 0 };
  for (const [source, played] of [...bySource].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    process.stdout.write(`\n${source}\n`);
    for (const { claim, how, why } of played) {
      counts[how]++;
      const reason = why === "" ? "" : how === "left out" ? ` (${why})` : `\n${why.replace(/^/gm, "      | ")}`;
      process.stdout.write(`  ${how.padEnd(8)}  ${claim}${reason}\n`);
    }
  }
  process.stdout.write(`\n${counts.same} same, ${counts.DIFFERS} differ, ${counts["left out"]} left out\n`);
  return counts.DIFFERS > 0 || counts.same === 0 ? 1 : 0;
}

process.exitCode = await main();
