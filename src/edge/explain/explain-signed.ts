// Why a signed URL or signed cookies were refused, for those whose distribution it is: viewers get one word. Each check that was
// passed is told, then the one that failed, and what the signature was made for instead, where that can be found out.

import { isRefusal, type Authorized, type Refusal, type Routed } from "../exchange.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { AccessPolicy } from "../../model/access-policy.ts";
import { verifyPolicy, type SigningHash } from "../../model/viewer-signature.ts";
import type { Signers, TrustedKey } from "../config/trusted-keys.ts";
import { authorizeSigned, signedTexts, type Admitted } from "../viewer-request/signed/authorize-signed.ts";
import { compileResource } from "../viewer-request/signed/match-resource.ts";
import { readSigned, type SignedValues } from "../viewer-request/signed/read-signed.ts";
import {
  hasFailed,
  readKeyId,
  readPolicy,
  readSignature,
  type SignatureRead,
  type StatedPolicy,
} from "../viewer-request/signed/signed-statement.ts";
import { signedUrl, type SignedUrl } from "../viewer-request/signed/signed-url.ts";
import type { Add } from "./explanation.ts";
import { variantsOf } from "./signed-variants.ts";

const SOURCE = "[CFDG private-content-signed-urls]";
const STAGE = "signed-viewer";

/**
 * Nothing where nobody has to sign, and where the method was refused before. Answers what is known of a refusal beyond its own words:
 * what was signed in the place of this, by which key, or how the key is not one.
 */
export function explainSigned(
  routed: Routed,
  outcome: Authorized | Refusal,
  edge: EdgeParts,
  add: Add,
): string | undefined {
  const { signers } = routed.behavior;
  if (signers === undefined) return undefined;
  if (isRefusal(outcome)) {
    return outcome.reason.startsWith("signed-") ? explainRefused(routed, signers, outcome, edge, add) : undefined;
  }
  const admitted = authorizeSigned(routed.request, signers, routed.now, edge.signing);
  if (!isRefusal(admitted)) explainAdmitted(admitted, routed, add);
  return undefined;
}

/** What let the viewer in. */
function explainAdmitted({ proof, query }: Admitted, { request }: Routed, add: Add): void {
  const { key, stated } = proof;
  add(STAGE, `signed by ${key.id}`, `${describeKey(key)}, and is trusted here; the signature is good`, SOURCE);
  const policy = stated.kind === "canned" ? canned(stated.expires) : stated.policy;
  add(STAGE, `${stated.kind} policy holds`, describePolicy(policy), SOURCE);
  if (query !== request.query)
    add(STAGE, `query is ${query ?? "(none)"}`, "without the parameters of the signature", SOURCE);
}

/** Everything up to the check that refused it; the refusal itself is the caller's to tell. */
function explainRefused(
  routed: Routed,
  signers: Signers,
  refused: Refusal,
  edge: EdgeParts,
  add: Add,
): string | undefined {
  const { request } = routed;
  const { keys } = edge.signing;
  const values = readSigned(request);
  if (values === undefined) {
    const near = [...(request.field("cookie") ?? "").matchAll(/(?:^|; *)(cloudfront-[\w-]+)=/gi)].map(
      ([, name]) => name,
    );
    if (near.length > 0) add(STAGE, "cookies are not those", `there is ${near.join(", ")}: case counts`, SOURCE);
    tellTrusted(signers, edge, add);
    return near.length > 0 ? `there is ${near.join(", ")}, but case counts` : undefined;
  }
  add(STAGE, `by ${values.by}`, whatIsThere(values), "[CFDG private-content-choosing-signed-urls-cookies]");
  const keyId = readKeyId(values);
  if (typeof keyId !== "string") {
    tellTrusted(signers, edge, add);
    return undefined;
  }
  const key = keys.find(signers, keyId);
  if (key === undefined) {
    const known = keys.ofAccount(routed.distribution.account).find(({ id }) => id === keyId);
    const why =
      known === undefined
        ? `the account has no key ${keyId}`
        : `${describeKey(known)}, and is inactive or of nobody whom the behavior trusts`;
    add(STAGE, `unknown key ${keyId}`, why, "[CFDG private-content-trusted-signers]");
    tellTrusted(signers, edge, add);
    return why;
  }
  add(STAGE, `key ${key.id}`, `${describeKey(key)}, and is trusted here`, "[CFDG private-content-trusted-signers]");
  const signature = readSignature(values);
  const stated = readPolicy(values);
  if (hasFailed(signature) || hasFailed(stated)) return undefined;
  const url = signedUrl(request, values.ownQuery);
  const isGood = signedTexts(stated, url).some((text) =>
    verifyPolicy(text, signature.bytes, key.publicKey, signature.hash),
  );
  if (!isGood) return explainSignature({ routed, signers, key, signature, stated, url }, edge, add);
  add(STAGE, "signature is good", `of the ${stated.kind} policy, with ${signature.hash}`, SOURCE);
  if (stated.kind === "custom") {
    add(STAGE, "custom policy", describePolicy(stated.policy), SOURCE);
    const section = differingSection(stated.policy.resource, key.kind, url);
    if (section !== undefined && refused.why.startsWith("Resource")) {
      add(STAGE, "Resource differs", section, SOURCE);
      return section;
    }
  }
  return undefined;
}

interface BadSignature {
  readonly routed: Routed;
  readonly signers: Signers;
  readonly key: TrustedKey;
  readonly signature: SignatureRead;
  readonly stated: StatedPolicy;
  readonly url: SignedUrl;
}

const HASHES: readonly SigningHash[] = ["SHA1", "SHA256"];

/** Another hash, another key, another text: the first that fits is told. */
function explainSignature(bad: BadSignature, edge: EdgeParts, add: Add): string {
  const { routed, signers, key, signature, stated, url } = bad;
  const { distribution } = routed;
  const isBy = (text: Uint8Array, by: TrustedKey): SigningHash | undefined =>
    HASHES.find((hash) => verifyPolicy(text, signature.bytes, by.publicKey, hash));
  const texts = signedTexts(stated, url);
  const others = [...edge.signing.keys.list(signers), ...edge.signing.keys.ofAccount(distribution.account)];
  for (const by of new Set([key, ...others])) {
    const hash = texts.map((text) => isBy(text, by)).find((found) => found !== undefined);
    if (hash === undefined) continue;
    const what = by === key ? `it is one with ${hash}` : `it is one by ${by.id}, with ${hash}`;
    const wrong = by === key ? "Hash-Algorithm does not say so" : `Key-Pair-Id says ${key.id}`;
    add(STAGE, "signature is another's", `${what}; ${wrong}`, SOURCE);
    return `${what}; ${wrong}`;
  }
  const { label, aliases, defaultRootObject } = distribution;
  // Who signed for HTTPS wrote the port of that.
  const overHttps = `${url.host.toLowerCase().replace(/:\d*$/, "")}:${edge.publicHttpsPort}`;
  const hosts = [...aliases, `${label}.${edge.domainSuffix}`, `${label}.cloudfront.net`, ...url.hosts, overHttps];
  for (const { text, what } of variantsOf(stated, url, { hosts, defaultRootObject })) {
    if (isBy(Buffer.from(text), key) === undefined) continue;
    add(STAGE, "signed for something else", what, SOURCE);
    return what;
  }
  const [text = Buffer.alloc(0)] = texts;
  const why =
    stated.kind === "canned"
      ? `no likely form of the URL was signed by ${key.id}; the text to sign is ${text.toString("utf8")}`
      : `the policy was not signed as it stands here by ${key.id}: it, the signature or the private key is another`;
  add(STAGE, "signature does not fit", why, SOURCE);
  return why;
}

function tellTrusted(signers: Signers, { signing }: EdgeParts, add: Add): void {
  const trusted = signing.keys.list(signers).map(({ id }) => id);
  const whom = [...signers.accounts]
    .map((account) => `account ${account}`)
    .concat(signers.groups.map((id) => `key group ${id}`));
  add(
    STAGE,
    `trusted here: ${trusted.join(", ") || "no key"}`,
    `the behavior trusts ${whom.join(", ")}`,
    "[CFDG private-content-trusted-signers]",
  );
}

function describeKey({ id, kind, account }: TrustedKey): string {
  return kind === "key-pair" ? `${id} is a key pair of account ${account}` : `${id} is a public key`;
}

function whatIsThere({ by, values }: SignedValues): string {
  const names = [...values.keys()].map((name) => (by === "URL" ? name : `CloudFront-${name}`));
  return by === "URL" ? `it has ${names.join(", ")}; cookies are not looked at` : `there is ${names.join(", ")}`;
}

function canned(expires: number): AccessPolicy {
  return { resource: "this URL", lessThan: expires, greaterThan: undefined, addresses: undefined };
}

function describePolicy({ resource, lessThan, greaterThan, addresses }: AccessPolicy): string {
  const from = greaterThan === undefined ? "" : `from ${instant(greaterThan)} `;
  const where = addresses === undefined ? "" : ` for ${addresses.text}`;
  return `${resource ?? "any URL"} ${from}until ${instant(lessThan)}${where}`;
}

function instant(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().replace(".000", "");
}

/** Each section of the URL held against that of the Resource alone. Of 2016's rules too: where they part is the same. */
function differingSection(resource: string | undefined, kind: TrustedKey["kind"], url: SignedUrl): string | undefined {
  const [, scheme = "*", domain = "", path = "", , query] =
    /^(?:([^/]*):\/\/)?([^/]*)(\/.*?)?((?:\\)\?(.*))?$/s.exec(resource ?? "") ?? [];
  const host = url.host;
  const asked = `${url.path}${url.query === undefined ? "" : `?${url.query}`}`;
  if (!/^(?:https?|wss?|http\*|\*)$/.test(scheme))
    return `a Resource begins with http://, https:// or *, not ${scheme}`;
  if (!compileResource(`${scheme}://*`, "public-key")(url))
    return `scheme: Resource has ${scheme}, the viewer asks over ${url.scheme}`;
  if (!compileResource(`*://${domain}/*`, "public-key")(url))
    return `domain: Resource has ${domain}, the viewer asks at ${host}`;
  const parted = query === undefined && path.includes("?") ? path.slice(0, path.indexOf("?")) : path;
  const pathAlone = { ...url, query: undefined };
  if (!compileResource(`*://*${path}`, kind)(pathAlone) && !compileResource(`*://*${parted}`, kind)(pathAlone)) {
    return `path: Resource has ${path || "none"}, the viewer asks for ${url.path}`;
  }
  return `query: Resource has ${query ?? (path.slice(parted.length + 1) || "none")} there, the viewer asks for ${asked}`;
}
