// Lists of the bucket store, page by page, so that a bucket of any size is gone through with a page in memory. Keys travel
// encoded: XML cannot carry each of them.

import { childrenOf, NOT_S3, readXml, textOfChild, type AskBuckets, type BucketOutcome } from "./ask-buckets.ts";
import type { XmlElement } from "../wire/xml-reader.ts";

type Failure = BucketOutcome & { readonly kind: "failure" };

export interface ListedBucket {
  readonly name: string;
  readonly createdAt: string;
}

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: string;
  /** Without quotation marks: the MD5 of what was put in one piece. */
  readonly entityTag: string;
}

/** One state of one object; of a bucket without versions each object has one, named "null". */
export interface ListedVersion {
  readonly key: string;
  readonly versionId: string;
}

export async function listBuckets(
  ask: AskBuckets,
): Promise<{ readonly kind: "ok"; readonly buckets: readonly ListedBucket[] } | Failure> {
  const answer = await ask({ method: "GET" });
  if (answer.kind === "failure") return answer;
  const root = readList(answer.text, "ListAllMyBucketsResult");
  if ("kind" in root) return root;
  const [list] = childrenOf(root, "Buckets");
  const buckets = list === undefined ? [] : childrenOf(list, "Bucket");
  return {
    kind: "ok",
    buckets: buckets.map((each) => ({
      name: textOfChild(each, "Name") ?? "",
      createdAt: textOfChild(each, "CreationDate") ?? "",
    })),
  };
}

/** Objects in order of their keys. The last thing that it yields may be why there are no more. */
export async function* listObjects(
  bucket: string,
  prefix: string,
  ask: AskBuckets,
): AsyncGenerator<readonly ListedObject[] | Failure> {
  for (let token: string | undefined; ;) {
    const query = { "list-type": "2", "encoding-type": "url", ...(prefix === "" ? {} : { prefix }) };
    const answer = await ask({
      method: "GET",
      bucket,
      query: token === undefined ? query : { ...query, "continuation-token": token },
    });
    if (answer.kind === "failure") return yield answer;
    const root = readList(answer.text, "ListBucketResult");
    if ("kind" in root) return yield root;
    yield childrenOf(root, "Contents").map((each) => ({
      key: keyOf(each),
      bytes: Number(textOfChild(each, "Size")),
      modifiedAt: textOfChild(each, "LastModified") ?? "",
      entityTag: (textOfChild(each, "ETag") ?? "").replaceAll('"', ""),
    }));
    token = textOfChild(root, "NextContinuationToken");
    if (token === undefined) return;
  }
}

/** The first page of what is there at all: all versions and delete markers. Whoever deletes them asks again. */
export async function firstVersions(
  bucket: string,
  ask: AskBuckets,
): Promise<{ readonly kind: "ok"; readonly versions: readonly ListedVersion[] } | Failure> {
  const answer = await ask({ method: "GET", bucket, query: { versions: "", "encoding-type": "url" } });
  if (answer.kind === "failure") return answer;
  const root = readList(answer.text, "ListVersionsResult");
  if ("kind" in root) return root;
  const found = [...childrenOf(root, "Version"), ...childrenOf(root, "DeleteMarker")];
  return {
    kind: "ok",
    versions: found.map((each) => ({ key: keyOf(each), versionId: textOfChild(each, "VersionId") ?? "null" })),
  };
}

/** The document that an operation answers with; whatever else answered is not a bucket store, and has no empty list. */
function readList(text: string, name: string): XmlElement | Failure {
  const root = readXml(Buffer.from(text));
  if (root?.name === name) return root;
  return { kind: "failure", code: undefined, message: NOT_S3 };
}

function keyOf(element: XmlElement): string {
  const encoded = textOfChild(element, "Key") ?? "";
  return decodeURIComponent(encoded.replaceAll("+", " "));
}
