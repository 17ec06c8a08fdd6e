// Not how fast, but how right: 100,000 requests of all kinds, recomputed from the files that were delivered; then a worker that is killed
// in the middle of as many as fit into a few seconds, and how old the oldest line was that it took along.

import { cpuUsage } from "node:process";
import { bucketClient } from "../test/support/bucket-client.ts";
import { readLogBucket, untilDelivered } from "../test/support/delivered-logs.ts";
import { LOG_BUCKETS, openLoggedSites, type LoggedSites } from "../test/support/replay/logged-sites.ts";
import { aroundKills, differences, linesOf, replay } from "../test/support/replay/replay.ts";
import type { Seen } from "../test/support/replay/viewing.ts";
import { processesOf, startService, type RunningService } from "../test/support/running-service.ts";
import type { Bench, Figure } from "./support/bench.ts";

const COUNT = 100_000;
const KILL_COUNT = 10_000;
const SEED = 20_261_121;
const FLAGS = ["--log-delivery-seconds", "2", "--log-level", "debug", "--workers", "2"];
const HOW = "two workers, HTTP/1.1 with and without TLS and HTTP/2, four distributions";

export const logCorrectness: Bench = {
  name: "log-correctness",
  about: "Delivered access logs against what viewers counted, and what a kill takes along.",
  async run() {
    await using service = await startService(FLAGS);
    await using logged = await openLoggedSites(service);
    return [...(await compare(service, logged)), ...(await kill(service, logged))];
  },
};

const ofLogged = (seen: readonly Seen[], { sites }: LoggedSites, bucket?: string): readonly Seen[] => {
  const hosts = sites.filter((site) => site.bucket === (bucket ?? site.bucket) && site.bucket !== "");
  return seen.filter(({ asked }) => hosts.some(({ domain }) => domain === asked.host));
};

async function compare(service: RunningService, logged: LoggedSites): Promise<readonly Figure[]> {
  const began = performance.now();
  const own = cpuUsage();
  const seen = await replay({ logged, at: () => service, seed: SEED, count: COUNT });
  const asked = performance.now();
  let lines = 0;
  let bytes = 0;
  let different = 0;
  for (const bucket of LOG_BUCKETS) {
    const files = await untilDelivered(bucketClient(service), bucket, ofLogged(seen, logged, bucket).length);
    for (const site of logged.sites.filter((each) => each.bucket === bucket)) {
      const ofSite = linesOf(files, site);
      lines += ofSite.length;
      bytes += ofSite.reduce((sum, line) => sum + Number(line["sc-bytes"]), 0);
      different += differences(
        seen.filter((one) => one.asked.host === site.domain),
        ofSite,
        site,
      ).length;
    }
  }
  const seconds = (asked - began) / 1000;
  const cpu = cpuUsage(own);
  return [
    { what: "lines delivered", value: `${lines} for ${ofLogged(seen, logged).length}`, unit: "requests", how: HOW },
    { what: "bytes to viewers in them", value: String(bytes), unit: "bytes" },
    { what: "fields that differ from what viewers counted", value: String(different), unit: "", wanted: "0" },
    {
      what: "asked in",
      value: seconds.toFixed(0),
      unit: "s",
      how: `${(cpu.user / 1e6).toFixed(0)} s of it the viewers' own CPU`,
    },
    { what: "read back after the last answer", value: ((performance.now() - asked) / 1000).toFixed(1), unit: "s" },
  ];
}

async function kill(service: RunningService, logged: LoggedSites): Promise<readonly Figure[]> {
  let whole = 0;
  let killedAtMs = 0;
  const seen = await replay({
    logged,
    at: () => service,
    seed: SEED + 1,
    count: KILL_COUNT,
    onSeen({ ending }) {
      if (ending !== "whole" || ++whole !== KILL_COUNT / 2) return;
      killedAtMs = performance.now();
      process.kill(processesOf(service, "edge 1").at(-1) ?? 0, "SIGKILL");
    },
  });
  // What is asked now is on the disk behind all of that.
  const last = await replay({ logged, at: () => service, seed: SEED + 2, count: 500 });
  const s3 = bucketClient(service);
  const isThere = async (): Promise<ReturnType<typeof aroundKills>> => {
    const files = (await Promise.all(LOG_BUCKETS.map((bucket) => readLogBucket(s3, bucket)))).flat();
    const around = aroundKills(
      ofLogged([...seen, ...last], logged),
      files.flatMap((file) => file.lines),
    );
    const isLate = around.lost.some((one) => one.endedAtMs > killedAtMs + 1000);
    return isLate ? isThere() : around;
  };
  const { lost, twice, holes } = await isThere();
  const oldest = Math.max(0, ...lost.map(({ endedAtMs }) => killedAtMs - endedAtMs));
  const how = `kill -9 of one of two workers in the middle of ${KILL_COUNT} requests`;
  return [
    { what: "lines that the kill took along", value: String(lost.length), unit: "", how },
    { what: "the oldest of them", value: (oldest / 1000).toFixed(2), unit: "s before the kill", wanted: "about 1" },
    {
      what: "lines that are there twice, or lost before one that is not",
      value: String(twice.length + holes.length),
      unit: "",
      wanted: "0",
    },
  ];
}
