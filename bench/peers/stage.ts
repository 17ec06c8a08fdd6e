// Everything that a run measures, started once and in front of the same origin: the edge, the peers that are here, and a
// second edge and nginx of two workers each where a case asks for them.

import { writeCertificates } from "./certificates.ts";
import { canHaveWorkers, startEdgePeer, waitForStored, type EdgePeer } from "./edge.ts";
import { startNginxPeer, type NginxPeer } from "./nginx.ts";
import { SIZES, startPeersOrigin, type SizeName } from "./origin.ts";
import { isInstalled, openPeerFolder } from "./peer.ts";
import { startTrafficServerPeer, type TrafficServerPeer } from "./traffic-server.ts";
import { startVarnishPeer, type VarnishPeer } from "./varnish.ts";

export interface Stage extends AsyncDisposable {
  /** For scripts of load programs. */
  readonly folder: string;
  readonly edge: EdgePeer;
  readonly nginx: NginxPeer | undefined;
  readonly varnish: VarnishPeer | undefined;
  readonly trafficServer: TrafficServerPeer | undefined;
  /** Of two workers. */
  readonly wide: { readonly edge: EdgePeer; readonly nginx: NginxPeer } | undefined;
}

export async function openStage(asked: { readonly isWide: boolean; readonly isPlain: boolean }): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(openPeerFolder("peers"));
  const certificates = writeCertificates(stack.use(openPeerFolder("certificates")).path);
  const { port: originPort } = stack.use(await startPeersOrigin());
  const given = { originPort, certificates };
  const edge = stack.use(await startEdgePeer({ ...given, workers: 1 }));
  const nginx = isInstalled("nginx") ? stack.use(await startNginxPeer({ ...given, workers: 1 })) : undefined;
  const hasVarnish = asked.isPlain && isInstalled("varnishd") && isInstalled("varnishncsa");
  const varnish = hasVarnish ? stack.use(await startVarnishPeer(originPort)) : undefined;
  const hasTrafficServer = asked.isPlain && isInstalled("traffic_server");
  const trafficServer = hasTrafficServer ? stack.use(await startTrafficServerPeer(originPort)) : undefined;
  const isWide = asked.isWide && canHaveWorkers && nginx !== undefined;
  const wide = isWide
    ? {
        edge: stack.use(await startEdgePeer({ ...given, workers: 2 })),
        nginx: stack.use(await startNginxPeer({ ...given, workers: 2 })),
      }
    : undefined;
  for (const size of Object.keys(SIZES) as SizeName[]) {
    for (const { host, http } of [edge, ...(wide ? [wide.edge] : [])]) await waitForStored(http, host, size);
    const ports = [nginx, wide?.nginx].flatMap((each) => (each === undefined ? [] : Object.values(each.http)));
    for (const peer of [varnish, trafficServer]) if (peer !== undefined) ports.push(peer.http);
    for (const port of ports) await waitForStored(port, edge.host, size);
  }
  const all = stack.move();
  return {
    folder: folder.path,
    edge,
    nginx,
    varnish,
    trafficServer,
    wide,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
