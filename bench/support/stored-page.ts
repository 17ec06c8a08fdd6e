// A page of 1 KB behind a distribution, stored at the edge: what most benches of the edge ask for.

import { bucketClient } from "../../test/support/bucket-client.ts";
import { createLogBucket } from "../../test/support/delivered-logs.ts";
import { cloudFrontClient, deploy, smallConfig } from "../../test/support/distribution.ts";
import { ask, createDistribution, viewOnce, type BenchService } from "./bench-service.ts";
import { openBenchServer, type BenchServer } from "./listen.ts";

const TRIES = 200;

export async function openBenchOrigin(): Promise<BenchServer> {
  const body = "x".repeat(1024);
  return openBenchServer((_request, response) =>
    response.writeHead(200, { "Content-Type": "text/plain", "Cache-Control": "max-age=600" }).end(body),
  );
}

/** A distribution in front of the origin, and its host name. */
export async function distributionBefore(service: BenchService, originPort: number): Promise<string> {
  await createDistribution(service, originPort);
  const list = await (await ask(service, "/2020-05-31/distribution")).text();
  return /<DomainName>(d\w+\.[\w.]+)<\/DomainName>/.exec(list)?.[1] ?? "";
}

/** The same, whose access log is delivered to a bucket of the service's own. */
export async function loggedDistributionBefore(service: BenchService, originPort: number): Promise<string> {
  await createLogBucket(bucketClient(service), "logs");
  const { domain } = await deploy(cloudFrontClient(service), {
    ...smallConfig(originPort),
    Logging: { Enabled: true, IncludeCookies: false, Bucket: "logs.s3.amazonaws.com", Prefix: "" },
  });
  return domain;
}

/** The first hit of the page. The edge learns of a distribution a moment after the API has answered, and has nothing stored at first. */
export async function waitForHit(edgePort: number, host: string): Promise<Response> {
  for (let tried = 0; tried < TRIES; tried++) {
    const answer = await viewOnce(edgePort, host, "/page");
    if (answer.headers.get("x-cache")?.startsWith("Hit") === true) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the edge never answered with a hit");
}
