// Varnish in front of the bench's origin: one pool of threads, stored in memory, and varnishncsa as its access log, whose
// CPU time is counted as Varnish's.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ENVIRONMENT, freePort, openPeerFolder, pinTree, startProgram, versionOf } from "./peer.ts";

export interface VarnishPeer extends AsyncDisposable {
  readonly version: string;
  readonly roots: readonly number[];
  readonly http: number;
}

const LOG_FORMAT =
  "%{%Y-%m-%d\t%H:%M:%S}t\tLCL50-P1\t%b\t%h\t%m\t%{Host}i\t%U\t%s\t%{Referer}i\t%{User-Agent}i\t%q\t%{Cookie}i\t%{Varnish:hitmiss}x\t%{X-Amz-Cf-Id}o\t%I\t%D";

export async function startVarnishPeer(originPort: number): Promise<VarnishPeer> {
  const folder = openPeerFolder("varnish");
  const work = join(folder.path, "work");
  mkdirSync(work);
  const script = join(folder.path, "bench.vcl");
  writeFileSync(script, formatScript(originPort));
  const http = await freePort();
  const daemon = await startProgram(
    "varnishd",
    [
      "-F",
      "-j",
      "none", // no jail: as the current user, whoever that is
      "-a",
      `127.0.0.1:${http}`,
      "-f",
      script,
      "-n",
      work,
      "-s",
      "malloc,512m",
      ...["thread_pools=1", "thread_pool_min=100", "thread_pool_max=1000"].flatMap((each) => ["-p", each]),
    ],
    { ports: [http] },
  );
  // It finds the daemon by its folder, and gives up when that is not ready yet.
  for (let tried = 0; tried < 50; tried++) {
    if (spawnSync("varnishadm", ["-n", work, "status"], { env: ENVIRONMENT }).status === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const log = await startProgram(
    "varnishncsa",
    ["-n", work, "-F", LOG_FORMAT, "-w", join(folder.path, "access.log"), "-t", "10"],
    { ports: [] },
  );
  const roots = [daemon.processId, log.processId];
  pinTree(roots, "server");
  return {
    version: versionOf("varnishd", "-V"),
    roots,
    http,
    async [Symbol.asyncDispose]() {
      await log[Symbol.asyncDispose]();
      await daemon[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

function formatScript(originPort: number): string {
  return `
vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "${originPort}"; }
sub vcl_recv { unset req.http.Cookie; return (hash); }
sub vcl_backend_response { set beresp.ttl = 1d; }
sub vcl_deliver {
  set resp.http.X-Cache = "Hit from cloudfront";
  set resp.http.Via = "1.1 bench.cloudfront.net (CloudFront)";
  set resp.http.X-Amz-Cf-Pop = "LCL50-P1";
  set resp.http.X-Amz-Cf-Id = req.xid;
}
`;
}
