// Asks a running service at one of its own paths, signed as the default user, as a program of any language would.

import { DEFAULT_KEY } from "../../src/callers/default-key.ts";
import { systemClock } from "../../src/vocabulary/time.ts";
import { signRequest } from "../../src/wire/sigv4-sign.ts";
import type { RunningService } from "./running-service.ts";

export interface OwnAnswer {
  readonly status: number;
  readonly told: Readonly<Record<string, unknown>>;
}

/** `path` is what stands behind /_warmfront/. A text is sent as it is, anything else as JSON. */
export async function askOwn(
  service: Pick<RunningService, "apiPort">,
  method: string,
  path: string,
  sent?: unknown,
  as: { readonly accessKeyId: string; readonly secret: string } = DEFAULT_KEY,
): Promise<OwnAnswer> {
  const rawPath = `/_warmfront/${path}`;
  const text = typeof sent === "string" ? sent : sent === undefined ? "" : JSON.stringify(sent);
  const body = new TextEncoder().encode(text);
  const host = `127.0.0.1:${service.apiPort}`;
  const fields = signRequest(
    { method, rawPath, rawQuery: "", fields: [["Host", host]], body },
    { ...as, region: "us-east-1", service: "cloudfront" },
    { at: systemClock.now() },
  );
  const headers = fields.filter(([name]) => name !== "Host").map(([name, value]): [string, string] => [name, value]);
  const answer = await fetch(`http://${host}${rawPath}`, {
    method,
    headers,
    ...(body.length > 0 && { body }),
  });
  return { status: answer.status, told: (await answer.json()) as OwnAnswer["told"] };
}

/** Moves the clock of a service that was started for tests: `advance 1h`, `freeze`, `reset`. */
export async function moveClock(service: Pick<RunningService, "apiPort">, change: string): Promise<OwnAnswer["told"]> {
  const [word = "", by] = change.split(" ");
  const { status, told } = await askOwn(service, "POST", `clock/${word}`, by && { by });
  if (status !== 200) throw new Error(`clock ${change}: ${status} ${JSON.stringify(told)}`);
  return told;
}
