// Signed requests to the bucket store as bytes, for benches that send them themselves.

import { systemClock } from "../../src/vocabulary/time.ts";
import { hashBody } from "../../src/wire/canonical-request.ts";
import { signObjectRequest } from "../../src/wire/sign-object-request.ts";
import { newSigningKeys } from "../../src/wire/signing-key.ts";

const SIGNER = { accessKeyId: "test", secret: "test", region: "us-east-1", service: "s3" } as const;

/** Good for a quarter of an hour. */
export function formatObjectRequest(
  port: number,
  method: string,
  path: string,
  body: Uint8Array = new Uint8Array(0),
): Buffer {
  return Buffer.concat([Buffer.from(formatHead(port, method, path, hashBody(body), body.length)), body]);
}

/** The head of an upload whose body is not signed and comes after it. */
export function formatUploadHead(port: number, path: string, bytes: number): string {
  return formatHead(port, "PUT", path, "UNSIGNED-PAYLOAD", bytes);
}

function formatHead(port: number, method: string, path: string, payloadHash: string, bytes: number): string {
  const request = { method, rawPath: path, rawQuery: "", fields: [["host", `127.0.0.1:${port}`] as const] };
  const how = { at: systemClock.now(), payloadHash, keys: newSigningKeys(1) };
  const fields = [...signObjectRequest(request, SIGNER, how), ["content-length", String(bytes)] as const];
  return `${method} ${path} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}
