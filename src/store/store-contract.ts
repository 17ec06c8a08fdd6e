// The promises of store.ts as a suite that every store runs, each promise one test on a store of its own. A store's own
// test file calls it; what is peculiar to a store (files, faults, speed) is tested beside that store.

import { bucketsContract } from "./contract/buckets-contract.ts";
import { clearContract } from "./contract/clear-contract.ts";
import { credentialsContract } from "./contract/credentials-contract.ts";
import { feedContract } from "./contract/feed-contract.ts";
import { invalidationsContract } from "./contract/invalidations-contract.ts";
import { resourcesContract } from "./contract/resources-contract.ts";
import type { Store } from "./store.ts";

/** Registers the tests. `open` gives a new, empty store each time; the test disposes of it. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  resourcesContract(name, open);
  invalidationsContract(name, open);
  credentialsContract(name, open);
  feedContract(name, open);
  bucketsContract(name, open);
  clearContract(name, open);
}
