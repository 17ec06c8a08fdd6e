// The settings of a bucket that are documents: one row each says how it is read, checked, kept and shown, and three
// operations come of it (GET, PUT, DELETE). Kept as JSON of what the document said.

import type { BucketSetting } from "../../store/buckets.ts";
import type { S3ErrorCode } from "../errors.ts";
import { fail, ok, okXml, type AtBucket, type BucketOutcome, type S3Failure } from "../operation.ts";
import { isXml, readXml, tooLong, xmlDocument } from "../xml.ts";
import { readSetting, writeSetting, type SettingDocument, type SettingShape } from "./setting-shape.ts";

export interface SettingSpec {
  readonly setting: BucketSetting;
  readonly root: string;
  readonly shape: SettingShape;
  /** What the shape cannot say. */
  readonly check?: (value: SettingDocument, at: AtBucket) => S3Failure | undefined;
  /** What is kept, and how it becomes a document again; JSON unless it says otherwise. */
  readonly kept?: {
    readonly format: (value: SettingDocument) => string;
    readonly parse: (text: string) => SettingDocument;
  };
  /** Told where nothing is set; a document where S3 has a default. */
  readonly absent: S3ErrorCode | SettingDocument;
  /** Status of a PUT that is done; 200 unless it says otherwise. */
  readonly putStatus?: number;
}

export function getSetting({ setting, root, shape, kept, absent }: SettingSpec) {
  return ({ bucket }: AtBucket): Promise<BucketOutcome> => {
    const text = bucket.settings[setting];
    const parse = kept?.parse ?? ((json: string) => JSON.parse(json) as SettingDocument);
    const value = text === undefined ? absent : parse(text);
    return Promise.resolve(
      typeof value === "string"
        ? fail(value, { details: [["BucketName", bucket.name]] })
        : okXml(xmlDocument(root, writeSetting(value, shape))),
    );
  };
}

export function putSetting({ setting, root, shape, check, kept, putStatus = 200 }: SettingSpec) {
  return async (at: AtBucket): Promise<BucketOutcome> => {
    const document = await readXml(at, root);
    if (!isXml(document)) return document;
    const value = readSetting(document, shape);
    if (isFailure(value)) return value;
    const refused = check?.(value, at);
    if (refused !== undefined) return refused;
    const text = (kept?.format ?? JSON.stringify)(value);
    const { bucketSettingBytesMax: bytesMax } = at.service.limits;
    if (Buffer.byteLength(text) > bytesMax) return tooLong(bytesMax);
    return keep(at, setting, text, putStatus);
  };
}

export function deleteSetting({ setting }: Pick<SettingSpec, "setting">) {
  return (at: AtBucket): Promise<BucketOutcome> => keep(at, setting, undefined, 204);
}

/** The answer once the setting is durable. */
export async function keep(
  { service, bucket }: AtBucket,
  setting: BucketSetting,
  value: string | undefined,
  status: number,
): Promise<BucketOutcome> {
  return (await service.store.buckets.setBucketSetting(bucket.name, setting, value))
    ? ok(status)
    : fail("NoSuchBucket", { details: [["BucketName", bucket.name]] });
}

export function isFailure(value: object): value is S3Failure {
  return "kind" in value && value.kind === "failure" && "code" in value;
}
