// `npm run bench:peers`: cache hits of three sizes, the edge against nginx in turn, both on one core, with the same origin and
// the same load. Each round takes every contestant once, and the ratio is told against the best of nginx in that round.
// Installs nothing: it says which peer is missing.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ask, createDistribution, startBenchService, viewOnce } from "./support/bench-service.ts";
import { runLoad, type Load } from "./support/load-generator.ts";
import { cpuSeconds, describeLoad, describeMachine, pin } from "./support/machine.ts";
import { NGINX_VARIANTS, startNginx, type NginxVariant } from "./support/nginx.ts";
import { formatSpread, median } from "./support/statistics.ts";

const SIZES = { "1 KB": 1024, "32 KB": 32_768, "1 MB": 1_048_576 } as const;
const CONNECTIONS = 64;
const ROUNDS = 5;
const SECONDS = 1.2;
const TRIES = 200;

interface Measured {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

async function openOrigin(): Promise<{ readonly port: number; close(): void }> {
  const bodies = new Map(Object.values(SIZES).map((size) => [`/${size}`, Buffer.alloc(size, "x")]));
  const server = createServer((request, response) => {
    const body = bodies.get(request.url ?? "");
    const headers = { "Content-Type": "text/plain", "Cache-Control": "max-age=6000" };
    if (body === undefined) response.writeHead(404).end();
    else response.writeHead(200, { ...headers, "Content-Length": body.length }).end(body);
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function measure(processId: number | undefined, load: Omit<Load, "seconds">, seconds: number): Promise<Measured> {
  const before = cpuSeconds(processId);
  const { perSecond, answers } = await runLoad({ ...load, seconds });
  return { perSecond, cpuMicroseconds: ((cpuSeconds(processId) - before) / answers) * 1e6 };
}

async function waitForHit(port: number, host: string, path: string): Promise<void> {
  for (let tried = 0; tried < TRIES; tried++) {
    const answer = await viewOnce(port, host, path);
    if (answer.headers.get("x-cache")?.startsWith("Hit") === true) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`no hit for ${path}`);
}

async function main(): Promise<number> {
  const origin = await openOrigin();
  try {
    await using nginx = await startNginx(origin.port);
    if (nginx === undefined) {
      process.stderr.write(
        "nginx is not on this machine: install it (Debian: apt-get install nginx-light), nothing was measured\n",
      );
      return 1;
    }
    await using service = await startBenchService();
    await createDistribution(service, origin.port);
    const listed = await (await ask(service, "/2020-05-31/distribution")).text();
    const host = /<DomainName>(d\w+\.[\w.]+)<\/DomainName>/.exec(listed)?.[1] ?? "";
    pin(process.pid, "load");
    process.stdout.write(`${describeMachine()}; ${nginx.version}\n\n`);
    process.stdout.write(
      "| Hits of | Edge, requests/s | nginx, best of its round | Ratio | CPU per request, edge / nginx | Ratio to each configuration of nginx |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for (const [name, size] of Object.entries(SIZES)) {
      const request = Buffer.from(`GET /${size} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: bench\r\naccept: */*\r\n\r\n`);
      const load = (port: number) => ({ port, connections: CONNECTIONS, request: () => request, expectedStatus: 200 });
      const variants = Object.keys(NGINX_VARIANTS) as NginxVariant[];
      await waitForHit(service.edgePort, host, `/${size}`);
      await measure(service.edgeId, load(service.edgePort), 1);
      for (const variant of variants) await measure(nginx.workerId, load(nginx.ports[variant]), 0.5);
      const rounds: { readonly edge: Measured; readonly of: Readonly<Record<NginxVariant, Measured>> }[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const of = {} as Record<NginxVariant, Measured>;
        const edge = await measure(service.edgeId, load(service.edgePort), SECONDS);
        for (const variant of variants)
          of[variant] = await measure(nginx.workerId, load(nginx.ports[variant]), SECONDS / 2);
        rounds.push({ edge, of });
      }
      const best = ({ of }: (typeof rounds)[number]): Measured =>
        Object.values(of).reduce((one, other) => (other.perSecond > one.perSecond ? other : one));
      const cheapest = ({ of }: (typeof rounds)[number]): number =>
        Math.min(...Object.values(of).map(({ cpuMicroseconds }) => cpuMicroseconds));
      const cells = [
        name,
        formatSpread(
          rounds.map(({ edge }) => edge.perSecond),
          0,
        ),
        formatSpread(
          rounds.map((round) => best(round).perSecond),
          0,
        ),
        `**${formatSpread(
          rounds.map((round) => round.edge.perSecond / best(round).perSecond),
          2,
        )}**`,
        `${median(rounds.map(({ edge }) => edge.cpuMicroseconds)).toFixed(1)} / ${median(rounds.map(cheapest)).toFixed(1)} µs`,
        variants
          .map(
            (variant) =>
              `${median(rounds.map(({ edge, of }) => edge.perSecond / of[variant].perSecond)).toFixed(2)} (${variant})`,
          )
          .join("; "),
      ];
      process.stdout.write(`| ${cells.join(" | ")} |\n`);
    }
    process.stdout.write(`\nload average afterwards ${describeLoad()}\n`);
    return 0;
  } finally {
    origin.close();
  }
}

process.exitCode = await main();
