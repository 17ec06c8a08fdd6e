// Scenarios at an edge that runs somewhere: distributions are made through its management API with the AWS SDK, viewers
// ask over real connections, the origin is in this process, and time passes by itself. What cannot be shown that way is
// left out, with the reason. tools/behavior.ts starts it.

import { setTimeout as delay } from "node:timers/promises";
import { CloudFront, CloudFrontServiceException, type DistributionConfig } from "@aws-sdk/client-cloudfront";
import { formatHttpDate, parseHttpDate } from "../../src/http/http-date.ts";
import type { Fidelity } from "../../src/vocabulary/fidelity.ts";
import { addSeconds, epochMs, seconds, systemClock } from "../../src/vocabulary/time.ts";
import {
  openOriginServer,
  published,
  type Ask,
  type DistributionDraft,
  type OriginServer,
  type Stage,
  type Step,
} from "../scenarios/harness.ts";
import {
  CertificateRefused,
  deleteCertificate,
  uploadCertificate,
  type UploadedCertificate,
} from "./api-certificates.ts";
import { isOverTls, openViewers } from "./stage.ts";

/** Whom to ask; JSON in WARMFRONT_BEHAVIOR. */
export interface Target {
  /** `undefined`: AWS itself. */
  readonly api: string | undefined;
  /** Where viewers connect, whatever the distribution's name; `undefined`: there, on the usual ports. */
  readonly edge: string | undefined;
  readonly edgeHttps: string | undefined;
  /** The name by which the edge finds this process. */
  readonly originHost: string;
  /** 0 takes a free one. */
  readonly originPort: number;
  /** Address of this process as the edge sees it. */
  readonly viewerAddress: string | undefined;
  /** What the edge is set to; scenarios of the other one are left out. */
  readonly fidelity: Fidelity;
  /** Scenarios that need more time than this are left out. */
  readonly waitSecondsMax: number;
}

/** A change may take this long to arrive everywhere. */
const DEPLOYED_SECONDS_MAX = 1800;
/** Between two looks at how far it is; doubled up to the second. */
const LOOK_MS = 50;
const LOOK_MS_MAX = 10_000;
/** Until the origin is asked by the first of several, and for the others after that. */
const TOGETHER_MS_MAX = 10_000;
const TOGETHER_MS = 500;
/** The table's instant, viewer, host names and port; they become those that are real here. */
const TABLE_NOW = epochMs(Date.UTC(2026, 10, 20, 12, 0, 0));
const TABLE_VIEWER = "198.51.100.7";
const TABLE_HOSTS = /\bd1\.cloudfront\.(?:localhost|net)\b/gi;
const TABLE_ORIGIN = "origin.localhost";
/** The port that redirects name. */
const TABLE_HTTPS_PORT = ":7443";

/** A distribution with the origin that it has, which is nobody else's. */
interface Deployed {
  readonly id: string;
  readonly domain: string;
  readonly origin: OriginServer;
  /** Uploaded for it. */
  readonly certificates: readonly UploadedCertificate[];
}

interface Surroundings {
  readonly target: Target;
  readonly client: CloudFront;
}

let surroundings: Surroundings | undefined;
/** Distributions that are as their draft says and not in use, for scenarios with the same one. */
const idle = new Map<string, Deployed[]>();
const created: Deployed[] = [];
const origins: OriginServer[] = [];

function openSurroundings(): Surroundings {
  const target = JSON.parse(process.env["WARMFRONT_BEHAVIOR"] ?? "{}") as Target;
  const client = new CloudFront({
    region: "us-east-1",
    ...(target.api !== undefined && { endpoint: target.api }),
  });
  return { target, client };
}

async function openOrigin({ originHost, originPort }: Target): Promise<OriginServer> {
  const [only] = originPort === 0 ? [] : origins;
  if (only !== undefined) return only;
  const origin = await openOriginServer(originHost === TABLE_ORIGIN ? "127.0.0.1" : "0.0.0.0", originPort);
  origins.push(origin);
  return origin;
}

export async function openStage(draft: DistributionDraft, steps: readonly Step[]): Promise<Stage> {
  const around = (surroundings ??= openSurroundings());
  const { target, client } = around;
  const left = whyLeftOut(draft, steps, target);
  if (left !== undefined) return leftOut(left);

  // Names of one's own can be one distribution's only.
  const isShared = draft.config?.Aliases === undefined && !steps.some((step) => "publish" in step);
  const key = JSON.stringify(draft);
  let deployed = isShared ? idle.get(key)?.pop() : undefined;
  try {
    if (deployed === undefined) deployed = await create(around, draft);
    else await invalidate(client, deployed, ["/*"]);
  } catch (error) {
    if (error instanceof CertificateRefused) return leftOut(`IAM refuses the certificate: ${error.message}`);
    if (!(error instanceof CloudFrontServiceException) || error.$fault !== "client") throw error;
    return leftOut(`the API refuses the distribution: ${error.name}: ${error.message}`);
  }
  const used = deployed;
  const { domain, origin } = used;
  await origin.start();
  const viewers = openViewers();
  const told = teller(domain, target);
  return {
    origin,
    slackSeconds: 3,
    told,
    advance: (bySeconds) => delay(bySeconds * 1000),
    async publish(next) {
      await update(around, used, configOf(next, target, used));
    },
    invalidate: (...paths) => invalidate(client, used, paths),
    async ask(ask, connection = 0) {
      const isTls = isOverTls(ask);
      const base = (isTls ? target.edgeHttps : target.edge) ?? `${isTls ? "https" : "http"}://${domain}`;
      const { hostname, port } = new URL(base);
      const address = { host: hostname, port: Number(port === "" ? (isTls ? 443 : 80) : port) };
      return viewers.ask(ask, { address, ownHost: domain, connection });
    },
    // The origin has been asked, and those who were to ask at the same time have had their time.
    async untilThere(_, atOrigin) {
      const asked = origin.asked.length + atOrigin;
      for (let waited = 0; origin.asked.length < asked && waited < TOGETHER_MS_MAX; waited += LOOK_MS) {
        await delay(LOOK_MS);
      }
      await delay(TOGETHER_MS);
    },
    async [Symbol.asyncDispose]() {
      viewers.close();
      if (!isShared) await remove(around, used);
      else if (idle.get(key)?.push(used) === undefined) idle.set(key, [used]);
    },
  };
}

function leftOut(whyNot: string): Stage {
  const none = (): never => {
    throw new Error("a scenario that is left out is not played");
  };
  return {
    whyNot,
    origin: { asked: [], answer: none, stop: none, hold: none },
    slackSeconds: 0,
    told: (value) => value,
    advance: none,
    publish: none,
    invalidate: none,
    ask: none,
    untilThere: none,
    async [Symbol.asyncDispose]() {},
  };
}

/** What cannot be brought about from here. `undefined`: nothing. */
function whyLeftOut(draft: DistributionDraft, steps: readonly Step[], target: Target): string | undefined {
  const waiting = steps.reduce((sum, step) => sum + ("advanceSeconds" in step ? step.advanceSeconds : 0), 0);
  if (waiting > target.waitSecondsMax) return `it takes ${waiting} s, more than --wait-max`;
  const fidelity = draft.fidelity ?? "cloudfront";
  if (fidelity !== target.fidelity) return `it is about fidelity ${fidelity}`;
  if (draft.id !== undefined || draft.label !== undefined || draft.account !== undefined) {
    return "ids and accounts cannot be chosen";
  }
  const asks = steps.flatMap((step): readonly Ask[] => {
    if ("together" in step) return step.together.filter((each) => typeof each === "object");
    return "viewer" in step && typeof step.viewer === "object" && !("raw" in step.viewer) ? [step.viewer] : [];
  });
  if (asks.some(({ from }) => from !== undefined)) return "it wants a viewer at another address";
  if (target.edge !== undefined && target.edgeHttps === undefined && asks.some(isOverTls)) {
    return "it wants TLS, and no --edge-https is given";
  }
  if (target.viewerAddress === undefined && saysAnywhere(steps, TABLE_VIEWER)) {
    return "it wants to know the viewer's address, and no --viewer-address is given";
  }
  return undefined;
}

function saysAnywhere(steps: readonly Step[], text: string): boolean {
  const all = JSON.stringify(steps, (_, value: unknown) =>
    value instanceof RegExp ? value.source.replaceAll("\\", "") : value,
  );
  return all.includes(text);
}

/** Texts of a table as they are at this edge and at this time. */
function teller(domain: string, { edge, edgeHttps, originHost, viewerAddress }: Target): <T>(value: T) => T {
  const ahead = seconds(Math.round((systemClock.now() - TABLE_NOW) / 1000));
  // Where nothing is said of it, a server has its default port, and the real service 443.
  const secure = edgeHttps === undefined ? undefined : new URL(edgeHttps).port;
  const httpsPort = secure === undefined ? (edge === undefined ? "" : TABLE_HTTPS_PORT) : secure && `:${secure}`;
  const text = (value: string): string =>
    value
      .replace(TABLE_HOSTS, (host) => {
        const own = host.toLowerCase().endsWith(".net") ? `${domain.split(".")[0]}.cloudfront.net` : domain;
        return host === host.toUpperCase() ? own.toUpperCase() : `${host[0]}${own.slice(1)}`;
      })
      .replaceAll(TABLE_ORIGIN, originHost)
      .replaceAll(TABLE_HTTPS_PORT, httpsPort)
      .replaceAll(TABLE_VIEWER, viewerAddress ?? TABLE_VIEWER)
      .replace(/\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\b/g, (date) => {
        const instant = parseHttpDate(date, TABLE_NOW);
        return instant === undefined ? date : formatHttpDate(addSeconds(instant, ahead));
      });
  const told = (value: unknown): unknown => {
    if (typeof value === "string") return text(value);
    if (value instanceof RegExp) {
      return viewerAddress === undefined
        ? value
        : new RegExp(value.source.replaceAll(escaped(TABLE_VIEWER), escaped(viewerAddress)), value.flags);
    }
    if (Array.isArray(value)) return value.map(told);
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, told(inner)]));
  };
  return <T>(value: T): T => told(value) as T;
}

function escaped(text: string): string {
  return text.replaceAll(".", "\\.");
}

let count = 0;

function configOf(
  draft: DistributionDraft,
  target: Target,
  { origin, certificates }: Pick<Deployed, "origin" | "certificates">,
): DistributionConfig {
  const { config } = published(draft, origin.port);
  let text = JSON.stringify(config).replaceAll(TABLE_ORIGIN, target.originHost);
  for (const { id, uploadedId } of certificates) {
    text = text.replaceAll(
      `"IAMCertificateId":${JSON.stringify(id)}`,
      `"IAMCertificateId":${JSON.stringify(uploadedId)}`,
    );
  }
  const named = JSON.parse(text) as DistributionConfig;
  return { ...named, CallerReference: `behavior ${process.pid} ${++count} ${systemClock.now()}` };
}

async function create(around: Surroundings, draft: DistributionDraft): Promise<Deployed> {
  const { client, target } = around;
  const origin = await openOrigin(target);
  const certificates: UploadedCertificate[] = [];
  for (const certificate of draft.certificates ?? []) {
    certificates.push(await uploadCertificate(client, target.api, certificate));
  }
  const config = configOf(draft, target, { origin, certificates });
  const { Distribution } = await client.createDistribution({ DistributionConfig: config });
  if (Distribution?.Id === undefined || Distribution.DomainName === undefined) throw new Error("no distribution");
  const deployed = { id: Distribution.Id, domain: Distribution.DomainName, origin, certificates };
  created.push(deployed);
  await untilDeployed(client, deployed);
  return deployed;
}

async function update(
  { client }: Surroundings,
  deployed: Deployed,
  config: Partial<DistributionConfig>,
): Promise<string | undefined> {
  const { ETag, DistributionConfig: current } = await client.getDistributionConfig({ Id: deployed.id });
  if (current === undefined) throw new Error(`${deployed.id} has no config`);
  const next = { ...current, ...config, CallerReference: current.CallerReference };
  const updated = await client.updateDistribution({ Id: deployed.id, IfMatch: ETag, DistributionConfig: next });
  await untilDeployed(client, deployed);
  return updated.ETag;
}

async function remove(around: Surroundings, deployed: Deployed): Promise<void> {
  const revision = await update(around, deployed, { Enabled: false });
  await around.client.deleteDistribution({ Id: deployed.id, IfMatch: revision });
  created.splice(created.indexOf(deployed), 1);
  for (const { name } of deployed.certificates) await deleteCertificate(around.client, around.target.api, name);
}

async function invalidate(client: CloudFront, { id }: Deployed, paths: readonly string[]): Promise<void> {
  const { Invalidation } = await client.createInvalidation({
    DistributionId: id,
    InvalidationBatch: {
      CallerReference: `behavior ${process.pid} ${++count} ${systemClock.now()}`,
      Paths: { Quantity: paths.length, Items: [...paths] },
    },
  });
  await until(async () => {
    const seen = await client.getInvalidation({ DistributionId: id, Id: Invalidation?.Id });
    return seen.Invalidation?.Status === "Completed";
  });
}

function untilDeployed(client: CloudFront, { id }: Deployed): Promise<void> {
  return until(async () => (await client.getDistribution({ Id: id })).Distribution?.Status === "Deployed");
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = addSeconds(systemClock.now(), seconds(DEPLOYED_SECONDS_MAX));
  for (let pause = LOOK_MS; !(await isSo()); pause = Math.min(2 * pause, LOOK_MS_MAX)) {
    if (systemClock.now() > end) throw new Error(`not done after ${DEPLOYED_SECONDS_MAX} s`);
    await delay(pause);
  }
}

/** Nothing is left of what was made; called when the last scenario of a page is over. */
export async function removeAll(): Promise<void> {
  if (surroundings === undefined) return;
  const around = surroundings;
  idle.clear();
  await Promise.all(origins.map((origin) => origin.stop()));
  const all = await Promise.allSettled(created.slice().map((deployed) => remove(around, deployed)));
  for (const one of all) if (one.status === "rejected") process.stderr.write(`not removed: ${String(one.reason)}\n`);
}
