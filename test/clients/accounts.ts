// Accounts for tests that want to be alone in a list: made before the service starts, straight in its data directory, as
// `warmfront access-keys create` would, without a process for each.

import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDataDirectory } from "../../src/service/data-directory.ts";
import { openStore } from "../../src/service/open-store.ts";
import { newAccessKeyId, newSecret, type AccountId } from "../../src/vocabulary/ids.ts";
import { systemClock } from "../../src/vocabulary/time.ts";
import { startService, type RunningService } from "../support/running-service.ts";

export interface TestAccount {
  readonly account: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The service with an account and a full access key for each name; ended and cleaned up with it. */
export interface ServiceWithAccounts extends AsyncDisposable {
  readonly service: RunningService;
  readonly accountOf: (name: string) => TestAccount;
}

const random = (count: number): Uint8Array => randomBytes(count);

/** Account numbers are `first` and those that follow. */
export async function startServiceWithAccounts(
  names: readonly string[],
  flags: readonly string[] = [],
  first = 200_000_000_001,
): Promise<ServiceWithAccounts> {
  const dataDirectory = mkdtempSync(join(tmpdir(), "warmfront-clients-"));
  const remove = (): void => rmSync(dataDirectory, { recursive: true, force: true });
  try {
    const accounts = await createAccounts(dataDirectory, names, first);
    const service = await startService(flags, { dataDirectory });
    return {
      service,
      accountOf(name) {
        const account = accounts.get(name);
        assert(account !== undefined, `no account was made for ${name}`);
        return account;
      },
      async [Symbol.asyncDispose]() {
        await service[Symbol.asyncDispose]();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

async function createAccounts(
  dataDirectory: string,
  names: readonly string[],
  first: number,
): Promise<ReadonlyMap<string, TestAccount>> {
  const data = openDataDirectory(dataDirectory);
  assert(data.kind === "ok");
  const opened = await openStore(data.directory);
  assert(opened.kind === "open");
  await using store = opened.store;
  const accounts = new Map<string, TestAccount>();
  for (const [index, name] of names.entries()) {
    const account = String(first + index) as AccountId;
    const key = { accessKeyId: newAccessKeyId("AKIA", random), secret: newSecret(random), account };
    const created = await store.credentials.createKey({
      ...key,
      userName: "tester",
      access: "full",
      createdAtMs: systemClock.now(),
    });
    assert(created);
    accounts.set(name, { account, accessKeyId: key.accessKeyId, secretAccessKey: key.secret });
  }
  return accounts;
}
