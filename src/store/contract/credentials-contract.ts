// What every store promises about access keys and the sessions made from them.

import assert from "node:assert/strict";
import type { AccessKeyId, AccountId } from "../../vocabulary/ids.ts";
import { epochMs } from "../../vocabulary/time.ts";
import type { AccessKey, Session, Store } from "../store.ts";
import { promisesOf } from "./promise.ts";
import { ALICE, BOB, NOW } from "./samples.ts";

function key(name: string, account: AccountId = ALICE, createdAtMs: number = NOW): AccessKey {
  return {
    accessKeyId: `AKIA${name}` as AccessKeyId,
    secret: `secret of ${name}`,
    account,
    userName: `user ${name}`,
    access: "full",
    createdAtMs: epochMs(createdAtMs),
  };
}

function session(name: string, parent: AccessKey, expiresAtMs: number): Session {
  return {
    accessKeyId: `ASIA${name}` as AccessKeyId,
    secret: `secret of ${name}`,
    token: `token of ${name}`,
    parent: parent.accessKeyId,
    expiresAtMs: epochMs(expiresAtMs),
  };
}

export function credentialsContract(name: string, open: () => Promise<Store>): void {
  const promise = promisesOf(name, open);

  promise("a key is found as it was created, and makes its account exist", async (store) => {
    const full = key("FULL");
    const readOnly: AccessKey = { ...key("READ", BOB), access: "read-only" };
    assert.equal(await store.credentials.createKey(full), true);
    assert.equal(await store.credentials.createKey(readOnly), true);
    assert.deepEqual(await store.credentials.findKey(full.accessKeyId), full);
    assert.deepEqual(await store.credentials.findKey(readOnly.accessKeyId), readOnly);
    assert.equal(await store.credentials.findKey("AKIANONE" as AccessKeyId), undefined);
    assert.equal(await store.credentials.findKey("akiafull" as AccessKeyId), undefined);
    assert.equal(await store.resources.accountExists(BOB), true);
    assert.equal(await store.resources.accountExists("000000000000" as AccountId), false);
  });

  promise("a key that is there already is left as it is", async (store) => {
    await store.credentials.createKey(key("ONE"));
    assert.equal(await store.credentials.createKey({ ...key("ONE", BOB), secret: "another" }), false);
    assert.deepEqual(await store.credentials.findKey(key("ONE").accessKeyId), key("ONE"));
  });

  promise("a key is deleted by its own account only", async (store) => {
    const { accessKeyId } = key("ONE");
    await store.credentials.createKey(key("ONE"));
    assert.equal(await store.credentials.deleteKey(BOB, accessKeyId), false);
    assert.equal(await store.credentials.deleteKey(ALICE, "AKIANONE" as AccessKeyId), false);
    assert.deepEqual(await store.credentials.findKey(accessKeyId), key("ONE"));
    assert.equal(await store.credentials.deleteKey(ALICE, accessKeyId), true);
    assert.equal(await store.credentials.deleteKey(ALICE, accessKeyId), false);
    assert.equal(await store.credentials.findKey(accessKeyId), undefined);
    assert.equal(await store.resources.accountExists(ALICE), false);
  });

  promise("keys are listed by account and creation, of one account or of all", async (store) => {
    const keys = [key("Z", ALICE, NOW), key("Y", ALICE, NOW), key("X", ALICE, NOW + 1), key("A", BOB, NOW - 1)];
    for (const index of [3, 0, 1, 2]) {
      const next = keys[index];
      assert(next !== undefined && (await store.credentials.createKey(next)));
    }
    assert.deepEqual(await store.credentials.listKeys(undefined), keys);
    assert.deepEqual(await store.credentials.listKeys(ALICE), keys.slice(0, 3));
    assert.deepEqual(await store.credentials.listKeys(BOB), keys.slice(3));
    assert.deepEqual(await store.credentials.listKeys("000000000000" as AccountId), []);
  });

  promise("a session is found as it was created, and is not a key", async (store) => {
    const parent = key("PARENT");
    await store.credentials.createKey(parent);
    const made = session("ONE", parent, NOW + 1000);
    await store.credentials.createSession(made, NOW);
    assert.deepEqual(await store.credentials.findSession(made.accessKeyId), made);
    assert.equal(await store.credentials.findKey(made.accessKeyId), undefined);
    assert.equal(await store.credentials.findSession(parent.accessKeyId), undefined);
    assert.deepEqual(await store.credentials.listKeys(ALICE), [parent]);
  });

  promise("a session goes with its parent key, and does not come back with a key of that name", async (store) => {
    const parent = key("PARENT");
    const other = key("OTHER");
    await store.credentials.createKey(parent);
    await store.credentials.createKey(other);
    const [lost, kept] = [session("LOST", parent, NOW + 1000), session("KEPT", other, NOW + 1000)];
    await store.credentials.createSession(lost, NOW);
    await store.credentials.createSession(kept, NOW);
    await store.credentials.deleteKey(ALICE, parent.accessKeyId);
    assert.equal(await store.credentials.findSession(lost.accessKeyId), undefined);
    assert.deepEqual(await store.credentials.findSession(kept.accessKeyId), kept);
    await store.credentials.createKey(parent);
    assert.equal(await store.credentials.findSession(lost.accessKeyId), undefined);
  });

  promise("a session may be of a key that is not in the store, for the server has one built in", async (store) => {
    const orphan = session("ORPHAN", key("NONE"), NOW + 1000);
    await store.credentials.createSession(orphan, NOW);
    assert.deepEqual(await store.credentials.findSession(orphan.accessKeyId), orphan);
  });

  promise("creating a session forgets those that ended before, and no others", async (store) => {
    const parent = key("PARENT");
    await store.credentials.createKey(parent);
    const made = [NOW - 1, NOW, NOW + 1].map((end) => session(String(end - NOW), parent, end));
    for (const one of made) await store.credentials.createSession(one, epochMs(NOW - 10));
    // Until then even one that has ended is found, so that a caller can be told that it has.
    for (const one of made) assert.deepEqual(await store.credentials.findSession(one.accessKeyId), one);
    await store.credentials.createSession(session("NEW", parent, NOW + 1000), NOW);
    const found = await Promise.all(made.map((one) => store.credentials.findSession(one.accessKeyId)));
    assert.deepEqual(found, [undefined, made[1], made[2]]);
  });
}
