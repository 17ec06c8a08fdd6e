// Settings that keep content from viewers and that are not enforced yet, by where they are set: with any of them nothing is
// served. A row goes when its enforcement is built. [D-0006]

import type { CacheBehaviorSettings, DistributionConfig, Origin } from "../../model/distribution.ts";
import { readS3HostName } from "../../model/s3-host-name.ts";
import type { Protection } from "./effective-config.ts";

export function distributionProtections(config: DistributionConfig): Protection[] {
  const found: Protection[] = [];
  if (config.WebACLId !== "") found.push({ setting: "WebACLId", why: "a web ACL is associated" });
  if (config.Staging) found.push({ setting: "Staging", why: "it is a staging distribution" });
  return found;
}

export function behaviorProtections(behavior: CacheBehaviorSettings): Protection[] {
  const found: Protection[] = [];
  const listed = (setting: string, list: { readonly Quantity: number; readonly Enabled?: boolean }): void => {
    if (list.Enabled === true || list.Quantity > 0) found.push({ setting, why: `${setting} is on` });
  };
  // Functions may authorize, and field-level encryption keeps plain text from origins: both protect.
  listed("LambdaFunctionAssociations", behavior.LambdaFunctionAssociations);
  listed("FunctionAssociations", behavior.FunctionAssociations);
  if (behavior.FieldLevelEncryptionId !== "") {
    found.push({ setting: "FieldLevelEncryptionId", why: "fields must be encrypted before the origin gets them" });
  }
  return found;
}

export function originProtections(origin: Origin): Protection[] {
  const isBucket = readS3HostName(origin.DomainName)?.kind === "rest";
  if (origin.OriginAccessControlId === "" || isBucket) return [];
  const why = `${origin.DomainName} is no bucket's name, and requests are signed for buckets only`;
  return [{ setting: "OriginAccessControlId", why }];
}
