// What node:http2 can do at most: a program that answers every request over TLS with the same head and body, given to it on the
// command line as JSON. Started by `startBareHttp2Server` of the same file, on the same core as the service.

import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { BareAnswer, BareServer } from "./bare-server.ts";
import { pin } from "./machine.ts";

interface Told {
  readonly answer: BareAnswer;
  /** Files with the certificate and its key. */
  readonly certificate: string;
  readonly key: string;
}

export async function startBareHttp2Server(told: Told): Promise<BareServer> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(told)]);
  const [port] = (await once(child, "message")) as [number];
  pin(child.pid, "server");
  return {
    port,
    processId: child.pid,
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

if (import.meta.main) {
  const { answer, certificate, key } = JSON.parse(process.argv[2] ?? "{}") as Told;
  const headers = [":status", "200", ...answer.headers.flatMap(([name, value]) => [name, value])];
  const server = createSecureServer({ cert: readFileSync(certificate), key: readFileSync(key) });
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.respond(headers);
    stream.end(answer.body);
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
  process.on("disconnect", () => process.exit());
}
