// Signatures that were verified, so that a hot URL pays for it once. What is remembered is found by the whole text of what was
// verified, not by a digest of it, and holds for one state of the key only: neither a collision nor a changed key can let
// anybody in. Good and bad ones are apart: a flood of bad signatures pushes out bad ones only.

import type { Limits } from "../../../vocabulary/limits.ts";
import type { TrustedKey } from "../../config/trusted-keys.ts";
import type { ResourcePattern } from "./match-resource.ts";
import type { SignedUrl } from "./signed-url.ts";
import type { StatedPolicy } from "./signed-statement.ts";

/** A good signature: what it is of, and by which key. */
export interface Proof {
  readonly key: TrustedKey;
  readonly stated: StatedPolicy;
  /** What the viewer's query is without the signature; that of cookies is the viewer's whole. */
  readonly ownQuery: string | undefined;
  /** Of a canned policy: this URL is what was signed, and no other. */
  readonly url: SignedUrl;
  /** Of a custom policy. */
  readonly covers: ResourcePattern;
}

export interface ProvenSignatures {
  /** By all that the request carries of a signature, so that nobody is let in by another's. */
  find(carried: string): Proof | undefined;
  remember(carried: string, proof: Proof): void;
  isKnownBad(key: TrustedKey, attempt: string): boolean;
  rememberBad(key: TrustedKey, attempt: string): void;
  /** Since it was opened: how often a key was asked. */
  readonly verified: { good: number; bad: number };
}

export function openProvenSignatures({
  provenSignatureBytesMax,
  refusedSignatureBytesMax,
}: Pick<Limits, "provenSignatureBytesMax" | "refusedSignatureBytesMax">): ProvenSignatures {
  const good = openBounded<Proof>(provenSignatureBytesMax);
  const bad = openBounded<TrustedKey>(refusedSignatureBytesMax);
  return {
    find: (carried) => good.find(carried),
    remember: (carried, proof) => good.put(carried, proof),
    isKnownBad: (key, attempt) => bad.find(attempt) === key,
    rememberBad: (key, attempt) => bad.put(attempt, key),
    verified: { good: 0, bad: 0 },
  };
}

/** Rough: what an entry takes beside its text, and the policy and signature in it once they are decoded. */
const ENTRY_BYTES = 1000;

/** Two generations: what is not asked for while one fills up is forgotten with the next. */
function openBounded<V>(bytesMax: number): {
  find(text: string): V | undefined;
  put(text: string, value: V): void;
} {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  let bytes = 0;
  const put = (text: string, value: V): void => {
    const size = 3 * text.length + ENTRY_BYTES;
    if (size > bytesMax / 2) return;
    if (bytes + size > bytesMax / 2) {
      old = young;
      young = new Map();
      bytes = 0;
    }
    bytes += size;
    young.set(text, value);
  };
  return {
    put,
    find(text) {
      const found = young.get(text);
      if (found !== undefined) return found;
      const older = old.get(text);
      if (older !== undefined) {
        old.delete(text);
        put(text, older);
      }
      return older;
    },
  };
}
