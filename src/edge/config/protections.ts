// Settings that keep content from viewers and that are not enforced yet, by where they are set: with any of them nothing is
// served. A row goes when its enforcement is built. [D-0006]

import type { CacheBehaviorSettings, DistributionConfig, Origin } from "../../model/distribution.ts";
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
  listed("TrustedSigners", behavior.TrustedSigners);
  listed("TrustedKeyGroups", behavior.TrustedKeyGroups);
  // Functions may authorize, and field-level encryption keeps plain text from origins: both protect.
  listed("LambdaFunctionAssociations", behavior.LambdaFunctionAssociations);
  listed("FunctionAssociations", behavior.FunctionAssociations);
  if (behavior.FieldLevelEncryptionId !== "") {
    found.push({ setting: "FieldLevelEncryptionId", why: "fields must be encrypted before the origin gets them" });
  }
  return found;
}

export function originProtections(origin: Origin): Protection[] {
  const found: Protection[] = [];
  if (origin.S3OriginConfig !== undefined) {
    const { OriginAccessIdentity } = origin.S3OriginConfig;
    found.push({
      setting: "S3OriginConfig",
      why:
        OriginAccessIdentity === "" ? "buckets are not served yet" : "requests as an access identity are not made yet",
    });
  }
  if (origin.OriginAccessControlId !== "")
    found.push({ setting: "OriginAccessControlId", why: "requests are not signed yet" });
  return found;
}
