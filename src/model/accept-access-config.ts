// From what a caller sent to the config of a public key, a key group or an origin access control, or to the reason why not;
// what accept-config.ts does for distributions. Optional texts are stored as empty ones.

import type { WireDocument } from "../wire/shape.ts";
import type { AcceptContext, Accepted } from "./accept-config.ts";
import { checkOriginAccessControlConfig } from "./check/origin-access-control.ts";
import { checkKeyGroupConfig, checkPublicKeyConfig, checkSamePublicKey } from "./check/trusted-keys.ts";
import type { OriginAccessControlConfig } from "./origin-access-control.ts";
import { required, textOf, textsOf } from "./sent-value.ts";
import type { KeyGroupConfig, PublicKeyConfig } from "./trusted-keys.ts";

export function acceptPublicKeyConfig(
  sent: WireDocument,
  { stored }: AcceptContext<PublicKeyConfig>,
): Accepted<PublicKeyConfig> {
  const config = {
    CallerReference: required(textOf(sent, "CallerReference"), "CallerReference"),
    Name: required(textOf(sent, "Name"), "Name"),
    EncodedKey: required(textOf(sent, "EncodedKey"), "EncodedKey"),
    Comment: textOf(sent, "Comment") ?? "",
  };
  const failure = (stored && checkSamePublicKey(config, stored)) ?? checkPublicKeyConfig(config);
  return failure ?? { kind: "ok", config };
}

/** Left to the store: whether the keys exist. */
export function acceptKeyGroupConfig(
  sent: WireDocument,
  { limits }: AcceptContext<KeyGroupConfig>,
): Accepted<KeyGroupConfig> {
  const config = {
    Name: required(textOf(sent, "Name"), "Name"),
    // Unlike other lists, this one has no structure around it.
    Items: textsOf({ KeyGroup: sent }, "KeyGroup"),
    Comment: textOf(sent, "Comment") ?? "",
  };
  return checkKeyGroupConfig(config, limits) ?? { kind: "ok", config };
}

export function acceptOriginAccessControlConfig(sent: WireDocument): Accepted<OriginAccessControlConfig> {
  const text = (member: keyof OriginAccessControlConfig): string => required(textOf(sent, member), member);
  const config = {
    Name: text("Name"),
    Description: textOf(sent, "Description") ?? "",
    SigningProtocol: text("SigningProtocol"),
    SigningBehavior: text("SigningBehavior"),
    OriginAccessControlOriginType: text("OriginAccessControlOriginType"),
  } as OriginAccessControlConfig;
  return checkOriginAccessControlConfig(config) ?? { kind: "ok", config };
}
