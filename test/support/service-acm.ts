// ACM of a running service, asked over its port as its clients ask.

import assert from "node:assert/strict";
import { systemClock } from "../../src/vocabulary/time.ts";
import { signRequest } from "../../src/wire/sigv4-sign.ts";
import type { RunningService } from "./running-service.ts";

export interface AcmSigner {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** us-east-1, where those are that distributions show. */
  readonly region?: string;
}

/** An operation that has to succeed. Answers with the certificate's ARN, or with all that was said where there is none. */
export async function askServiceAcm(
  { apiUrl }: Pick<RunningService, "apiUrl">,
  { accessKeyId, secretAccessKey, region = "us-east-1" }: AcmSigner,
  operation: string,
  input: object,
): Promise<string> {
  const body = new TextEncoder().encode(JSON.stringify(input));
  const unsigned = {
    method: "POST",
    rawPath: "/",
    rawQuery: "",
    fields: [
      ["Host", new URL(apiUrl).host],
      ["X-Amz-Target", `CertificateManager.${operation}`],
      ["Content-Type", "application/x-amz-json-1.1"],
    ] as const,
    body,
  };
  const signer = { accessKeyId, secret: secretAccessKey, region, service: "acm" };
  const fields = signRequest(unsigned, signer, { at: systemClock.now() });
  const headers = Object.fromEntries(fields.filter(([name]) => name !== "Host"));
  const answer = await fetch(apiUrl, { method: "POST", headers, body });
  const text = await answer.text();
  assert.equal(answer.status, 200, `${operation}: ${text}`);
  return text === "" ? "" : ((JSON.parse(text) as { CertificateArn?: string }).CertificateArn ?? text);
}
