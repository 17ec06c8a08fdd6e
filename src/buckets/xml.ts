// The bucket store's XML: flat enough that a line of code per element is the clearest description of it. Writing escapes
// by wire/xml-writer.ts, reading goes through wire/xml-reader.ts with its bounds.

import { readElements, type XmlElement } from "../wire/xml-reader.ts";
import { escapeText } from "../wire/xml-writer.ts";
import { fail, type BucketContext, type S3Failure } from "./operation.ts";

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
/** No document of S3 is deeper than a few levels. */
const DEPTH_MAX = 16;

/** One element with text in it, or nothing at all where there is no value. */
export function textElement(name: string, value: string | number | boolean | undefined): string {
  return value === undefined ? "" : `<${name}>${escapeText(String(value))}</${name}>`;
}

/** `content` is markup already. */
export function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

/** A whole document in S3's namespace. */
export function xmlDocument(root: string, content: string): string {
  return `${DECLARATION}<${root} xmlns="${NAMESPACE}">${content}</${root}>`;
}

/** Errors are in no namespace, as the real service writes them. */
export function errorDocument(content: string): string {
  return `${DECLARATION}<Error>${content}</Error>`;
}

/** With milliseconds, as in all documents of S3. */
export function isoDate(instant: number): string {
  return new Date(instant).toISOString();
}

/** The body as bytes, for operations whose input is a document. Throws the failure where it is too long. */
export async function readWhole(context: BucketContext): Promise<Uint8Array> {
  const { bucketXmlBytesMax: bytesMax } = context.service.limits;
  if ((context.bodyLength ?? 0) > bytesMax) throw tooLong(bytesMax);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of context.body) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLong(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function tooLong(bytesMax: number): S3Failure {
  return fail("MaxMessageLengthExceeded", { details: [["MaxMessageLengthBytes", String(bytesMax)]] });
}

/** The body as a document with that root; MalformedXML where it is anything else. */
export async function readXml(context: BucketContext, root: string): Promise<XmlElement | S3Failure> {
  return parseXml(await readWhole(context), root, context);
}

export function parseXml(
  bytes: Uint8Array,
  root: string,
  context: Pick<BucketContext, "service">,
): XmlElement | S3Failure {
  const outcome = readElements(bytes, {
    depthMax: DEPTH_MAX,
    elementsMax: context.service.limits.apiXmlElementsMax,
  });
  if (outcome.kind === "failure") return malformed(outcome.message);
  if (outcome.root.name !== root) return malformed(`the root is ${outcome.root.name}, not ${root}`);
  return outcome.root;
}

/** Characters: names of a caller's own may be in it. */
const WHY_SHOWN = 500;

export function malformed(why: string): S3Failure {
  return fail("MalformedXML", { why: why.slice(0, WHY_SHOWN) });
}

export function isXml(read: XmlElement | S3Failure): read is XmlElement {
  return !("kind" in read);
}

/** Text of the first child of that name, as it came; `undefined` without one. */
export function childText(parent: XmlElement, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text;
}

export function childrenOf(parent: XmlElement, name: string): readonly XmlElement[] {
  return parent.children.filter((child) => child.name === name);
}

/** The name of a child that is none of these: what S3's schema would refuse. */
export function unknownChild(parent: XmlElement, known: readonly string[]): string | undefined {
  return parent.children.find((child) => !known.includes(child.name))?.name;
}
