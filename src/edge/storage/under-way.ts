// What is under way by its key, for a moment each: a look-up that others may join. A `Map` is the wrong thing for it. When
// keys come and go it is made anew every few of them, and its former tables, once one of them has become old, are
// collected only with all that is old: until then each keeps alive what was under way when it was given up, and what
// came of it. Here what is over leaves nothing behind.

import { mark } from "./disk/entry-index.ts";

export interface UnderWay<Value> {
  get(key: string): Value | undefined;
  /** It must not be there yet. */
  add(key: string, value: Value): void;
  remove(key: string): void;
}

interface Link<Value> {
  readonly key: string;
  readonly value: Value;
  next: Link<Value> | undefined;
}

/** For as many at once a look takes one step. */
const CHAINS = 1024;

export function openUnderWay<Value>(): UnderWay<Value> {
  const chains = Array.from<Link<Value> | undefined>({ length: CHAINS }).fill(undefined);

  return {
    get(key) {
      for (let link = chains[chainOf(key)]; link !== undefined; link = link.next)
        if (link.key === key) return link.value;
      return undefined;
    },
    add(key, value) {
      const chain = chainOf(key);
      chains[chain] = { key, value, next: chains[chain] };
    },
    remove(key) {
      const chain = chainOf(key);
      let before: Link<Value> | undefined;
      for (let link = chains[chain]; link !== undefined; before = link, link = link.next) {
        if (link.key !== key) continue;
        if (before === undefined) chains[chain] = link.next;
        else before.next = link.next;
        link.next = undefined;
        return;
      }
    },
  };
}

function chainOf(key: string): number {
  return mark(key) & (CHAINS - 1);
}
