// One test of the contract: a claim, and what must hold on a fresh store.

import { test } from "node:test";
import type { Store } from "../store.ts";

export type Promises = (claim: string, holds: (store: Store) => Promise<void>) => void;

/** Gives the function that registers one promise of the store called `name`. */
export function promisesOf(name: string, open: () => Promise<Store>): Promises {
  return (claim, holds) => {
    void test(`${name}: ${claim}`, async () => {
      await using store = await open();
      await holds(store);
    });
  };
}
