// Opens the store that the settings name; the only place that knows which one that is.

import { openSqliteStore } from "../store/sqlite/open-sqlite-store.ts";
import type { Store } from "../store/store.ts";
import type { DataDirectory } from "./data-directory.ts";

export type StoreOutcome =
  | { readonly kind: "open"; readonly store: Store }
  | { readonly kind: "failure"; readonly message: string };

export async function openStore(directory: DataDirectory): Promise<StoreOutcome> {
  try {
    return { kind: "open", store: await openSqliteStore({ path: directory.storeFile }) };
  } catch (error) {
    return { kind: "failure", message: error instanceof Error ? error.message : String(error) };
  }
}
