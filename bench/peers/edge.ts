// The edge as users start it, for the bench against peers: one worker or more, its access log on, a distribution with a
// behavior that keeps what it fetched and one that does not, and two aliases, each with a certificate of another kind.

import { CreateDistributionCommand, waitUntilDistributionDeployed } from "@aws-sdk/client-cloudfront";
import { join } from "node:path";
import { OWN_SETTINGS } from "../../src/service/settings.ts";
import { cloudFrontClient, smallConfig } from "../../test/support/distribution.ts";
import { startBenchService, viewOnce, type BenchService } from "../support/bench-service.ts";
import { hostOf, KEY_KINDS, type BenchCertificates, type KeyKind } from "./certificates.ts";
import type { SizeName } from "./origin.ts";
import { endWithBench, openPeerFolder, pinTree } from "./peer.ts";

export interface EdgePeer extends AsyncDisposable {
  /** By which the edge finds the distribution. */
  readonly host: string;
  readonly roots: readonly number[];
  readonly http: number;
  readonly https: number;
  /** Workers that serve viewers: fewer than wanted where the edge cannot have more than one yet. */
  readonly workers: number;
  readonly hasAccessLog: boolean;
}

/** Settings that an edge may not have yet. */
function hasSetting(name: string): boolean {
  return Object.hasOwn(OWN_SETTINGS, name);
}

export const canHaveWorkers = hasSetting("workers");

export async function startEdgePeer(given: {
  readonly originPort: number;
  readonly certificates: BenchCertificates;
  readonly workers: number;
}): Promise<EdgePeer> {
  const folder = openPeerFolder("edge");
  const hasAccessLog = hasSetting("accessLog");
  const flags = ["--certificates-dir", given.certificates.folder];
  if (canHaveWorkers) flags.push("--workers", String(given.workers));
  if (hasAccessLog) flags.push("--access-log", join(folder.path, "access.log"));
  const service = await startBenchService({ flags });
  endWithBench(service.process);
  const { supervisorId = 0 } = service;
  const host = await distribute(service, given.originPort);
  for (const kind of KEY_KINDS) await distribute(service, given.originPort, kind);
  pinTree([supervisorId], given.workers === 1 ? "server" : "any");
  return {
    host,
    roots: [supervisorId],
    http: service.edgePort,
    https: service.edgeHttpsPort,
    workers: canHaveWorkers ? given.workers : 1,
    hasAccessLog,
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** Kept, by path and query. */
const KEPT = { QueryString: true, Cookies: { Forward: "none" } } as const;
/** To forward all fields is to keep nothing [CFDG RequestAndResponseBehaviorCustomOrigin]. */
const PASSED = { QueryString: true, Cookies: { Forward: "all" }, Headers: { Quantity: 1, Items: ["*"] } } as const;

/** Its domain name, once it is deployed. The peers send on all that the viewer sent where nothing is kept, and so does ours. */
async function distribute(service: BenchService, originPort: number, kind?: KeyKind): Promise<string> {
  const client = cloudFrontClient(service);
  const config = smallConfig(originPort);
  const behavior = { TargetOriginId: "site", ViewerProtocolPolicy: "allow-all", Compress: false } as const;
  const passing = {
    ...behavior,
    PathPattern: "/nc/*",
    MinTTL: 0,
    ForwardedValues: { ...PASSED, Headers: { Quantity: 1, Items: [...PASSED.Headers.Items] } },
  };
  const { Distribution } = await client.send(
    new CreateDistributionCommand({
      DistributionConfig: {
        ...config,
        DefaultCacheBehavior: { ...behavior, MinTTL: 0, ForwardedValues: KEPT },
        CacheBehaviors: { Quantity: 1, Items: [passing] },
        ...(kind && {
          Aliases: { Quantity: 1, Items: [hostOf(kind)] },
          ViewerCertificate: {
            IAMCertificateId: kind,
            SSLSupportMethod: "sni-only",
            MinimumProtocolVersion: "TLSv1.2_2021",
          },
        }),
      },
    }),
  );
  const { Id = "", DomainName = "" } = Distribution ?? {};
  await waitUntilDistributionDeployed({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { Id });
  return DomainName;
}

const TRIES = 250;

/** Asks until the answer comes from the cache, of every peer: the first to ask finds nothing stored. */
export async function waitForStored(port: number, host: string, size: SizeName): Promise<void> {
  let last = 0;
  for (let tried = 0; tried < TRIES; tried++) {
    const answer = await viewOnce(port, host, `/${size}`);
    last = answer.status;
    if (last === 200 && !/^(?:Miss|Error)/.test(answer.headers.get("x-cache") ?? "")) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`port ${port} does not answer /${size} from its cache, but with ${last}`);
}
