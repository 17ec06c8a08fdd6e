// What node:http2 can do at most: a program that answers every request over TLS with the same head and body, given to it on the
// command line as JSON. Started by `startBareHttp2Server` of the same file, on the same core as the service.

import { readFileSync } from "node:fs";
import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { BareAnswer } from "./bare-server.ts";
import { startBenchProgram, tellPort, whatWasTold, type BenchProgram } from "./bench-program.ts";

interface Told {
  readonly answer: BareAnswer;
  /** Files with the certificate and its key. */
  readonly certificate: string;
  readonly key: string;
}

export function startBareHttp2Server(told: Told): Promise<BenchProgram> {
  return startBenchProgram(fileURLToPath(import.meta.url), { told, on: "server" });
}

if (import.meta.main) {
  const { answer, certificate, key } = whatWasTold() as Told;
  const headers = [":status", "200", ...answer.headers.flatMap(([name, value]) => [name, value])];
  const server = createSecureServer({ cert: readFileSync(certificate), key: readFileSync(key) });
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.respond(headers);
    stream.end(answer.body);
  });
  server.listen(0, "127.0.0.1", () => tellPort((server.address() as AddressInfo).port));
}
