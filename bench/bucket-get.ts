// GET of an object of 1 MB from the bucket store, signed, over kept connections, against nginx sending the same bytes from a
// file on the same core, with and without sendfile: what the signature, the index and the way through JavaScript cost.

import { startBenchService, type BenchService } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { runLoad } from "./support/load-generator.ts";
import { startNginx, type NginxVariant } from "./support/nginx.ts";
import { formatObjectRequest } from "./support/object-requests.ts";
import { compare } from "./support/rounds.ts";
import { formatSpread, median } from "./support/statistics.ts";
import { openBenchServer, type BenchServer } from "./support/listen.ts";

const OBJECT = Buffer.alloc(1_048_576, "an object of a bucket ");
const CONNECTIONS = 8;
const VARIANTS: readonly NginxVariant[] = ["sendfile, no log", "no sendfile, no log"];

export const bucketGet: Bench = {
  name: "bucket-get",
  about: "GET of 1 MB from a bucket, signed, against nginx sending the same bytes from a file.",
  async run() {
    await using service = await startBenchService();
    await sendOnce(service, "PUT", "/bench");
    await sendOnce(service, "PUT", "/bench/object", OBJECT);
    await using origin = await openObjectOrigin();
    await using nginx = await startNginx(origin.port);
    const get = formatObjectRequest(service.apiPort, "GET", "/bench/object");
    const ours = {
      processId: service.controlId,
      load: { port: service.apiPort, connections: CONNECTIONS, request: () => get, expectedStatus: 200 },
    };
    const figures: Figure[] = [];
    for (const variant of VARIANTS) {
      const plain = Buffer.from(`GET /object HTTP/1.1\r\nhost: bench\r\n\r\n`);
      const port = nginx?.ports[variant];
      const theirs =
        port === undefined ? ours : { processId: nginx?.workerId, load: { ...ours.load, port, request: () => plain } };
      const { rounds } = await compare({ one: ours, other: theirs }, { rounds: 5, seconds: 1.5, warmUpSeconds: 2 });
      const megabytes = formatSpread(
        rounds.map(({ one }) => one.perSecond),
        0,
      );
      const [us, them] = [rounds.map(({ one }) => one), rounds.map(({ other }) => other)].map((side) => ({
        cpu: median(side.map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(0),
        perSecond: median(side.map(({ perSecond }) => perSecond)).toFixed(0),
      }));
      if (nginx === undefined) {
        return [{ what: "GET of 1 MB", value: megabytes, unit: "requests/s", how: "nginx is not on this machine" }];
      }
      figures.push({
        what: `GET of 1 MB, against ${nginx.version} (${variant})`,
        value: megabytes,
        unit: "requests/s",
        how: `${CONNECTIONS} connections, one core, ${us?.cpu} µs of CPU each; nginx ${them?.perSecond}, ${them?.cpu} µs, 5 rounds in turn`,
      });
    }
    return figures;
  },
};

async function sendOnce(service: BenchService, method: string, path: string, body?: Uint8Array): Promise<void> {
  const bytes = formatObjectRequest(service.apiPort, method, path, body);
  const request = (index: number): Buffer | undefined => (index === 0 ? bytes : undefined);
  await runLoad({ port: service.apiPort, connections: 1, request, seconds: 10, expectedStatus: 200 });
}

/** What nginx has stored of it after the first request lies in a file, as the object does. */
async function openObjectOrigin(): Promise<BenchServer> {
  return openBenchServer((_request, response) => {
    response.writeHead(200, { "Cache-Control": "max-age=3600", "Content-Length": String(OBJECT.length) });
    response.end(OBJECT);
  });
}
