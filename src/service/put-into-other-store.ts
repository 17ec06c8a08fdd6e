// A file of an access log as an object in another S3-compatible store: one signed PUT over a connection of its own, within a time. What
// the store answers is told to the operator in a few words; its secrets are in none of them.

import { createHash } from "node:crypto";
import { request as requestHttp, type ClientRequest, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { rootCertificates } from "node:tls";
import type { FileToPut } from "../buckets/put-file.ts";
import { authorityOf, describeStore, type OtherStore } from "../edge/bucket-stores.ts";
import type { Clock, Seconds } from "../vocabulary/time.ts";
import { signObjectRequest } from "../wire/sign-object-request.ts";
import { newSigningKeys } from "../wire/signing-key.ts";

export interface OtherStoreMeans {
  readonly clock: Clock;
  /** From connecting to the end of the answer. */
  readonly withinSeconds: Seconds;
  /** Authorities beside those that Node knows, in PEM. */
  readonly authorities: readonly string[];
}

/** Of what a store says beside its status. */
const ANSWER_BYTES_MAX = 16_384;
const signingKeys = newSigningKeys(100);

/** `undefined`: it is there. Otherwise why not. Rejects only when the file cannot be read. */
export async function putIntoOtherStore(
  store: OtherStore,
  file: FileToPut,
  means: OtherStoreMeans & { readonly signal: AbortSignal },
): Promise<string | undefined> {
  // A file is made of one segment at most, so it fits into memory; a signature over it is what every store understands.
  const pieces: Uint8Array[] = [];
  for await (const piece of file.content) pieces.push(piece);
  const content = Buffer.concat(pieces);
  const signal = AbortSignal.any([means.signal, AbortSignal.timeout(means.withinSeconds * 1000)]);
  try {
    const answer = await send(store, file, content, { ...means, signal });
    return answer === undefined ? undefined : `${answer} from ${describeStore(store)}`;
  } catch (fault) {
    const isLate = signal.aborted && !means.signal.aborted;
    return isLate
      ? `${describeStore(store)} did not take it within ${means.withinSeconds} s`
      : `${describeStore(store)} cannot be asked: ${fault instanceof Error ? fault.message : String(fault)}`;
  }
}

async function send(
  store: OtherStore,
  { bucket, key, contentType }: FileToPut,
  content: Buffer,
  { clock, authorities, signal }: OtherStoreMeans & { readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { host, path } = placeOf(store, bucket, key);
  const unsigned = {
    method: "PUT",
    rawPath: path,
    rawQuery: "",
    fields: [
      ["Host", authorityOf({ ...store, host })],
      ["Content-Type", contentType],
      ["Content-Length", String(content.length)],
    ] as const,
  };
  const { region, accessKeyId, secretAccessKey: secret, sessionToken } = store;
  const as = { region, service: "s3", accessKeyId, secret, ...(sessionToken !== undefined && { sessionToken }) };
  const payloadHash = createHash("sha256").update(content).digest("hex");
  const fields = signObjectRequest(unsigned, as, { at: clock.now(), payloadHash, keys: signingKeys });
  const options = { host, port: store.port, method: "PUT", path, headers: fields.flat(), agent: false, signal };
  const asked: ClientRequest =
    store.scheme === "http"
      ? requestHttp(options)
      : requestHttps({ ...options, ...(authorities.length > 0 && { ca: [...rootCertificates, ...authorities] }) });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  asked.once("error", reject).once("response", resolve);
  asked.end(content);
  const response = await promise;
  let text = "";
  for await (const piece of response.setEncoding("latin1") as AsyncIterable<string>) {
    text += piece;
    if (text.length > ANSWER_BYTES_MAX) break;
  }
  const { statusCode: status = 0 } = response;
  if (status === 200) return undefined;
  const code = /<Code>(\w{1,64})<\/Code>/.exec(text)?.[1];
  return code === undefined ? String(status) : `${status} ${code}`;
}

/** Where an object is asked for. */
export function placeOf(
  { addressing, host }: Pick<OtherStore, "addressing" | "host">,
  bucket: string,
  key: string,
): { readonly host: string; readonly path: string } {
  return addressing === "virtual"
    ? { host: `${bucket}.${host}`, path: `/${encodeKey(key)}` }
    : { host, path: `/${bucket}/${encodeKey(key)}` };
}

/** As S3's clients do: everything but what needs no encoding, and the slashes. */
function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll("%2F", "/")
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
