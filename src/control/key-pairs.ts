// Key pairs of accounts, by which trusted signers sign. No published API ever made them: accounts got them from a page of
// their own. Here they come through a small API below /_warmfront/ (service/own-key-pairs.ts). A private key is made, told
// once and forgotten: what is stored is the public half.

import { createHash, createPublicKey, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { readPublicKey } from "../model/public-key-pem.ts";
import type { KeyPairConfig } from "../model/trusted-keys.ts";
import { NO_CLAIMS, type Claims, type Resource } from "../store/store.ts";
import { newKeyPairId, parseResourceId, type AccountId } from "../vocabulary/ids.ts";
import type { Control } from "./context.ts";

/** As callers are shown it. */
export interface KeyPair {
  readonly id: string;
  readonly status: KeyPairConfig["Status"];
  /** Of the modulus. */
  readonly bits: number;
  /** ISO 8601. */
  readonly createdAt: string;
  /** PEM. */
  readonly publicKey: string;
}

export type KeyPairOutcome =
  | { readonly kind: "done"; readonly keyPair: KeyPair; readonly privateKey?: string }
  | KeyPairRefused;

/** `unfit`: what was sent; `conflict`: what is there already. The message is for people. */
export interface KeyPairRefused {
  readonly kind: "unfit" | "absent" | "conflict";
  readonly message: string;
}

/** What an account could bring [CFDG private-content-trusted-signers]; 2048 is made. */
const BITS_ALLOWED: readonly number[] = [1024, 2048, 4096];
const BITS_MADE = 2048;

const generate = promisify(generateKeyPair);

export async function createKeyPair(account: AccountId, control: Control): Promise<KeyPairOutcome> {
  // Making a key takes a processor for a moment: not for someone who could not keep it.
  const room = await findRoom(account, control);
  if (room !== undefined) return room;
  const { publicKey, privateKey } = await generate("rsa", {
    modulusLength: BITS_MADE,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const outcome = await register(publicKey, account, control);
  return outcome.kind === "done" ? { ...outcome, privateKey } : outcome;
}

export async function importKeyPair(pem: string, account: AccountId, control: Control): Promise<KeyPairOutcome> {
  const facts = readPublicKey(pem);
  if (facts?.algorithm !== "RSA" || !BITS_ALLOWED.includes(facts.bits)) {
    return {
      kind: "unfit",
      message: `publicKey must be a public key in PEM (-----BEGIN PUBLIC KEY-----), of RSA with ${BITS_ALLOWED.join(", ")} bits; ${facts === undefined ? "no such key could be read" : `found one of ${facts.algorithm} with ${facts.bits} bits`}`,
    };
  }
  const publicKey = createPublicKey(pem.trim()).export({ type: "spki", format: "pem" });
  return register(publicKey, account, control);
}

async function register(publicKey: string, account: AccountId, control: Control): Promise<KeyPairOutcome> {
  const { store, clock, limits, random } = control;
  const id = newKeyPairId(random);
  const config: KeyPairConfig = { PublicKey: publicKey, Status: "Active" };
  const draft = {
    kind: "key-pair",
    id,
    account,
    reference: id,
    config,
    handle: "",
    creationDigest: "",
    claims: claimsOf(config, control),
    tags: [],
  } as const;
  const created = await store.resources.create(draft, limits.keyPairsPerAccountMax, clock.now());
  switch (created.kind) {
    case "created":
      return { kind: "done", keyPair: show(created.resource) };
    case "over-quota":
      return tooMany(control);
    case "share-refused":
      return tooManyActive(control);
    default:
      return { kind: "conflict", message: "the account has this key already" };
  }
}

/** One key under two ids would be one signer counted twice. */
function claimsOf(config: KeyPairConfig, { limits }: Control): Claims {
  const fingerprint = createHash("sha256").update(config.PublicKey).digest("base64url");
  const shares =
    config.Status === "Active" ? [{ of: "active key pairs", max: limits.activeKeyPairsPerAccountMax }] : [];
  return { ...NO_CLAIMS, names: [fingerprint], shares };
}

export async function listKeyPairs(account: AccountId, control: Control): Promise<readonly KeyPair[]> {
  return (await all(account, control)).map(show).sort((one, other) => (one.createdAt < other.createdAt ? -1 : 1));
}

/** Activates or deactivates; what is so already stays so. */
export async function changeKeyPair(
  text: string,
  status: KeyPairConfig["Status"],
  account: AccountId,
  control: Control,
): Promise<KeyPairOutcome> {
  const found = await find(text, account, control);
  if (found === undefined) return absent(text);
  if (found.config.Status === status) return { kind: "done", keyPair: show(found) };
  const config = { ...found.config, Status: status };
  const next = { config, claims: claimsOf(config, control) };
  const updated = await control.store.resources.update(found, next, control.clock.now());
  switch (updated.kind) {
    case "updated":
      return { kind: "done", keyPair: show(updated.resource) };
    case "share-refused":
      return tooManyActive(control);
    case "absent":
      return absent(text);
    default:
      return changedMeanwhile();
  }
}

/** Only one that is not active, so that nobody cuts off viewers by one wrong word. */
export async function deleteKeyPair(text: string, account: AccountId, control: Control): Promise<KeyPairOutcome> {
  const found = await find(text, account, control);
  if (found === undefined) return absent(text);
  if (found.config.Status === "Active") {
    return { kind: "conflict", message: `${found.id} is active: deactivate it first` };
  }
  const { kind } = await control.store.resources.delete(found, control.clock.now());
  if (kind === "deleted") return { kind: "done", keyPair: show(found) };
  return kind === "absent" ? absent(text) : changedMeanwhile();
}

async function find(text: string, account: AccountId, { store }: Control): Promise<Resource<"key-pair"> | undefined> {
  const id = parseResourceId(text);
  return id && (await store.resources.get("key-pair", account, id));
}

async function all(account: AccountId, { store, limits }: Control): Promise<readonly Resource<"key-pair">[]> {
  const { items } = await store.resources.list("key-pair", account, { after: "", limit: limits.keyPairsPerAccountMax });
  return items;
}

async function findRoom(account: AccountId, control: Control): Promise<KeyPairRefused | undefined> {
  const { keyPairsPerAccountMax, activeKeyPairsPerAccountMax } = control.limits;
  const pairs = await all(account, control);
  if (pairs.length >= keyPairsPerAccountMax) return tooMany(control);
  const active = pairs.filter(({ config }) => config.Status === "Active");
  return active.length >= activeKeyPairsPerAccountMax ? tooManyActive(control) : undefined;
}

function tooMany({ limits }: Control): KeyPairRefused {
  const message = `an account can have ${limits.keyPairsPerAccountMax} key pairs: delete one that is not in use`;
  return { kind: "conflict", message };
}

function tooManyActive({ limits }: Control): KeyPairRefused {
  const message = `an account can have ${limits.activeKeyPairsPerAccountMax} active key pairs: deactivate one first`;
  return { kind: "conflict", message };
}

function absent(id: string): KeyPairRefused {
  return { kind: "absent", message: `the account has no key pair ${JSON.stringify(id.slice(0, 100))}` };
}

function changedMeanwhile(): KeyPairRefused {
  return { kind: "conflict", message: "the key pair was changed meanwhile; look at it and try again" };
}

function show({ id, config, createdAtMs }: Resource<"key-pair">): KeyPair {
  return {
    id,
    status: config.Status,
    bits: readPublicKey(config.PublicKey)?.bits ?? 0,
    createdAt: new Date(createdAtMs).toISOString(),
    publicKey: config.PublicKey,
  };
}
