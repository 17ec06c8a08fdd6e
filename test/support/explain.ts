// Asks a running service to explain a request, as `warmfront explain` does.

import { DEFAULT_KEY } from "../../src/callers/default-key.ts";
import type { Explanation } from "../../src/edge/explain/explanation.ts";
import { systemClock } from "../../src/vocabulary/time.ts";
import { signRequest } from "../../src/wire/sigv4-sign.ts";
import type { RunningService } from "./running-service.ts";

const PATH = "/_warmfront/explain";

export async function explain(service: Pick<RunningService, "apiPort" | "apiUrl">, url: string): Promise<Explanation> {
  const body = new TextEncoder().encode(JSON.stringify({ method: "GET", url }));
  const host = `127.0.0.1:${service.apiPort}`;
  const { accessKeyId, secret } = DEFAULT_KEY;
  const fields = signRequest(
    { method: "POST", rawPath: PATH, rawQuery: "", fields: [["Host", host]], body },
    { accessKeyId, secret, region: "us-east-1", service: "cloudfront" },
    { at: systemClock.now() },
  );
  const headers = fields.filter(([name]) => name !== "Host").map(([name, value]): [string, string] => [name, value]);
  const answer = await fetch(`${service.apiUrl}${PATH}`, { method: "POST", headers, body });
  return (await answer.json()) as Explanation;
}
