// Buckets for the console: asked of the bucket store as any client would, in requests that the caller's own key signs. So the store decides
// what the caller may see, and nothing here has to know its rules.

import { DEFAULT_KEY } from "../../callers/default-key.ts";
import type { Caller } from "../../callers/caller.ts";
import { encodeComponent } from "../../wire/canonical-request.ts";
import { signRequest } from "../../wire/sigv4-sign.ts";
import { readElements, type XmlElement } from "../../wire/xml-reader.ts";
import { refused, type Answered, type Question, type QuestionParts } from "./answered.ts";

const PAGE_KEYS = 200;
/** Of what the store itself has written. */
const XML_LIMITS = { depthMax: 20, elementsMax: 200_000 };
const HOST = "127.0.0.1";
const NAME = /^[A-Za-z0-9._-]{1,255}$/;

interface Got {
  readonly status: number;
  readonly text: string;
}

async function get(rawPath: string, rawQuery: string, caller: Caller, parts: QuestionParts): Promise<Got | undefined> {
  const { accessKeyId } = caller;
  const { control } = parts;
  const key =
    accessKeyId === DEFAULT_KEY.accessKeyId ? DEFAULT_KEY : await control.store.credentials.findKey(accessKeyId);
  // Who came by a temporary key is not its lasting one.
  if (key === undefined || caller.isSession) return undefined;
  const fields = signRequest(
    { method: "GET", rawPath, rawQuery, fields: [["Host", HOST]], body: new Uint8Array(0) },
    { accessKeyId, secret: key.secret, region: "us-east-1", service: "s3" },
    { at: control.clock.now(), payload: "unsigned" }, // there is none
  );
  const response = await parts.askBuckets({
    method: "GET",
    rawPath,
    rawQuery,
    fields,
    body: noBytes(),
    bodyLength: undefined,
    endpoint: `http://${HOST}`,
    remoteAddress: parts.from,
  });
  const { body, status } = response;
  if (body.kind === "none") return { status, text: "" };
  if (body.kind === "text") return { status, text: body.text };
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks) chunks.push(chunk);
  return { status, text: Buffer.concat(chunks).toString() };
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}

function readRoot(text: string): XmlElement | undefined {
  const read = readElements(new TextEncoder().encode(text), XML_LIMITS);
  return read.kind === "ok" ? read.root : undefined;
}

function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((each) => each.name === name);
}

function textOf(element: XmlElement | undefined, name: string): string {
  return child(element, name)?.text ?? "";
}

function refusal(got: Got | undefined): Answered {
  if (got === undefined) return refused("Buckets are shown to lasting access keys only.", "AccessDenied", 403);
  const root = readRoot(got.text);
  const code = textOf(root, "Code") || "Unknown";
  return refused(textOf(root, "Message") || `The bucket store answered ${got.status}.`, code, got.status);
}

export const listBuckets: Question = async (_asked, caller, parts) => {
  const got = await get("/", "", caller, parts);
  if (got?.status !== 200) return refusal(got);
  const buckets = child(readRoot(got.text), "Buckets")?.children ?? [];
  return {
    kind: "ok",
    answer: { buckets: buckets.map((each) => ({ name: textOf(each, "Name"), created: textOf(each, "CreationDate") })) },
  };
};

/** One page of a bucket's objects below a prefix; what has a slash behind it is told once, as a folder. */
export const listObjects: Question = async ({ bucket, prefix, after }, caller, parts) => {
  if (typeof bucket !== "string" || !NAME.test(bucket)) return refused("bucket is the name of a bucket");
  if (typeof prefix !== "string" || (after !== undefined && typeof after !== "string")) {
    return refused("prefix is a text, and after what the last page has told");
  }
  const query = [
    ...(after === undefined ? [] : [`continuation-token=${encodeComponent(after)}`]),
    "delimiter=%2F",
    "encoding-type=url",
    "list-type=2",
    `max-keys=${PAGE_KEYS}`,
    `prefix=${encodeComponent(prefix)}`,
  ];
  const got = await get(`/${bucket}`, query.join("&"), caller, parts);
  if (got?.status !== 200) return refusal(got);
  const root = readRoot(got.text);
  const ofName = (name: string): readonly XmlElement[] => root?.children.filter((each) => each.name === name) ?? [];
  const next = textOf(root, "NextContinuationToken");
  return {
    kind: "ok",
    answer: {
      folders: ofName("CommonPrefixes").map((each) => decode(textOf(each, "Prefix"))),
      objects: ofName("Contents").map((each) => ({
        key: decode(textOf(each, "Key")),
        bytes: Number(textOf(each, "Size")),
        modified: textOf(each, "LastModified"),
      })),
      ...(next !== "" && { next }),
    },
  };
};

/** `policy` as it was put; absent where there is none. */
export const showPolicy: Question = async ({ bucket }, caller, parts) => {
  if (typeof bucket !== "string" || !NAME.test(bucket)) return refused("bucket is the name of a bucket");
  const got = await get(`/${bucket}`, "policy", caller, parts);
  if (got?.status === 200) return { kind: "ok", answer: { policy: got.text } };
  const isNone = got !== undefined && textOf(readRoot(got.text), "Code") === "NoSuchBucketPolicy";
  return isNone ? { kind: "ok", answer: {} } : refusal(got);
};

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}
