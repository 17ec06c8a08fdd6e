// Signers of viewers' URLs and cookies for tests: keys made here, an edge that knows of them, and signatures by the same
// functions that `warmfront sign` uses. What others' signers make is in signed-vectors.test.ts.

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { cannedPolicyText, customPolicyText, type PolicyDraft } from "../../src/model/access-policy.ts";
import {
  formatSignedCookies,
  formatSignedUrl,
  signPolicy,
  type SignedPolicy,
  type SigningHash,
} from "../../src/model/viewer-signature.ts";
import type { AccountId, ResourceId } from "../../src/vocabulary/ids.ts";
import {
  list,
  openWorld,
  type Ask,
  type DistributionDraft,
  type World,
  type WorldSettings,
} from "../scenarios/harness.ts";

export interface TestKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  /** Of the public key. */
  readonly pem: string;
}

export function newRsaKey(id: string, modulusLength = 2048): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength });
  return { id, privateKey, pem: publicKey.export({ type: "spki", format: "pem" }) };
}

export function newEcKey(id: string, namedCurve = "P-256"): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve });
  return { id, privateKey, pem: publicKey.export({ type: "spki", format: "pem" }) };
}

export const OWNER = "000000000000";
export const PARTNER = "111111111111";

/** Those of the owner's account and of a partner's, and two in key groups; each under its id at the edge. */
export const KEYS = {
  pair: newRsaKey("APKAOWNER0000000000A"),
  secondPair: newRsaKey("APKAOWNER0000000000B"),
  partner: newRsaKey("APKAPARTNER00000000A", 1024),
  rsa: newRsaKey("KRSA0000000000"),
  ec: newEcKey("KEC00000000000"),
  /** In a group that nobody trusts. */
  stranger: newRsaKey("KSTRANGER00000"),
} as const;

export const HOST = "d1.cloudfront.localhost";

/** One path for each way to trust: `/` accounts, `/groups/` key groups, `/both/` both, `/open/` nobody has to sign. */
export const SIGNED_DRAFT: DistributionDraft = {
  account: OWNER,
  config: { Aliases: list("media.example.com") },
  behavior: {
    TrustedSigners: { Enabled: true, ...list("self", PARTNER) },
    ForwardedValues: { QueryString: true, Cookies: { Forward: "all" } },
  },
  behaviors: [
    {
      PathPattern: "groups/*",
      TrustedKeyGroups: { Enabled: true, ...list("group-1", "group-2") },
      ForwardedValues: { QueryString: true },
    },
    {
      PathPattern: "both/*",
      TrustedSigners: { Enabled: true, ...list("self") },
      TrustedKeyGroups: { Enabled: true, ...list("group-1") },
    },
    { PathPattern: "open/*", ForwardedValues: { QueryString: true, Cookies: { Forward: "all" } } },
  ],
};

export function putKeyPair(world: World, key: TestKey, account: string, isActive = true): void {
  const pair = { id: key.id as ResourceId, account: account as AccountId, pem: key.pem, isActive };
  world.apply((number) => ({ kind: "key-pair", number, pair }));
}

export function putPublicKey(world: World, key: TestKey, account = OWNER): void {
  const published = { id: key.id as ResourceId, account: account as AccountId, pem: key.pem };
  world.apply((number) => ({ kind: "public-key", number, key: published }));
}

export function putKeyGroup(world: World, id: string, keys: readonly TestKey[]): void {
  const group = { id: id as ResourceId, account: OWNER as AccountId, keys: keys.map((key) => key.id as ResourceId) };
  world.apply((number) => ({ kind: "key-group", number, group }));
}

export function removeKey(world: World, id: string): void {
  world.apply((number) => ({ kind: "removed", number, id: id as ResourceId }));
}

export async function openSignedWorld(
  draft: DistributionDraft = SIGNED_DRAFT,
  settings: WorldSettings = {},
): Promise<World> {
  const world = await openWorld(draft, settings);
  putKeyPair(world, KEYS.pair, OWNER);
  putKeyPair(world, KEYS.secondPair, OWNER, false);
  putKeyPair(world, KEYS.partner, PARTNER);
  for (const key of [KEYS.rsa, KEYS.ec, KEYS.stranger]) putPublicKey(world, key);
  putKeyGroup(world, "group-1", [KEYS.rsa]);
  putKeyGroup(world, "group-2", [KEYS.ec]);
  putKeyGroup(world, "group-3", [KEYS.stranger]);
  return world;
}

/** When worlds stand still unless they are moved: 2026-11-20T12:00:00Z, in seconds. */
export const NOON = Date.UTC(2026, 10, 20, 12, 0, 0) / 1000;

export interface Signing {
  readonly key?: TestKey;
  readonly hash?: SigningHash;
  /** A canned policy, unless `policy` is given; an hour from noon unless given. */
  readonly expires?: number;
  /** A draft, or the text as it is. */
  readonly policy?: Partial<PolicyDraft> | string;
}

export function makePolicy(
  url: string,
  { key = KEYS.pair, hash = "SHA1", expires = NOON + 3600, policy }: Signing,
): SignedPolicy {
  if (policy === undefined) {
    const signature = signPolicy(cannedPolicyText(url, expires), key.privateKey, hash);
    return { stated: { kind: "canned", expires }, signature, keyId: key.id, hash };
  }
  const text = typeof policy === "string" ? policy : customPolicyText({ resource: url, expires, ...policy });
  return {
    stated: { kind: "custom", text },
    signature: signPolicy(text, key.privateKey, hash),
    keyId: key.id,
    hash,
  };
}

/** `target` at the distribution's own name over HTTP, or a URL; the same with its parameters. */
export function signUrl(url: string, signing: Signing = {}): string {
  const whole = urlOf(url);
  return formatSignedUrl(whole, makePolicy(whole, signing));
}

/** Value of a Cookie field. */
export function signCookies(url: string, signing: Signing = {}): string {
  return formatSignedCookies(makePolicy(urlOf(url), signing)).join("; ");
}

function urlOf(url: string): string {
  return url.startsWith("/") ? `http://${HOST}${url}` : url;
}

/** The request that a viewer of the URL makes. */
export function askFor(url: string, more: Partial<Ask> = {}): Ask {
  const [, scheme = "", host = "", target = ""] = /^(https?):\/\/([^/?]*)(.*)$/.exec(urlOf(url)) ?? [];
  const path = target.startsWith("/") ? target : `/${target}`;
  return { scheme: scheme as "http" | "https", host, target: path, ...more };
}

/** The code of a refusal; the status and the start of the body of anything else. */
export function codeOf({ status, body }: { readonly status: number; readonly body: string }): string {
  const [, code] = /^<\?xml version="1.0" encoding="UTF-8"\?><Error><Code>(\w+)<\/Code>/.exec(body) ?? [];
  return status === 403 && code !== undefined ? code : `${status} ${body.slice(0, 40)}`;
}
