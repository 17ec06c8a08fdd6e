// Public keys and the groups that behaviors trust. Whether a group's keys exist is the store's to say. Names are checked as
// leniently as lists and log lines allow, for the real service's own rules are not published but for public keys.
// [CFMODEL PublicKeyConfig], [CFMODEL KeyGroupConfig], [CFDG private-content-trusted-signers]

import { parseResourceId } from "../../vocabulary/ids.ts";
import type { Limits } from "../../vocabulary/limits.ts";
import { fail, type ApiFailure } from "../errors.ts";
import { readPublicKey } from "../public-key-pem.ts";
import { quoted } from "../sent-value.ts";
import type { KeyGroupConfig, PublicKeyConfig } from "../trusted-keys.ts";
import { checkCallerReference, checkComment, duplicateOf, findDuplicate, lengthOf } from "./text.ts";

const NAME_MAX = 128;

export function checkPublicKeyConfig(config: PublicKeyConfig): ApiFailure | undefined {
  return (
    checkCallerReference(config.CallerReference) ??
    (/^[0-9A-Za-z_-]{1,128}$/.test(config.Name)
      ? undefined
      : fail(
          "InvalidArgument",
          `The parameter Name is ${quoted(config.Name)}: it must have 1 to ${NAME_MAX} letters, digits, hyphens and underscores.`,
        )) ??
    checkEncodedKey(config.EncodedKey) ??
    checkComment(config.Comment)
  );
}

/** Keys of other sizes and kinds could never verify a signature that viewers may use. */
function checkEncodedKey(pem: string): ApiFailure | undefined {
  const facts = readPublicKey(pem);
  if (facts !== undefined && (facts.algorithm !== "RSA" || facts.bits === 2048)) return undefined;
  const found = facts === undefined ? "no such key could be read" : `found one of RSA with ${facts.bits} bits`;
  return fail(
    "InvalidArgument",
    `The parameter EncodedKey must be a public key in PEM (-----BEGIN PUBLIC KEY-----), of RSA with 2048 bits or ECDSA on the curve P-256; ${found}.`,
  );
}

/** All but the comment was fixed when the key was created. */
export function checkSamePublicKey(sent: PublicKeyConfig, stored: PublicKeyConfig): ApiFailure | undefined {
  if (sent.CallerReference !== stored.CallerReference) {
    return fail("IllegalUpdate", "You cannot update the CallerReference of a public key.");
  }
  const isSame = sent.Name === stored.Name && sent.EncodedKey === stored.EncodedKey;
  return isSame ? undefined : fail("CannotChangeImmutablePublicKeyFields");
}

export function checkKeyGroupConfig(config: KeyGroupConfig, limits: Limits): ApiFailure | undefined {
  const { Name, Items, Comment } = config;
  const max = limits.publicKeysPerKeyGroupMax;
  if (lengthOf(Name) < 1 || lengthOf(Name) > NAME_MAX || /[\p{Cc}]/u.test(Name)) {
    return fail("InvalidArgument", `The parameter Name must have 1 to ${NAME_MAX} printable characters.`);
  }
  if (Items.length === 0) {
    return fail("InvalidArgument", "The parameter Items is required: a key group has at least one public key.");
  }
  if (Items.length > max) {
    return fail(
      "TooManyPublicKeysInKeyGroup",
      `The key group has ${Items.length} public keys; at most ${max} are allowed.`,
    );
  }
  const twice = findDuplicate(Items);
  if (twice !== undefined) return duplicateOf("Items", twice);
  const unfit = Items.find((id) => parseResourceId(id) === undefined);
  return unfit === undefined ? checkComment(Comment) : absentPublicKey(unfit);
}

/** No code of the published lists says it: creating and updating a key group answer InvalidArgument. */
export function absentPublicKey(id: string): ApiFailure {
  return fail(
    "InvalidArgument",
    `The parameter Items has ${quoted(id)}, which is not the id of a public key of yours.`,
  );
}
