// The memory store keeps the contract; it has no peculiarities.

import { storeContract } from "../store-contract.ts";
import { openMemoryStore } from "./open-memory-store.ts";

storeContract("memory", openMemoryStore);
