// Signs requests to the bucket store for tests, written from the published descriptions and not from what verifies them:
// both versions, in header and query, and bodies in signed chunks. Whatever a test wants wrong is given as such.

import { createHash, createHmac } from "node:crypto";
import type { BucketRequest } from "../../src/buckets/message.ts";

export interface S3Request {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

export interface S3Key {
  readonly accessKeyId: string;
  readonly secret: string;
  readonly sessionToken?: string | undefined;
}

export interface Signing {
  readonly key: S3Key;
  /** Milliseconds. */
  readonly at: number;
  readonly region?: string;
  /** In the place of the body's hash. */
  readonly payload?: string;
  readonly unsigned?: readonly string[];
}

export const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Uint8Array, text: string): Uint8Array => createHmac("sha256", key).update(text).digest();

export function amzDate(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}

export function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function keyOf({ key, at, region = "us-east-1" }: Signing): {
  readonly scope: string;
  readonly signingKey: Uint8Array;
} {
  const date = amzDate(at).slice(0, 8);
  const signingKey = [date, region, "s3", "aws4_request"].reduce<string | Uint8Array>(hmac, `AWS4${key.secret}`);
  return { scope: `${date}/${region}/s3/aws4_request`, signingKey: signingKey as Uint8Array };
}

function canonical(request: S3Request, query: string, names: readonly string[], payload: string): string {
  const valueOf = (name: string): string =>
    request.fields
      .filter(([other]) => other.toLowerCase() === name)
      .map(([, value]) => value.trim())
      .join(",");
  const sorted = query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => (pair.includes("=") ? pair : `${pair}=`))
    .sort()
    .join("&");
  const lines = names.map((name) => `${name}:${valueOf(name)}\n`).join("");
  return [request.method, request.path, sorted, lines, names.join(";"), payload].join("\n");
}

export interface Signed {
  readonly request: S3Request;
  readonly signature: string;
}

/** Signature version 4 in the header. */
export function signHeader(request: S3Request, signing: Signing): Signed {
  const payload = signing.payload ?? sha256(request.body);
  const fields = [...request.fields, ["x-amz-date", amzDate(signing.at)] as const];
  fields.push(["x-amz-content-sha256", payload]);
  if (signing.key.sessionToken !== undefined) fields.push(["x-amz-security-token", signing.key.sessionToken]);
  const names = fields
    .map(([name]) => name.toLowerCase())
    .filter((name, index, all) => all.indexOf(name) === index && !(signing.unsigned ?? []).includes(name))
    .sort();
  const { scope, signingKey } = keyOf(signing);
  const text = canonical({ ...request, fields }, request.query, names, payload);
  const toSign = `AWS4-HMAC-SHA256\n${amzDate(signing.at)}\n${scope}\n${sha256(text)}`;
  const signature = Buffer.from(hmac(signingKey, toSign)).toString("hex");
  fields.push([
    "Authorization",
    `AWS4-HMAC-SHA256 Credential=${signing.key.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  ]);
  return { request: { ...request, fields }, signature };
}

/** Signature version 4 in the query. */
export function signQuery(request: S3Request, signing: Signing & { readonly expires: number }): Signed {
  const { scope, signingKey } = keyOf(signing);
  const names = request.fields.map(([name]) => name.toLowerCase()).sort();
  const pairs = [
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", `${signing.key.accessKeyId}/${scope}`],
    ["X-Amz-Date", amzDate(signing.at)],
    ["X-Amz-Expires", String(signing.expires)],
    ["X-Amz-SignedHeaders", names.join(";")],
  ];
  if (signing.key.sessionToken !== undefined) pairs.push(["X-Amz-Security-Token", signing.key.sessionToken]);
  const added = pairs.map(([name, value]) => `${name}=${encode(value ?? "")}`).join("&");
  const query = request.query === "" ? added : `${request.query}&${added}`;
  const text = canonical(request, query, names, signing.payload ?? "UNSIGNED-PAYLOAD");
  const toSign = `AWS4-HMAC-SHA256\n${amzDate(signing.at)}\n${scope}\n${sha256(text)}`;
  const signature = Buffer.from(hmac(signingKey, toSign)).toString("hex");
  return { request: { ...request, query: `${query}&X-Amz-Signature=${signature}` }, signature };
}

function olderLines(request: S3Request, date: string, resource: string): string {
  const valueOf = (name: string): string =>
    request.fields.find(([other]) => other.toLowerCase() === name)?.[1].trim() ?? "";
  const amz = request.fields
    .map(([name, value]) => `${name.toLowerCase()}:${value.trim()}\n`)
    .filter((line) => line.startsWith("x-amz-"))
    .sort()
    .join("");
  return `${request.method}\n${valueOf("content-md5")}\n${valueOf("content-type")}\n${date}\n${amz}${resource}`;
}

const sha1 = (secret: string, text: string): string => createHmac("sha1", secret).update(text).digest("base64");

/** The older signature in the header. `resource`: bucket, path and what of the query is signed. */
export function signOlderHeader(request: S3Request, signing: Signing, resource = request.path): S3Request {
  const date = new Date(signing.at).toUTCString();
  const fields = [...request.fields];
  if (signing.key.sessionToken !== undefined) fields.push(["x-amz-security-token", signing.key.sessionToken]);
  const signature = sha1(signing.key.secret, olderLines({ ...request, fields }, date, resource));
  fields.push(["Date", date], ["Authorization", `AWS ${signing.key.accessKeyId}:${signature}`]);
  return { ...request, fields };
}

/** The older signature in the query. */
export function signOlderQuery(
  request: S3Request,
  signing: Signing & { readonly expires: number },
  resource = request.path,
): S3Request {
  const expires = String(Math.floor(signing.at / 1000) + signing.expires);
  const signature = sha1(signing.key.secret, olderLines(request, expires, resource));
  const added = `AWSAccessKeyId=${encode(signing.key.accessKeyId)}&Signature=${encode(signature)}&Expires=${expires}`;
  return { ...request, query: request.query === "" ? added : `${request.query}&${added}` };
}

/** A request whose body is signed chunk by chunk; `trailer` is signed too. */
export function signChunks(
  request: S3Request,
  signing: Signing,
  { sizes, trailer }: { readonly sizes: readonly number[]; readonly trailer?: readonly (readonly [string, string])[] },
): S3Request {
  const payload = `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer === undefined ? "" : "-TRAILER"}`;
  const fields = [...request.fields, ["x-amz-decoded-content-length", String(request.body.length)] as const];
  if (trailer !== undefined) fields.push(["x-amz-trailer", trailer.map(([name]) => name).join(",")]);
  const head = signHeader({ ...request, fields }, { ...signing, payload });
  const { scope, signingKey } = keyOf(signing);
  let last = head.signature;
  const chain = (algorithm: string, ...hashes: string[]): string => {
    const text = [algorithm, amzDate(signing.at), scope, last, ...hashes].join("\n");
    last = Buffer.from(hmac(signingKey, text)).toString("hex");
    return last;
  };
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of [...sizes, 0]) {
    const bytes = request.body.subarray(at, at + size);
    at += size;
    const signature = chain("AWS4-HMAC-SHA256-PAYLOAD", sha256(""), sha256(bytes));
    pieces.push(Buffer.from(`${bytes.length.toString(16)};chunk-signature=${signature}\r\n`), bytes);
    if (size > 0) pieces.push(Buffer.from("\r\n"));
  }
  if (trailer !== undefined) {
    const lines = trailer.map(([name, value]) => `${name}:${value}\n`).join("");
    const signature = chain("AWS4-HMAC-SHA256-TRAILER", sha256(lines));
    const sent = [...trailer, ["x-amz-trailer-signature", signature] as const];
    pieces.push(Buffer.from(sent.map(([name, value]) => `${name}:${value}\r\n`).join("")));
  }
  pieces.push(Buffer.from("\r\n"));
  return { ...head.request, body: Buffer.concat(pieces) };
}

/** A request with an unsigned body in chunks and a trailer, signed or not in its head. */
export function frameChunks(
  request: S3Request,
  { sizes, trailer }: { readonly sizes: readonly number[]; readonly trailer: readonly (readonly [string, string])[] },
): S3Request {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(Buffer.from(`${size.toString(16)}\r\n`), request.body.subarray(at, at + size), Buffer.from("\r\n"));
    at += size;
  }
  pieces.push(Buffer.from(`0\r\n${trailer.map(([name, value]) => `${name}:${value}\r\n`).join("")}\r\n`));
  const fields = [
    ...request.fields,
    ["x-amz-decoded-content-length", String(request.body.length)] as const,
    ["x-amz-trailer", trailer.map(([name]) => name).join(",")] as const,
  ];
  return { ...request, fields, body: Buffer.concat(pieces) };
}

/** As the listener would give it; the body in pieces of `pieceBytes`. */
export function toBucketRequest(request: S3Request, pieceBytes = 65_536): BucketRequest {
  const { body } = request;
  const read = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < body.length; at += pieceBytes) yield body.subarray(at, at + pieceBytes);
  };
  return {
    method: request.method,
    rawPath: request.path,
    rawQuery: request.query,
    fields: request.fields,
    body: read(),
    bodyLength: body.length,
    endpoint: "http://127.0.0.1:7400",
    remoteAddress: "127.0.0.1",
  };
}
