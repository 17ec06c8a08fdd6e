// What node:http can do at most: a program that answers every request with the same head and body, both given to it on
// the command line as JSON. Started by `startBareServer` of the same file, on the same core as the service.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { startBenchProgram, tellPort, whatWasTold, type BenchProgram } from "./bench-program.ts";

export interface BareAnswer {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export function startBareServer(answer: BareAnswer): Promise<BenchProgram> {
  return startBenchProgram(fileURLToPath(import.meta.url), { told: answer, on: "server" });
}

/** Fields that node:http adds by itself, or that belong to one connection. */
const OWN_FIELDS: ReadonlySet<string> = new Set(["connection", "keep-alive", "date", "transfer-encoding"]);

/** The answer that a service gave, for a bare server to repeat. */
export async function answerOf(response: Response): Promise<BareAnswer> {
  return { headers: [...response.headers].filter(([name]) => !OWN_FIELDS.has(name)), body: await response.text() };
}

if (import.meta.main) {
  const { headers, body } = whatWasTold() as BareAnswer;
  const flat = headers.flat();
  const server = createServer({ noDelay: true }, (_request, response) => response.writeHead(200, flat).end(body));
  server.listen(0, "127.0.0.1", () => tellPort((server.address() as AddressInfo).port));
}
