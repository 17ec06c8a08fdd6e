// GET of a bucket with `location` [S3API GetBucketLocation]: empty for the first region, which had no name then.

import { okXml, type AtBucket, type BucketOutcome } from "../operation.ts";
import { escapeText } from "../../wire/xml-writer.ts";
import { xmlDocument } from "../xml.ts";

export function getBucketLocation({ bucket }: AtBucket): Promise<BucketOutcome> {
  const constraint = bucket.region === "us-east-1" ? "" : escapeText(bucket.region);
  return Promise.resolve(okXml(xmlDocument("LocationConstraint", constraint)));
}
