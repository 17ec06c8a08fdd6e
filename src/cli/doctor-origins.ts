// What `doctor` measures of origins: each is looked up as the edge does, connected to and asked for its head, once for each
// protocol that its policy allows. What it answers is its own matter, but what its clock says is of use.

import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { rootCertificates } from "node:tls";
import { openOriginNames, type OriginNames } from "../edge/origin-request/origin-names.ts";
import { readS3HostName } from "../model/s3-host-name.ts";
import { isLoopback } from "../service/addresses.ts";
import { readOriginSettings } from "../service/origin-settings.ts";
import type { Settings } from "../service/settings.ts";
import { epochMs, secondsBetween, systemClock } from "../vocabulary/time.ts";
import type { Arguments } from "./arguments.ts";
import type { ListedDistribution, ListedOrigin } from "./distribution-list.ts";
import { judgeOriginError, judgeOriginStatus, type ClockReading, type Finding } from "./doctor-findings.ts";
import { findServer, type FoundServer } from "./find-server.ts";

const ANSWERS_WITHIN_MS = 5000;
const AT_ONCE = 8;
/** More are not looked at: a command should end. */
const PROBES_MAX = 400;

export interface OriginFindings {
  readonly findings: readonly Finding[];
  readonly clocks: readonly ClockReading[];
}

interface Probe {
  /** For people: the distributions that have it. */
  readonly users: Set<string>;
  readonly scheme: "http" | "https" | "bucket";
  readonly host: string;
  readonly port: number;
}

export async function probeOrigins(
  distributions: readonly ListedDistribution[],
  settings: Settings,
  given: Pick<Arguments, "settingFlags">,
): Promise<OriginFindings> {
  const probes = planProbes(distributions);
  const read = readOriginSettings(settings);
  if (read.kind === "failure") {
    const todo = "put that setting right";
    return { findings: [{ subject: "origins", state: "fault", says: read.message, todo }], clocks: [] };
  }
  if (probes.length === 0) return { findings: [], clocks: [] };
  const { originAuthorities, nameServers } = read.settings;
  const { allowPrivateOrigins, limits } = settings;
  const names = openOriginNames(
    {
      limits,
      allowPrivateOrigins:
        allowPrivateOrigins === "yes" || (allowPrivateOrigins === "auto" && isLoopback(settings.edgeHost)),
      ...(nameServers !== undefined && { nameServers }),
    },
    systemClock,
  );
  const server = await findServer(given, settings);
  const ca = [...rootCertificates, ...(originAuthorities ?? [])];
  const findings: Finding[] = [];
  const clocks: ClockReading[] = [];
  const waiting = probes.slice(0, PROBES_MAX);
  async function work(): Promise<void> {
    for (let probe = waiting.shift(); probe !== undefined; probe = waiting.shift()) {
      const { finding, clock } =
        probe.scheme === "bucket" ? await askForBucket(probe, server, settings) : await askOrigin(probe, { names, ca });
      findings.push(finding);
      if (clock !== undefined) clocks.push(clock);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  names.close();
  if (probes.length > PROBES_MAX) {
    findings.push({ subject: "origins", state: "ok", says: `${probes.length - PROBES_MAX} more were not looked at` });
  }
  return { findings: findings.toSorted((one, other) => (one.says < other.says ? -1 : 1)), clocks };
}

/** Each server once, whoever has it as an origin. */
function planProbes(distributions: readonly ListedDistribution[]): readonly Probe[] {
  const probes = new Map<string, Probe>();
  for (const { id, origins } of distributions) {
    for (const origin of origins) {
      for (const [scheme, host, port] of targetsOf(origin)) {
        const key = `${scheme} ${host} ${port}`;
        const probe = probes.get(key) ?? { users: new Set(), scheme, host, port };
        probe.users.add(id);
        probes.set(key, probe);
      }
    }
  }
  return [...probes.values()];
}

function targetsOf({ domain, custom }: ListedOrigin): readonly (readonly [Probe["scheme"], string, number])[] {
  const bucket = readS3HostName(domain);
  if (bucket !== undefined) return [["bucket", bucket.bucket, 0]];
  if (custom === undefined) return [];
  const http = ["http", domain, custom.httpPort] as const;
  const https = ["https", domain, custom.httpsPort] as const;
  if (custom.protocolPolicy === "http-only") return [http];
  return custom.protocolPolicy === "https-only" ? [https] : [http, https];
}

interface Probed {
  readonly finding: Finding;
  readonly clock?: ClockReading | undefined;
}

async function askOrigin(
  probe: Probe,
  { names, ca }: { readonly names: OriginNames; readonly ca: readonly string[] },
): Promise<Probed> {
  const { scheme, host, port } = probe;
  const where = `${usersOf(probe)}: ${scheme}://${host}:${port}`;
  const looked = isIP(host) === 0 ? await names.resolve(host, "dualstack") : names.check(host);
  if (looked.kind === "failure") {
    const todo =
      looked.cause === "refused"
        ? "name an origin on a public address, or allow others with --allow-private-origins yes"
        : "look at the origin's DomainName, and whether this machine's name servers answer";
    return { finding: { subject: "origins", state: "fault", says: `${where}: ${looked.why}`, todo } };
  }
  let last: Probed | undefined;
  for (const { address } of looked.addresses) {
    try {
      const { statusCode = 0, headers } = await askHead(probe, address, ca);
      const at = epochMs(Date.parse(headers.date ?? ""));
      const aheadSeconds = secondsBetween(at, systemClock.now());
      return {
        finding: judgeOriginStatus(where, statusCode),
        clock: Number.isNaN(at) ? undefined : { whose: host, aheadSeconds },
      };
    } catch (error) {
      last = { finding: judgeOriginError(where, error as NodeJS.ErrnoException) };
    }
  }
  return last ?? { finding: judgeOriginError(where, { message: "it has no address" }) };
}

/** The answer's head; what comes behind it is left. */
async function askHead(
  { scheme, host, port }: Probe,
  address: string,
  ca: readonly string[],
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = {
    host: address,
    port,
    method: "HEAD",
    path: "/",
    headers: { Host: host, "User-Agent": "Amazon CloudFront" },
    agent: false,
  } as const;
  const request =
    scheme === "https"
      ? requestHttps({ ...options, ca: [...ca], ...(isIP(host) === 0 && { servername: host }) }, resolve)
      : requestHttp(options, resolve);
  const late = setTimeout(() => {
    request.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" }));
  }, ANSWERS_WITHIN_MS);
  request.once("error", reject).end();
  try {
    const response = await promise;
    response.resume();
    return response;
  } finally {
    clearTimeout(late);
    request.once("error", () => undefined).destroy();
  }
}

/** Unsigned, so it is refused; but of a bucket that is not there, otherwise. */
async function askForBucket(probe: Probe, server: FoundServer, settings: Settings): Promise<Probed> {
  const where = `${usersOf(probe)}: the bucket ${probe.host}`;
  const subject = "origins";
  if (settings.bucketStores !== "") {
    return { finding: { subject, state: "ok", says: `${where} was not looked for: other stores may have it` } };
  }
  if (server.kind === "failure") {
    return { finding: { subject, state: "warning", says: `${where} was not looked for: ${server.message}` } };
  }
  try {
    const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
    const { status } = await fetch(`http://${server.authority}/${probe.host}`, { method: "HEAD", signal });
    if (status !== 404) return { finding: { subject, state: "ok", says: `${where} is there` } };
    const todo = `make it: aws s3 mb s3://${probe.host}`;
    return { finding: { subject, state: "fault", says: `${where} is not there`, todo } };
  } catch (error) {
    return { finding: judgeOriginError(where, error as Error) };
  }
}

function usersOf({ users }: Probe): string {
  const [first = "", ...others] = users;
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}
