// `access-keys`: the keys that callers sign with, straight in the store, so that it works before the first start too. A
// running server sees the change with its next request, for it keeps no key in memory.

import { randomBytes } from "node:crypto";
import { openDataDirectory } from "../service/data-directory.ts";
import { finishImport } from "../service/finish-import.ts";
import type { Settings } from "../service/settings.ts";
import { openStore } from "../service/open-store.ts";
import type { Store } from "../store/store.ts";
import { newAccessKeyId, newSecret, parseAccountId, type AccessKeyId, type RandomBytes } from "../vocabulary/ids.ts";
import { systemClock } from "../vocabulary/time.ts";
import type { Arguments } from "./arguments.ts";
import { refuse } from "./refuse.ts";

const random: RandomBytes = (count) => randomBytes(count);

export async function accessKeys(given: Arguments, settings: Settings): Promise<number> {
  const [action = "", ...extra] = given.operands;
  const act = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (act === undefined || extra.length > 0) {
    return refuse(
      `access-keys takes one of create, list, delete, found ${JSON.stringify(given.operands.join(" "))}`,
      2,
    );
  }
  const data = openDataDirectory(settings.dataDir);
  if (data.kind === "failure") return refuse(data.message);
  const finished = finishImport(data.directory.path);
  if (finished.kind === "failure") return refuse(finished.message);
  const store = await openStore(data.directory);
  if (store.kind === "failure") return refuse(store.message);
  await using open = store.store;
  return act(given, open);
}

const ACTIONS: Readonly<Record<string, (given: Arguments, store: Store) => Promise<number>>> = {
  create,
  list,
  delete: remove,
};

function flag(given: Arguments, name: string): string | undefined {
  return given.flags.get(name)?.at(-1);
}

async function create(given: Arguments, store: Store): Promise<number> {
  const account = parseAccountId(flag(given, "--account") ?? "");
  if (account === undefined) return refuse("create needs --account with twelve digits, like 123456789012", 2);
  const access = flag(given, "--access") ?? "full";
  if (access !== "full" && access !== "read-only")
    return refuse(`--access is full or read-only, not ${JSON.stringify(access)}`, 2);
  const userName = flag(given, "--user") ?? (access === "full" ? "admin" : "reader");
  if (!/^[\w+=,.@-]{1,64}$/.test(userName)) return refuse("--user is 1 to 64 letters, digits and _+=,.@-", 2);

  const key = {
    accessKeyId: newAccessKeyId("AKIA", random),
    secret: newSecret(random),
    account,
    userName,
    access,
    createdAtMs: systemClock.now(),
  } as const;
  if (!(await store.credentials.createKey(key))) return refuse("that id is taken; try again");
  process.stdout.write(`export AWS_ACCESS_KEY_ID=${key.accessKeyId} AWS_SECRET_ACCESS_KEY=${key.secret}\n`);
  return 0;
}

async function list(given: Arguments, store: Store): Promise<number> {
  const asked = flag(given, "--account");
  const account = asked === undefined ? undefined : parseAccountId(asked);
  if (asked !== undefined && account === undefined) return refuse("--account is twelve digits, like 123456789012", 2);
  const keys = await store.credentials.listKeys(account);
  for (const key of keys) {
    const created = new Date(key.createdAtMs).toISOString();
    process.stdout.write(`${key.account}  ${key.accessKeyId}  ${key.access.padEnd(9)}  ${created}  ${key.userName}\n`);
  }
  if (keys.length === 0)
    process.stderr.write("There are no access keys yet: warmfront access-keys create --account 123456789012\n");
  return 0;
}

async function remove(given: Arguments, store: Store): Promise<number> {
  const account = parseAccountId(flag(given, "--account") ?? "");
  const id = flag(given, "--id");
  if (account === undefined || id === undefined)
    return refuse("delete needs --account with twelve digits, and --id", 2);
  if (await store.credentials.deleteKey(account, id as AccessKeyId)) return 0;
  return refuse(`account ${account} has no access key ${JSON.stringify(id)}`);
}
