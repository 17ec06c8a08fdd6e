import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { test } from "node:test";
import type { AccountId, FeedNumber, ResourceId } from "../../vocabulary/ids.ts";
import { openTrustedKeys, type Signers, type TrustedKeys } from "./trusted-keys.ts";

const ALICE = "111111111111" as AccountId;
const BOB = "222222222222" as AccountId;
const number = 1 as FeedNumber;

function pem(publicKey: KeyObject): string {
  return publicKey.export({ type: "spki", format: "pem" });
}

const RSA = pem(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey);
const EC = pem(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey);

function put(keys: TrustedKeys, id: string, account: AccountId, text: string, isActive?: boolean): void {
  const key = { id: id as ResourceId, account, pem: text };
  if (isActive === undefined) keys.apply({ kind: "public-key", number, key });
  else keys.apply({ kind: "key-pair", number, pair: { ...key, isActive } });
}

function signers(accounts: readonly AccountId[], groups: readonly string[]): Signers {
  return { accounts: new Set(accounts), groups: groups as readonly ResourceId[] };
}

test("accounts sign by active key pairs, groups by their public keys, and neither by the other's", () => {
  const keys = openTrustedKeys();
  put(keys, "APKA1", ALICE, RSA, true);
  put(keys, "APKA2", ALICE, RSA, false);
  put(keys, "APKA3", BOB, RSA, true);
  put(keys, "K1", ALICE, EC);
  put(keys, "K2", ALICE, RSA);
  const group = { id: "g1" as ResourceId, account: ALICE, keys: ["K1", "APKA2"] as unknown as readonly ResourceId[] };
  keys.apply({ kind: "key-group", number, group });
  const rows: readonly (readonly [accounts: readonly AccountId[], groups: readonly string[], trusted: string])[] = [
    [[ALICE], [], "APKA1"],
    [[ALICE, BOB], [], "APKA1 APKA3"],
    [[], ["g1"], "K1"],
    [[BOB], ["g1", "g2"], "APKA3 K1"],
    [[], ["g2"], ""],
    [[], [], ""],
  ];
  for (const [accounts, groups, trusted] of rows) {
    const who = signers(accounts, groups);
    assert.equal(
      keys
        .list(who)
        .map(({ id }) => id)
        .join(" "),
      trusted,
    );
    for (const id of ["APKA1", "APKA2", "APKA3", "K1", "K2", "g1", "", "constructor"]) {
      assert.equal(keys.find(who, id) !== undefined, trusted.split(" ").includes(id) && id !== "", id);
    }
  }
  assert.deepEqual(
    keys.ofAccount(ALICE).map(({ id }) => id),
    ["APKA1", "APKA2", "K1", "K2"],
  );
});

test("a key that cannot sign URLs is none, and takes the place of the one before", () => {
  const unfit = [
    pem(generateKeyPairSync("ed25519").publicKey),
    pem(generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey),
    pem(generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).publicKey),
    "",
    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
  ];
  const who = signers([ALICE], []);
  for (const text of unfit) {
    const keys = openTrustedKeys();
    put(keys, "APKA1", ALICE, RSA, true);
    assert.throws(() => put(keys, "APKA1", ALICE, text, true));
    assert.equal(keys.find(who, "APKA1"), undefined);
  }
});

test("what is removed is trusted no more, and a changed key is another object", () => {
  const keys = openTrustedKeys();
  const who = signers([ALICE], []);
  put(keys, "APKA1", ALICE, RSA, true);
  const first = keys.find(who, "APKA1");
  put(keys, "APKA1", ALICE, RSA, true);
  assert.notEqual(keys.find(who, "APKA1"), first);
  keys.remove("APKA1" as ResourceId);
  assert.equal(keys.find(who, "APKA1"), undefined);
});
