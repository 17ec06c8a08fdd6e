// What an HTTP/2 hit costs at the edge, on one core, over TLS and with the access log on: with many connections of one stream and with
// few of many, in turn with the most that node:http2 can do with the same answer, and with nginx where it is there.

import { startEdgePeer, waitForStored } from "./peers/edge.ts";
import { hostOf, writeCertificates } from "./peers/certificates.ts";
import { runH2load } from "./peers/load.ts";
import { measureOnce, type Measured } from "./peers/measure.ts";
import { startNginxPeer } from "./peers/nginx.ts";
import { startPeersOrigin, type SizeName } from "./peers/origin.ts";
import { isInstalled, openPeerFolder } from "./peers/peer.ts";
import { answerOf } from "./support/bare-server.ts";
import { startBareHttp2Server } from "./support/bare-http2-server.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { viewOnce } from "./support/bench-service.ts";
import { formatSpread } from "./support/statistics.ts";

const SHAPES = [
  { connections: 64, streams: 1 },
  { connections: 8, streams: 8 },
] as const;
const SIZES: readonly SizeName[] = ["1k", "32k"];
const ROUNDS = 3;
/** The handshakes of the connections are in it. */
const SECONDS = 2;

export const http2Hit: Bench = {
  name: "http2-hit",
  about: "HTTP/2 hits of 1 and 32 KB at the edge, against bare node:http2 and nginx.",
  async run() {
    if (!isInstalled("h2load"))
      return [{ what: "HTTP/2 hits", value: "not measured", unit: "", how: "h2load is missing" }];
    await using stack = new AsyncDisposableStack();
    const certificates = writeCertificates(stack.use(openPeerFolder("certificates")).path);
    const { port: originPort } = stack.use(await startPeersOrigin());
    const given = { originPort, certificates, workers: 1 };
    const edge = stack.use(await startEdgePeer(given));
    const nginx = isInstalled("nginx") ? stack.use(await startNginxPeer(given)) : undefined;
    const figures: Figure[] = [];
    for (const size of SIZES) {
      const host = hostOf("ecdsa");
      await waitForStored(edge.http, edge.host, size);
      await waitForStored(edge.http, host, size);
      if (nginx) await waitForStored(nginx.http.sendfile, host, size);
      const bare = stack.use(
        await startBareHttp2Server({
          answer: await answerOf(await viewOnce(edge.http, edge.host, `/${size}`)),
          certificate: certificates.pem.ecdsa,
          key: certificates.key.ecdsa,
        }),
      );
      for (const shape of SHAPES) {
        const contestant = (of: "edge" | "nginx", variant: string, port: number, roots: readonly number[]) => ({
          of,
          variant,
          roots,
          run: (seconds: number) => runH2load({ port, host, path: `/${size}`, seconds, shape }),
        });
        const contestants = [
          contestant("edge", "edge", edge.https, edge.roots),
          contestant("edge", "bare `node:http2`", bare.port, [bare.processId ?? 0]),
          ...(nginx ? [contestant("nginx", "nginx", nginx.http2["no sendfile"], nginx.roots)] : []),
        ];
        const rounds: Measured[][] = [];
        for (const each of contestants) await each.run(1);
        for (let round = 0; round < ROUNDS; round++) {
          const outcome: Measured[] = [];
          for (const each of round % 2 === 0 ? contestants : contestants.toReversed()) {
            outcome.push(await measureOnce(each, SECONDS));
          }
          rounds.push(outcome);
        }
        const of = (variant: string): number[] =>
          rounds.map((round) => round.find((each) => each.variant === variant)?.cpuMicroseconds ?? Number.NaN);
        const others = contestants.slice(1).map(({ variant }) => {
          const ratios = of(variant).map((other, round) => other / (of("edge")[round] ?? Number.NaN));
          return `${formatSpread(ratios, 2)} × less than ${variant} (${formatSpread(of(variant), 1)} µs)`;
        });
        figures.push({
          what: `HTTP/2 hit of ${size === "1k" ? "1" : "32"} KB, ${shape.connections} connections of ${shape.streams} streams`,
          value: formatSpread(of("edge"), 1),
          unit: "µs of CPU",
          wanted: size === "1k" ? "0.9 × nginx" : "1.1 × nginx",
          how: `${others.join("; ")}; ${ROUNDS} rounds in turn`,
        });
      }
    }
    return figures;
  },
};
