// Names of things as branded strings, so that no id can stand in another's place, and the only
// functions that turn untrusted text into one. Shapes: what the real service hands out (docs/sources.md).

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** `E` and 13 upper-case letters and digits. */
export type DistributionId = Branded<string, "DistributionId">;
export type StreamingDistributionId = Branded<string, "StreamingDistributionId">;
export type OriginAccessIdentityId = Branded<string, "OriginAccessIdentityId">;
/** `E` and 13 upper-case letters and digits. */
export type OriginAccessControlId = Branded<string, "OriginAccessControlId">;
/** `K` and 13 upper-case letters and digits. */
export type PublicKeyId = Branded<string, "PublicKeyId">;
/** A UUID in lower case. */
export type KeyGroupId = Branded<string, "KeyGroupId">;
/** `APKA` and 16 upper-case letters and digits: a key pair of an account that is a trusted signer. */
export type KeyPairId = Branded<string, "KeyPairId">;
/** `ASCA` and 17 upper-case letters and digits of IAM's, a UUID in lower case of ACM's. */
export type ServerCertificateId = Branded<string, "ServerCertificateId">;
/** `I` and 13 upper-case letters and digits. */
export type InvalidationId = Branded<string, "InvalidationId">;
/** Twelve decimal digits. */
export type AccountId = Branded<string, "AccountId">;
/** 4 to 128 word characters; ours start with `AKIA` (lasting) or `ASIA` (of a session). */
export type AccessKeyId = Branded<string, "AccessKeyId">;

/** Whatever names a resource: an id of one of the kinds below, none of which can be taken for one of another kind. */
export type ResourceId =
  | DistributionId
  | StreamingDistributionId
  | OriginAccessIdentityId
  | OriginAccessControlId
  | PublicKeyId
  | KeyGroupId
  | KeyPairId
  | ServerCertificateId;

/** How many times a resource was written: 1 when created. Shown to callers as `ETag` (see revision.ts). */
export type Revision = Branded<number, "Revision">;
/** Position in the one ordered feed of changes that edges follow. 0 is before the first. */
export type FeedNumber = Branded<number, "FeedNumber">;
/** The place of an edge process. One that is started again takes it over, with what its predecessor had acknowledged. */
export type EdgeId = Branded<string, "EdgeId">;

/** Random bytes, `count` of them. Passed in so that tests are repeatable. */
export type RandomBytes = (count: number) => Uint8Array;

const UPPER = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

function randomText(alphabet: string, length: number, random: RandomBytes): string {
  let text = "";
  // Bytes from 252 up would favor the first letters of a 36-letter alphabet: draw again.
  const fair = 256 - (256 % alphabet.length);
  while (text.length < length) {
    for (const byte of random(length * 2)) {
      if (byte < fair && text.length < length) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}

/**
 * A new id for a distribution, streaming distribution, identity or access control (`E`), or a public key (`K`): 36^13
 * values, so a collision is not expected.
 */
export function newResourceId(random: RandomBytes, prefix: "E" | "K" = "E"): string {
  return prefix + randomText(UPPER, 13, random);
}

/** A random UUID (version 4) in lower case. */
export function newUuid(random: RandomBytes): string {
  const bytes = random(16);
  const hex = Array.from(bytes, (byte, at) => {
    const value = at === 6 ? (byte & 0x0f) | 0x40 : at === 8 ? (byte & 0x3f) | 0x80 : byte;
    return value.toString(16).padStart(2, "0");
  }).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export function newKeyPairId(random: RandomBytes): KeyPairId {
  return ("APKA" + randomText(UPPER, 16, random)) as KeyPairId;
}

/** `ASCA` and 17 upper-case letters and digits, as IAM gives them; ACM's are UUIDs. */
export function newIamCertificateId(random: RandomBytes): ServerCertificateId {
  return ("ASCA" + randomText(UPPER, 17, random)) as ServerCertificateId;
}

export function newInvalidationId(random: RandomBytes): InvalidationId {
  return ("I" + randomText(UPPER, 13, random)) as InvalidationId;
}

/** The first label of a distribution's own host name: `d…` for the web, `s…` for streaming. */
export function newDomainLabel(prefix: "d" | "s", random: RandomBytes): string {
  return prefix + randomText(UPPER.toLowerCase(), 13, random);
}

/** 64 lower-case hexadecimal digits, as bucket policies and ACLs name an identity. */
export function newCanonicalUserId(random: RandomBytes): string {
  return Array.from(random(32), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** `prefix` (AKIA or ASIA) and 16 upper-case letters and digits. */
export function newAccessKeyId(prefix: "AKIA" | "ASIA", random: RandomBytes): AccessKeyId {
  return (prefix + randomText(UPPER, 16, random)) as AccessKeyId;
}

/** 40 characters of base64's alphabet, like the secrets that clients are used to. */
export function newSecret(random: RandomBytes): string {
  return randomText(UPPER + UPPER.slice(10).toLowerCase() + "+/", 40, random);
}

/** Reads an untrusted path segment or marker. `undefined` means it cannot name a resource of ours. */
export function parseResourceId(text: string): ResourceId | undefined {
  return /^(?:[AEK][0-9A-Z]{1,31}|[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12})$/.test(text)
    ? (text as ResourceId)
    : undefined;
}

export function parseInvalidationId(text: string): InvalidationId | undefined {
  return /^I[0-9A-Z]{1,63}$/.test(text) ? (text as InvalidationId) : undefined;
}

export function parseAccountId(text: string): AccountId | undefined {
  return /^\d{12}$/.test(text) ? (text as AccountId) : undefined;
}
