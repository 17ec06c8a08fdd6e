// The bucket store as the command line asks it: over S3's API like any client, signed, with the environment's access key or the
// built-in one. A file travels as a stream, whose hash is signed: what arrives is what was read, or is refused.

import { createReadStream } from "node:fs";
import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Settings } from "../service/settings.ts";
import { systemClock } from "../vocabulary/time.ts";
import { encodeComponent, hashBody, type SignedField } from "../wire/canonical-request.ts";
import { signObjectRequest } from "../wire/sign-object-request.ts";
import { newSigningKeys } from "../wire/signing-key.ts";
import { readElements, type XmlElement } from "../wire/xml-reader.ts";
import type { Arguments } from "./arguments.ts";
import { callerCredential, noServerAt, tellWhoAsked } from "./caller-credential.ts";
import { findServer } from "./find-server.ts";

/** A file as it was when its bytes were counted. */
export interface FileBody {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface BucketRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** None for the list of buckets. */
  readonly bucket?: string;
  readonly key?: string;
  /** Parameters; one without value is "". */
  readonly query?: Readonly<Record<string, string>>;
  readonly fields?: readonly SignedField[];
  readonly body?: string | FileBody;
}

export type BucketOutcome =
  | { readonly kind: "ok"; readonly headers: IncomingHttpHeaders; readonly text: string }
  /** `code` is S3's; without one nothing that speaks it has answered. */
  | { readonly kind: "failure"; readonly code: string | undefined; readonly message: string };

/** Asks the store of one server. */
export type AskBuckets = (asked: BucketRequest) => Promise<BucketOutcome>;

/** How many requests are under way at once. */
export const REQUESTS_AT_ONCE = 4;

/** Said where something else answers. */
export const NOT_S3 =
  "what answers there does not speak S3: say where the server is with --data-dir, or --api-host and --api-port";

/** With not a byte in either direction. */
const IDLE_MS = 60_000;
const ANSWER_BYTES_MAX = 67_108_864;
const XML_LIMITS = { depthMax: 100, elementsMax: 1_000_000 };

export async function openBuckets(given: Pick<Arguments, "settingFlags">, settings: Settings): Promise<AskBuckets> {
  const found = await findServer(given, settings);
  if (found.kind === "failure") return () => Promise.resolve({ ...found, code: undefined });
  const { authority } = found;
  const agent = new Agent({ keepAlive: true, maxSockets: REQUESTS_AT_ONCE });
  const keys = newSigningKeys(1);
  return (asked) => {
    const rawPath = pathOf(asked);
    const rawQuery = Object.entries(asked.query ?? {})
      .map(([name, value]) => (value === "" ? name : `${name}=${encodeText(value)}`))
      .join("&");
    const { body = "", method } = asked;
    const text = typeof body === "string" ? Buffer.from(body) : undefined;
    const length = text?.length ?? (body as FileBody).bytes;
    const fields = signObjectRequest(
      { method, rawPath, rawQuery, fields: [["Host", authority], ...(asked.fields ?? [])] },
      { ...callerCredential(), region: "us-east-1", service: "s3" },
      { at: systemClock.now(), payloadHash: text ? hashBody(text) : (body as FileBody).sha256, keys },
    );
    const headers: Record<string, string | number> = Object.fromEntries(fields);
    if (length > 0 || method === "PUT" || method === "POST") headers["Content-Length"] = length;
    const url = `http://${authority}${rawPath}${rawQuery === "" ? "" : `?${rawQuery}`}`;
    const { promise, resolve } = Promise.withResolvers<BucketOutcome>();
    const asking = request(url, { method, headers, agent, timeout: IDLE_MS }, (response) => {
      void readAnswer(response).then(resolve);
    });
    asking.on("timeout", () => asking.destroy(new Error(`nothing was heard for ${IDLE_MS / 1000} seconds`)));
    asking.on("error", (error: NodeJS.ErrnoException) => {
      const { code = "", message } = error;
      const said = code === "ECONNREFUSED" ? noServerAt(authority) : code.startsWith("HPE_") ? NOT_S3 : message;
      resolve({ kind: "failure", code: undefined, message: said });
    });
    if (text !== undefined) asking.end(text);
    // What goes wrong on the way is told by the request, unless there is an answer already: then that counts.
    else pipeline(piecesOf(body as FileBody), asking).catch(() => undefined);
    return promise;
  };
}

/** Segments of a key are encoded one by one; the slashes between them stay. */
function pathOf({ bucket = "", key }: BucketRequest): string {
  const encoded = key === undefined ? "" : `/${key.split("/").map(encodeText).join("/")}`;
  return `/${encodeText(bucket)}${encoded}`;
}

/** Of what people write: as UTF-8, byte by byte. */
function encodeText(text: string): string {
  return encodeComponent(Buffer.from(text).toString("latin1"));
}

async function* piecesOf({ path, bytes }: FileBody): AsyncGenerator<Buffer> {
  if (bytes === 0) return;
  let read = 0;
  for await (const piece of createReadStream(path, { end: bytes - 1 })) {
    read += (piece as Buffer).length;
    yield piece as Buffer;
  }
  if (read < bytes) throw new Error(`${path} has become shorter while it was read`);
}

async function readAnswer(response: IncomingMessage): Promise<BucketOutcome> {
  const { statusCode: status = 0, headers } = response;
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of response) {
      bytes += (piece as Buffer).length;
      if (bytes > ANSWER_BYTES_MAX) throw new Error("the answer is too long");
      pieces.push(piece as Buffer);
    }
  } catch (error) {
    return { kind: "failure", code: undefined, message: `the answer broke off: ${(error as Error).message}` };
  }
  const body = Buffer.concat(pieces);
  if (status < 300) return { kind: "ok", headers, text: body.toString("utf8") };
  const root = readXml(body);
  const code = root?.name === "Error" ? textOfChild(root, "Code") : undefined;
  if (root === undefined || code === undefined) {
    return { kind: "failure", code: undefined, message: `${NOT_S3} (status ${status})` };
  }
  return { kind: "failure", code, message: tellWhoAsked(textOfChild(root, "Message") ?? code, status) };
}

/** The root of an answer's document. */
export function readXml(body: Uint8Array): XmlElement | undefined {
  const read = readElements(body, XML_LIMITS);
  return read.kind === "failure" ? undefined : read.root;
}

export function childrenOf({ children }: XmlElement, name: string): readonly XmlElement[] {
  return children.filter((each) => each.name === name);
}

export function textOfChild(element: XmlElement, name: string): string | undefined {
  return element.children.find((each) => each.name === name)?.text;
}

/** `BUCKET/KEY`, with `s3://` before it or without. */
export function readPlace(text: string): { readonly bucket: string; readonly key: string } {
  const [, bucket = "", key = ""] = /^(?:s3:\/\/)?([^/]*)\/?(.*)$/s.exec(text) ?? [];
  return { bucket, key };
}

/** Text of an element. */
export function xmlText(text: string): string {
  return text.replaceAll(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
