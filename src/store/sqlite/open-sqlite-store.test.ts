// The SQLite store keeps the contract, on a new file for each promise.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { storeContract } from "../store-contract.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";

const folder = mkdtempSync(join(tmpdir(), "warmfront-store-"));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
storeContract("sqlite", () => openSqliteStore({ path: join(folder, `${files++}.sqlite`) }));
