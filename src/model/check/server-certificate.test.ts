import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import test from "node:test";
import { makeLeaf, makeLeafFor, makeRoot, type KeyPair, type MadeCertificate } from "../../service/make-certificate.ts";
import { addSeconds, epochMs, seconds, type EpochMs } from "../../vocabulary/time.ts";
import { checkServerCertificate, type SentCertificate } from "./server-certificate.ts";

const NOW = epochMs(Date.UTC(2026, 10, 20));
const DAY = 86_400;
const span = (fromDays: number, toDays: number): { from: EpochMs; to: EpochMs } => ({
  from: addSeconds(NOW, seconds(fromDays * DAY)),
  to: addSeconds(NOW, seconds(toDays * DAY)),
});

const ROOT = makeRoot(undefined, span(-10, 3650));
const OTHER_ROOT = makeRoot(undefined, span(-10, 3650));
const OLD_ROOT = makeRoot(undefined, span(-10, -1));
const NAMES = ["www.example.com", "*.shop.example.com"];
const LEAF = makeLeaf(NAMES, span(-1, 30), ROOT);
const OTHER = makeLeaf(NAMES, span(-1, 30), ROOT);

function keyed(pair: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): SentCertificate {
  return sent(makeLeafFor(pair satisfies KeyPair, NAMES, span(-1, 30), ROOT));
}

function sent(made: MadeCertificate, chain = ROOT.certificate): SentCertificate {
  return { body: made.certificate, chain, key: made.key };
}

function check(given: SentCertificate, isChainNeeded = true): ReturnType<typeof checkServerCertificate> {
  return checkServerCertificate(given, { now: NOW, chainMax: 3, isChainNeeded });
}

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const locked = ec.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" });

test("what belongs together is taken, in every form of PEM", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const asRsa = keyed(rsa);
  const rows: readonly (readonly [string, SentCertificate, boolean?])[] = [
    ["a leaf with its root", sent(LEAF)],
    [
      "with the line ends of Windows",
      sent({ certificate: LEAF.certificate.replaceAll("\n", "\r\n"), key: LEAF.key.replaceAll("\n", "\r\n") }),
    ],
    ["with white space around it", sent({ certificate: `\n  ${LEAF.certificate}\n\n`, key: LEAF.key })],
    ["without a chain, where none is needed", { ...sent(LEAF), chain: "" }, false],
    ["with a key in PKCS #1", { ...asRsa, key: rsa.privateKey.export({ type: "pkcs1", format: "pem" }) }],
    ["signed by itself", { body: ROOT.certificate, chain: "", key: ROOT.key }],
  ];
  for (const [what, given, isChainNeeded] of rows) {
    const checked = check(given, isChainNeeded);
    assert.equal(checked.kind, "ok", `${what}: ${checked.kind === "problem" ? checked.message : ""}`);
    if (checked.kind === "ok") assert.match(checked.key, /^-----BEGIN PRIVATE KEY-----/);
  }
  const checked = check(sent(LEAF));
  assert(checked.kind === "ok");
  assert.deepEqual([checked.names, checked.keyAlgorithm], [NAMES, "EC_prime256v1"]);
  assert.deepEqual([checked.notBefore, checked.notAfter], [span(-1, 30).from, span(-1, 30).to]);
});

test("keys that viewers can be shown are taken, others are named", () => {
  for (const [pair, algorithm] of [
    [generateKeyPairSync("rsa", { modulusLength: 1024 }), "RSA_1024"],
    [generateKeyPairSync("rsa", { modulusLength: 3072 }), "RSA_3072"],
    [generateKeyPairSync("ec", { namedCurve: "P-384" }), "EC_secp384r1"],
    [generateKeyPairSync("ec", { namedCurve: "P-521" }), "EC_secp521r1"],
  ] as const) {
    const checked = check(keyed(pair));
    assert.equal(checked.kind === "ok" && checked.keyAlgorithm, algorithm);
  }
  for (const [pair, named] of [
    [generateKeyPairSync("rsa", { modulusLength: 512 }), "RSA of 512 bits"],
    [generateKeyPairSync("rsa", { modulusLength: 2056 }), "RSA of 2056 bits"],
    [generateKeyPairSync("ec", { namedCurve: "secp256k1" }), "EC on secp256k1"],
    [generateKeyPairSync("ed25519"), "ED25519"],
    [generateKeyPairSync("rsa-pss", { modulusLength: 2048 }), "RSA-PSS of 2048 bits"],
  ] as const) {
    const checked = check(keyed(pair));
    assert(checked.kind === "problem");
    assert(
      checked.message.startsWith(`The key of the certificate is not supported: it is ${named}, and`),
      checked.message,
    );
  }
});

test("what does not belong together, or is not what it should be, is refused", () => {
  const chainFault = (index: number, why: string): string =>
    `Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: ${index} (${why})`;
  const unreadable = "Unable to parse certificate. Please ensure the certificate is in PEM format.";
  const badChain = "Unable to parse certificate chain. Please ensure the certificates are in PEM format.";
  const badKey = "Invalid Private Key: it must be one key in PEM, without a passphrase.";
  const cut = LEAF.certificate.slice(0, LEAF.certificate.length / 2);
  const rows: readonly (readonly [SentCertificate, string])[] = [
    [{ ...sent(LEAF), body: "" }, unreadable],
    [{ ...sent(LEAF), body: "www.example.com" }, unreadable],
    [{ ...sent(LEAF), body: cut }, unreadable],
    [{ ...sent(LEAF), body: LEAF.certificate.replace(/[A-Z]{3}/, "...") }, unreadable],
    [{ ...sent(LEAF), body: LEAF.key }, unreadable],
    [{ ...sent(LEAF), body: `Certificate: www\n${LEAF.certificate}` }, unreadable],
    [
      { ...sent(LEAF), body: LEAF.certificate + ROOT.certificate },
      "The certificate field contains more than one certificate. You can specify only one certificate in this field.",
    ],
    [{ ...sent(LEAF), key: "" }, badKey],
    [{ ...sent(LEAF), key: LEAF.certificate }, badKey],
    [{ ...sent(LEAF), key: LEAF.key + LEAF.key }, badKey],
    [{ ...sent(LEAF), key: LEAF.key.slice(0, 80) }, badKey],
    [{ ...sent(LEAF), key: locked }, badKey],
    [{ ...sent(LEAF), key: OTHER.key }, "The private key does not match the public key of the certificate."],
    [{ ...sent(LEAF), chain: "trust me" }, badChain],
    [{ ...sent(LEAF), chain: ROOT.certificate.slice(0, 300) }, badChain],
    [sent(LEAF, OTHER_ROOT.certificate), chainFault(0, "it has not signed the one before it")],
    [sent(LEAF, LEAF.certificate + ROOT.certificate), chainFault(0, "it is not a certificate of an authority")],
    [sent(LEAF, ROOT.certificate + OTHER_ROOT.certificate), chainFault(1, "it has not signed the one before it")],
    [sent(LEAF, ROOT.certificate.repeat(4)), "The certificate chain has 4 certificates: it can have at most 3."],
    [
      { ...sent(LEAF), chain: "" },
      "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or certificate chain.",
    ],
    [
      sent(makeLeaf(NAMES, span(-30, 0), ROOT)),
      "Certificate is no longer valid. The 'Not After' date restriction on the certificate has passed: Nov 20 00:00:00 2026 GMT.",
    ],
    [
      sent(makeLeaf(NAMES, span(1, 30), ROOT)),
      "Certificate is not yet valid. The 'Not Before' date restriction on the certificate has not passed: Nov 21 00:00:00 2026 GMT.",
    ],
    [
      sent(makeLeaf(NAMES, span(-5, 30), OLD_ROOT), OLD_ROOT.certificate),
      chainFault(0, "it is valid from Nov 10 00:00:00 2026 GMT to Nov 19 00:00:00 2026 GMT only"),
    ],
  ];
  for (const [given, message] of rows) {
    const checked = check(given);
    assert.equal(checked.kind === "problem" ? checked.message : "ok", message);
    if (checked.kind === "problem") {
      assert.equal(
        checked.code,
        message.startsWith("The private key does not") ? "KeyPairMismatch" : "MalformedCertificate",
      );
    }
  }
});

test("whatever is cut out of or put into a certificate is refused or taken, never thrown at", () => {
  // Seeded: the same cuts in every run.
  let state = 7;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
  for (let round = 0; round < 2000; round++) {
    const texts = [LEAF.certificate, ROOT.certificate, LEAF.key];
    const at = draw(3);
    const text = texts[at] ?? "";
    const from = draw(text.length);
    texts[at] = text.slice(0, from) + "AB=\n-".charAt(draw(5)) + text.slice(from + draw(30));
    const [body = "", chain = "", key = ""] = texts;
    assert(["ok", "problem"].includes(check({ body, chain, key }).kind));
  }
});
