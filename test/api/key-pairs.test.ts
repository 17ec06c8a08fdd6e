// Key pairs of accounts: their API, its bounds, and what distributions show of them.

import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import type { KeyPair } from "../../src/control/key-pairs.ts";
import { identifySigner } from "../../src/service/identify-caller.ts";
import { answerOwnPath } from "../../src/service/own-paths.ts";
import type { WireDocument } from "../../src/wire/shape.ts";
import { signRequest } from "../../src/wire/sigv4-sign.ts";
import { openControlHarness, type ControlHarness, type Signer } from "../support/control-harness.ts";
import { behavior, distributionConfig, listOf, P256_PEM, RSA_PEM, streamingConfig } from "./configs.ts";
import { readOnlySigner } from "./error-row.ts";
import { at, succeed, textAt } from "./requests.ts";

interface Answer {
  readonly status: number;
  readonly keyPair?: KeyPair;
  readonly keyPairs?: readonly KeyPair[];
  readonly privateKey?: string;
  readonly error?: string;
}

const DEFAULT: Signer = { accessKeyId: "test", secret: "test" };
const HOST = "127.0.0.1:7400";

/** `asked` is `METHOD path`, below the key pairs' own. */
async function ask(
  { control, clock }: ControlHarness,
  asked: string,
  { body = "", signer = DEFAULT }: { readonly body?: string; readonly signer?: Signer | undefined } = {},
): Promise<Answer> {
  const [method = "", path = ""] = asked.split(" ");
  const unsigned = {
    method,
    rawPath: `/_warmfront/key-pairs${path}`,
    rawQuery: "",
    fields: [["Host", HOST] as const],
    body: new TextEncoder().encode(body),
  };
  const fields = signRequest(unsigned, { ...signer, region: "us-east-1", service: "cloudfront" }, { at: clock.now() });
  const request = { ...unsigned, fields, endpoint: `http://${HOST}`, remoteAddress: "127.0.0.1" };
  const response = await answerOwnPath(request, control, {
    identify: identifySigner(control),
    explain: async () => ({ kind: "unanswered", why: "nobody asks" }),
    explainBucket: () => assert.fail("no bucket is asked"),
    explainLog: () => undefined,
    metrics: { read: () => assert.fail("no metrics"), readiness: () => assert.fail("no readiness") },
    metricsFor: "off",
  });
  return { status: response.status, ...(JSON.parse(response.body) as object) };
}

const publicKeyOf = (bits: number): string =>
  generateKeyPairSync("rsa", { modulusLength: bits }).publicKey.export({ type: "spki", format: "pem" });

const importing = (publicKey: string): { body: string } => ({ body: JSON.stringify({ publicKey }) });

async function imported(harness: ControlHarness, bits = 1024, signer?: Signer): Promise<string> {
  const answer = await ask(harness, "POST", { ...importing(publicKeyOf(bits)), signer });
  assert.equal(answer.status, 201, answer.error ?? "");
  return answer.keyPair?.id ?? "";
}

async function newSigner({ store, clock }: ControlHarness, account: string): Promise<Signer> {
  const accessKeyId = `AKIA${account}0000`;
  await store.credentials.createKey({
    accessKeyId: accessKeyId as never,
    secret: "secret",
    account: account as never,
    userName: "admin",
    access: "full",
    createdAtMs: clock.now(),
  });
  return { accessKeyId, secret: "secret" };
}

test("a key pair that is made tells its private key once, and it is the one of the public key", async () => {
  const harness = await openControlHarness();
  const { status, keyPair, privateKey = "" } = await ask(harness, "POST");
  assert.equal(status, 201);
  assert.match(keyPair?.id ?? "", /^APKA[0-9A-Z]{16}$/);
  assert.equal(keyPair?.status, "Active");
  assert.equal(keyPair?.bits, 2048);
  assert.match(privateKey, /^-----BEGIN RSA PRIVATE KEY-----/);
  const half = createPublicKey(createPrivateKey(privateKey)).export({ type: "spki", format: "pem" });
  assert.equal(keyPair?.publicKey, half);
  const listed = await ask(harness, "GET");
  assert.deepEqual(listed.keyPairs, [keyPair]);
  const kept = JSON.stringify(await harness.store.feed.changesAfter(0 as never, 9)) + JSON.stringify(listed);
  assert(!kept.includes("PRIVATE"));
});

for (const bits of [1024, 2048, 4096]) {
  test(`a public key of ${bits} bits is imported`, async () => {
    const harness = await openControlHarness();
    const publicKey = publicKeyOf(bits);
    const { status, keyPair, privateKey } = await ask(harness, "POST", importing(publicKey));
    assert.deepEqual([status, keyPair?.bits, keyPair?.publicKey, privateKey], [201, bits, publicKey, undefined]);
  });
}

for (const [what, body] of [
  ["no JSON", "{"],
  ["a list", "[]"],
  ["no UTF-8", "\u{d800}"],
  ["another member", '{"name":"x"}'],
  ["a number as key", '{"publicKey":1}'],
  ["no key", '{"publicKey":""}'],
  [
    "a private key",
    JSON.stringify({
      publicKey: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
        type: "pkcs8",
        format: "pem",
      }),
    }),
  ],
  ["3072 bits", JSON.stringify({ publicKey: publicKeyOf(3072) })],
  ["512 bits", JSON.stringify({ publicKey: publicKeyOf(512) })],
  ["ECDSA", JSON.stringify({ publicKey: P256_PEM })],
] as const) {
  test(`a body with ${what} is refused`, async () => {
    const harness = await openControlHarness();
    const answer = await ask(harness, "POST", { body });
    assert.equal(answer.status, 400);
    assert.match(answer.error ?? "", /publicKey/);
    assert.deepEqual((await ask(harness, "GET")).keyPairs, []);
    assert.deepEqual(harness.faults, []);
  });
}

test("two are active at most, also when they are made at the same moment", async () => {
  const harness = await openControlHarness();
  const keys = Array.from({ length: 6 }, () => publicKeyOf(1024));
  const answers = await Promise.all(keys.map((key) => ask(harness, "POST", importing(key))));
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((one, other) => one - other),
    [201, 201, 409, 409, 409, 409],
  );
  const [made] = answers.flatMap(({ keyPair }) => (keyPair === undefined ? [] : [keyPair.id]));
  assert.match((await ask(harness, "POST")).error ?? "", /can have 2 active key pairs: deactivate one first/);

  assert.equal((await ask(harness, `POST /${made}/deactivate`)).keyPair?.status, "Inactive");
  assert.equal((await ask(harness, `POST /${made}/deactivate`)).status, 200, "it is so already");
  const third = await imported(harness);
  assert.equal((await ask(harness, `POST /${made}/activate`)).status, 409);
  assert.equal((await ask(harness, `DELETE /${third}`)).status, 409, "it is active");
  assert.equal((await ask(harness, `POST /${third}/deactivate`)).status, 200);
  assert.equal((await ask(harness, `POST /${made}/activate`)).keyPair?.status, "Active");
  assert.equal((await ask(harness, `DELETE /${third}`)).keyPair?.id, third);
  assert.equal((await ask(harness, `DELETE /${third}`)).status, 404);
});

test("an account has ten at most, and no key twice", async () => {
  const harness = await openControlHarness({ limits: { keyPairsPerAccountMax: 3 } });
  const same = importing(RSA_PEM);
  assert.equal((await ask(harness, "POST", same)).status, 201);
  assert.match((await ask(harness, "POST", same)).error ?? "", /has this key already/);
  for (let count = 1; count < 3; count++) {
    await ask(harness, `POST /${await imported(harness)}/deactivate`);
  }
  for (const body of ["", importing(publicKeyOf(1024)).body]) {
    assert.match((await ask(harness, "POST", { body })).error ?? "", /can have 3 key pairs/);
  }
});

test("a key that may only read lists, and does nothing else; another account sees nothing; a stranger is refused", async () => {
  const harness = await openControlHarness();
  const id = await imported(harness);
  const reader = await readOnlySigner(harness);
  const other = await newSigner(harness, "111111111111");
  assert.equal((await ask(harness, "GET", { signer: reader })).keyPairs?.length, 1);
  assert.deepEqual((await ask(harness, "GET", { signer: other })).keyPairs, []);
  for (const asked of ["POST", `POST /${id}/deactivate`, `POST /${id}/activate`, `DELETE /${id}`]) {
    assert.equal((await ask(harness, asked, { signer: reader })).status, 403, asked);
    if (asked !== "POST") assert.equal((await ask(harness, asked, { signer: other })).status, 404, asked);
    const wrong = { ...DEFAULT, secret: "wrong" };
    assert.equal((await ask(harness, asked, { signer: wrong })).status, 403, asked);
  }
  assert.equal((await ask(harness, "GET", { signer: { ...DEFAULT, secret: "wrong" } })).status, 403);
});

for (const asked of [
  "PUT",
  "GET /APKA1",
  "POST /APKA1",
  "POST /APKA1/erase",
  "DELETE",
  "GET x",
  "DELETE /a/b",
  "GET /",
  "DELETE /%2e%2e",
]) {
  test(`${asked} is no path of theirs`, async () => {
    const harness = await openControlHarness();
    const { status, error = "" } = await ask(harness, asked);
    assert.equal(status, 404);
    assert.match(error, /there is no/);
  });
}

test("a distribution shows each trusted account's active key pairs, as they are at that moment", async () => {
  const harness = await openControlHarness();
  const other = await newSigner(harness, "111111111111");
  const own = await imported(harness);
  const theirs = [await imported(harness, 1024, other), await imported(harness, 1024, other)].sort();
  const TrustedSigners = { Enabled: true, ...listOf("self", "111111111111") };
  const web = await succeed(harness, "CreateDistribution", {
    DistributionConfig: distributionConfig("one", { DefaultCacheBehavior: behavior({ TrustedSigners }) }),
  });
  const stream = await succeed(harness, "CreateStreamingDistribution", {
    StreamingDistributionConfig: streamingConfig("one", { TrustedSigners }),
  });
  const signer = (AwsAccountNumber: string, ...keys: readonly string[]): WireDocument => ({
    AwsAccountNumber,
    KeyPairIds: listOf(...keys),
  });
  const assertShown = async (...signers: readonly WireDocument[]): Promise<void> => {
    for (const [resource, { output }] of [
      ["Distribution", web],
      ["StreamingDistribution", stream],
    ] as const) {
      const Id = textAt(output, resource, "Id");
      for (const version of ["2014-05-31", "2020-05-31"] as const) {
        const shown = await succeed(harness, `Get${resource}`, { Id }, { version });
        assert.deepEqual(at(shown.output, resource, "ActiveTrustedSigners"), { Enabled: true, ...listOf(...signers) });
      }
    }
  };
  await assertShown(signer("self", own), signer("111111111111", ...theirs));
  await ask(harness, `POST /${theirs[0]}/deactivate`, { signer: other });
  await assertShown(signer("self", own), signer("111111111111", theirs[1] ?? ""));
  await ask(harness, `POST /${own}/deactivate`);
  await ask(harness, `DELETE /${own}`);
  // Of an account that has none left the name stays: nothing opens by a key's end.
  await assertShown(signer("self"), signer("111111111111", theirs[1] ?? ""));
});

test("the owner's own number is shown as self, once", async () => {
  const harness = await openControlHarness();
  const own = await imported(harness);
  const web = await succeed(harness, "CreateDistribution", {
    DistributionConfig: distributionConfig("one", {
      DefaultCacheBehavior: behavior({ TrustedSigners: { Enabled: true, ...listOf("self", "000000000000") } }),
    }),
  });
  assert.deepEqual(at(web.output, "Distribution", "ActiveTrustedSigners"), {
    Enabled: true,
    ...listOf({ AwsAccountNumber: "self", KeyPairIds: listOf(own) }),
  });
});
