// The tags of an object [S3API PutObjectTagging, GetObjectTagging, DeleteObjectTagging]: its time and ETag stay.

import type { Tag } from "../../store/tags.ts";
import { checkTags, isFailure } from "../objects/object-head.ts";
import { versionField } from "../objects/object-fields.ts";
import { fail, ok, okXml, type AtObject, type BucketOutcome, type S3Failure } from "../operation.ts";
import type { XmlElement } from "../../wire/xml-reader.ts";
import {
  childrenOf,
  childText,
  element,
  isXml,
  malformed,
  readXml,
  textElement,
  unknownChild,
  xmlDocument,
} from "../xml.ts";
import { findShown } from "../find-shown.ts";

export async function getObjectTagging(at: AtObject): Promise<BucketOutcome> {
  const object = findShown(at);
  if ("code" in object) return object;
  return okXml(xmlDocument("Tagging", tagSetElement(object.tags)), versionField(object, at.bucket));
}

export async function putObjectTagging(at: AtObject): Promise<BucketOutcome> {
  const root = await readXml(at, "Tagging");
  if (!isXml(root)) return root;
  const tags = readTagSet(root);
  if (isFailure(tags)) return tags;
  const checked = checkTags(tags);
  return isFailure(checked) ? checked : change(at, checked, 200);
}

export function deleteObjectTagging(at: AtObject): Promise<BucketOutcome> {
  return change(at, [], 204);
}

async function change(at: AtObject, tags: readonly Tag[], status: number): Promise<BucketOutcome> {
  const { service, bucket, key } = at;
  const object = findShown(at);
  if ("code" in object) return object;
  const { versionId } = object;
  const changed = await service.store.buckets.changeObject({ bucket: bucket.name, key, versionId }, { tags });
  // Gone between the look and the change.
  if (changed === undefined) return fail("NoSuchKey", { details: [["Key", key]] });
  return ok(status, versionField(changed, bucket));
}

function readTagSet(root: XmlElement): readonly Tag[] | S3Failure {
  const [set, ...more] = childrenOf(root, "TagSet");
  if (set === undefined || more.length > 0) return malformed("Tagging without one TagSet");
  const tags: Tag[] = [];
  for (const tag of set.children) {
    const Key = childText(tag, "Key");
    if (tag.name !== "Tag" || Key === undefined || unknownChild(tag, ["Key", "Value"]) !== undefined) {
      return malformed("a TagSet holds Tag with Key and Value");
    }
    tags.push({ Key, Value: childText(tag, "Value") ?? "" });
  }
  return tags;
}

function tagSetElement(tags: readonly Tag[]): string {
  const items = tags.map(({ Key, Value }) => element("Tag", textElement("Key", Key) + textElement("Value", Value)));
  return element("TagSet", items.join(""));
}
