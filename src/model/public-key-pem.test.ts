// Which texts are public keys, and of what kind.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import test from "node:test";
import { readPublicKey } from "./public-key-pem.ts";

const spki = { type: "spki", format: "pem" } as const;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = rsa.publicKey.export(spki);
const p256 = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).publicKey.export(spki);

for (const [what, text, facts] of [
  ["RSA in PKCS #8", pem, { algorithm: "RSA", bits: 2048 }],
  ["RSA in PKCS #1", rsa.publicKey.export({ type: "pkcs1", format: "pem" }), { algorithm: "RSA", bits: 2048 }],
  ["RSA of 1024 bits", newRsa(1024), { algorithm: "RSA", bits: 1024 }],
  ["ECDSA P-256", p256, { algorithm: "ECDSA P-256", bits: 256 }],
  ["without line end", pem.trimEnd(), { algorithm: "RSA", bits: 2048 }],
  ["with line ends of Windows", pem.replaceAll("\n", "\r\n"), { algorithm: "RSA", bits: 2048 }],
  ["amid white space", `\n  ${pem}\n\n`, { algorithm: "RSA", bits: 2048 }],
] as const) {
  test(`${what} is a public key`, () => assert.deepEqual(readPublicKey(text), facts));
}

for (const [what, text] of [
  ["nothing", ""],
  ["some text", "not a key"],
  ["a private key", rsa.privateKey.export({ type: "pkcs8", format: "pem" })],
  ["a private key in PKCS #1", rsa.privateKey.export({ type: "pkcs1", format: "pem" })],
  ["a private key behind a public one", pem + rsa.privateKey.export({ type: "pkcs8", format: "pem" })],
  ["two public keys", pem + pem],
  ["the base64 alone", pem.split("\n").slice(1, -2).join("\n")],
  ["half a key", `${pem.slice(0, 200)}\n-----END PUBLIC KEY-----\n`],
  ["ECDSA P-384", generateKeyPairSync("ec", { namedCurve: "secp384r1" }).publicKey.export(spki)],
  ["Ed25519", generateKeyPairSync("ed25519").publicKey.export(spki)],
  ["RSA-PSS", generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).publicKey.export(spki)],
  ["megabytes of base64", `-----BEGIN PUBLIC KEY-----\n${"A".repeat(2_000_000)}\n-----END PUBLIC KEY-----`],
] as const) {
  test(`${what} is none`, () => assert.equal(readPublicKey(text), undefined));
}

function newRsa(modulusLength: number): string {
  return generateKeyPairSync("rsa", { modulusLength }).publicKey.export(spki);
}
