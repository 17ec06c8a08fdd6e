// `sign`: makes signed URLs and signed cookies, as an application would for its viewers. Works offline, with a private key in a
// file; the public one is registered with `key-pairs` or as a PublicKey in a key group.

import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { compileResource } from "../edge/viewer-request/signed/match-resource.ts";
import {
  cannedPolicyText,
  customPolicyText,
  parseAccessPolicy,
  parseEpoch,
  whyNoEpoch,
} from "../model/access-policy.ts";
import {
  formatSignedCookies,
  formatSignedUrl,
  isSigningKey,
  SIGNED_PARAMETERS,
  signPolicy,
  type SignedPolicy,
  type SigningHash,
} from "../model/viewer-signature.ts";
import { parseIpv4Range } from "../vocabulary/ipv4-range.ts";
import { systemClock, type EpochMs } from "../vocabulary/time.ts";
import type { Arguments } from "./arguments.ts";
import { refuse } from "./refuse.ts";

/** What is wrong with a command line, in words for who wrote it; or with a file that it names. */
export class Unfit extends Error {
  readonly status: 1 | 2;

  constructor(message: string, status: 1 | 2 = 2) {
    super(message);
    this.status = status;
  }
}

export function sign(given: Arguments): Promise<number> {
  try {
    const lines = signAsAsked(given, systemClock.now());
    for (const line of lines.out) process.stdout.write(`${line}\n`);
    for (const line of lines.err) process.stderr.write(`warmfront: ${line}\n`);
    return Promise.resolve(0);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    return Promise.resolve(refuse(error.message, error.status));
  }
}

/** Lines for the two outputs; throws `Unfit`. */
export function signAsAsked(
  given: Arguments,
  now: EpochMs,
): { readonly out: readonly string[]; readonly err: readonly string[] } {
  const flag = (name: string): string | undefined => given.flags.get(name)?.at(-1);
  const url = readUrl(given.operands);
  const keyId = flag("--key-id") ?? "";
  if (!/^[A-Za-z0-9]{1,64}$/.test(keyId))
    throw new Unfit("sign needs --key-id: APKA… of a key pair, or K… of a public key");
  const privateKey = readPrivateKey(flag("--private-key"));
  const hash = readHash(flag("--hash"));
  const stated = readStated(url, flag, now);
  const text = stated.kind === "canned" ? cannedPolicyText(url, stated.expires) : stated.text;
  const signed: SignedPolicy = { stated, signature: signPolicy(text, privateKey, hash), keyId, hash };
  const err = whyUseless(text, url, keyId, now);
  if (!given.flags.has("--cookies")) return { out: [formatSignedUrl(url, signed)], err };
  return { out: [`Cookie: ${formatSignedCookies(signed).join("; ")}`], err };
}

/** As a viewer will ask for it: what a browser would change has to be changed before it is signed. */
function readUrl(operands: readonly string[]): string {
  const [asked = ""] = operands;
  const [, base = "", target = ""] = /^((?:https?|wss?):\/\/[^/?#@\s]+)([^#\s]*)$/.exec(asked) ?? [];
  if (operands.length !== 1 || base === "") {
    throw new Unfit(
      `sign takes one URL with http:// or https:// (or ws://, wss://), found ${JSON.stringify(operands.join(" "))}`,
    );
  }
  if (!/^[!-~]*$/.test(asked))
    throw new Unfit("the URL has characters that viewers send escaped: sign it with its escapes");
  const names: readonly string[] = SIGNED_PARAMETERS;
  const query = target.split("?").slice(1).join("?");
  const taken = query.split("&").find((piece) => names.includes(piece.split("=")[0] ?? ""));
  if (taken !== undefined)
    throw new Unfit(`the URL has ${taken.split("=")[0]} already, which is a parameter of the signature`);
  return `${base}${target.startsWith("/") ? "" : "/"}${target}`;
}

function readPrivateKey(path: string | undefined): KeyObject {
  if (path === undefined) throw new Unfit("sign needs --private-key with a file in PEM");
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(path));
  } catch (error) {
    if ("syscall" in (error as Error)) throw new Unfit(`cannot read the private key: ${(error as Error).message}`, 1);
    throw new Unfit(`${path} is not a private key in PEM without passphrase: ${(error as Error).message}`, 1);
  }
  if (!isSigningKey(key))
    throw new Unfit(`${path} is a ${key.asymmetricKeyType} key: URLs are signed with RSA or ECDSA P-256`);
  return key;
}

function readHash(name = "sha1"): SigningHash {
  if (name.toLowerCase() === "sha1") return "SHA1";
  if (name.toLowerCase() === "sha256") return "SHA256";
  throw new Unfit(`--hash is sha1 or sha256, not ${JSON.stringify(name)}`);
}

/** A canned policy where the end is all that is said. */
function readStated(url: string, flag: (name: string) => string | undefined, now: EpochMs): SignedPolicy["stated"] {
  const file = flag("--policy");
  const others = ["--expires", "--not-before", "--ip", "--resource"].filter((name) => flag(name) !== undefined);
  if (file !== undefined) {
    if (others.length > 0) throw new Unfit(`--policy says it all: ${others.join(", ")} cannot be given beside it`);
    return { kind: "custom", text: readPolicyFile(file) };
  }
  const expires = readInstant(flag("--expires"), "--expires", now);
  if (others.length === 1) return { kind: "canned", expires };
  const notBefore = flag("--not-before");
  const ipAddress = flag("--ip");
  if (ipAddress !== undefined && parseIpv4Range(ipAddress) === undefined) {
    throw new Unfit(`--ip is an IPv4 address or range, like 192.0.2.0/24, not ${JSON.stringify(ipAddress)}`);
  }
  const text = customPolicyText({
    resource: flag("--resource") ?? url,
    expires,
    notBefore: notBefore === undefined ? undefined : readInstant(notBefore, "--not-before", now),
    ipAddress: ipAddress === undefined || ipAddress.includes("/") ? ipAddress : `${ipAddress}/32`,
  });
  return { kind: "custom", text };
}

/** The text is signed as it stands in the file, but for white space around it. */
function readPolicyFile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new Unfit(`cannot read the policy: ${(error as Error).message}`, 1);
  }
  const read = parseAccessPolicy(text);
  if (read.kind === "malformed") throw new Unfit(`the policy in ${path} would be refused: ${read.why}`, 1);
  return text;
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

const INSTANTS = "+1h (s, m, h, d), a date like 2027-01-31T12:00:00Z, or seconds since 1970";

/** Epoch seconds, a date, or from now on: `+90s`, `+15m`, `+1h`, `+7d`. */
function readInstant(text: string | undefined, name: string, now: EpochMs): number {
  if (text === undefined) throw new Unfit(`sign needs ${name}: ${INSTANTS}`);
  const [, count, unit = ""] = /^\+(\d{1,9})([smhd])$/.exec(text) ?? [];
  const digits =
    count !== undefined
      ? String(Math.floor(now / 1000) + Number(count) * (UNIT_SECONDS[unit] ?? 0))
      : /^\d{4}-/.test(text)
        ? String(Math.floor(Date.parse(text) / 1000))
        : text;
  const seconds = parseEpoch(digits);
  if (seconds === undefined) {
    const why = /^\d+$/.test(digits) ? `${text}: ${whyNoEpoch(digits)}` : `${INSTANTS}, found ${JSON.stringify(text)}`;
    throw new Unfit(`${name} is ${why}`);
  }
  return seconds;
}

/** What is signed and lets nobody in is signed all the same, and told. */
function whyUseless(text: string, url: string, keyId: string, now: EpochMs): readonly string[] {
  const read = parseAccessPolicy(text);
  if (read.kind === "malformed") return [];
  const { resource, lessThan } = read.policy;
  const told: string[] = [];
  if (lessThan * 1000 <= now) told.push(`it has expired already, at ${new Date(lessThan * 1000).toISOString()}`);
  const [, scheme = "", host = "", path = "", query] = /^(https?|wss?):\/\/([^/]*)([^?]*)(?:\?(.*))?$/.exec(url) ?? [];
  const isSecure = scheme === "https" || scheme === "wss";
  const asked = {
    scheme: isSecure ? ("https" as const) : ("http" as const),
    schemes: [isSecure ? "https" : "http", scheme],
    host,
    hosts: [host],
    path,
    query,
  };
  const kind = keyId.startsWith("APKA") ? "key-pair" : "public-key";
  if (resource !== url && !compileResource(resource, kind)(asked)) {
    told.push(`the Resource ${resource} does not cover ${url}`);
  }
  return told;
}
