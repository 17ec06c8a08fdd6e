// What is under way by its key, for a moment each: a look-up that others may join. A `Map` is the wrong thing for it. When
// keys come and go it is made anew every few of them, and its former tables, once one of them has become old, are
// collected only with all that is old: until then each keeps alive what was under way when it was given up, and what
// came of it. Here what is over leaves nothing behind.

/** `mark` is any whole number that goes by the key alone: who looks has one already, or makes it once for all that it does. */
export interface UnderWay<Value> {
  get(key: string, mark: number): Value | undefined;
  /** It must not be there yet. */
  add(key: string, mark: number, value: Value): void;
  remove(key: string, mark: number): void;
}

interface Link<Value> {
  readonly key: string;
  readonly value: Value;
  next: Link<Value> | undefined;
}

/** For as many at once a look takes a step or two; they are a power of two. */
const CHAINS = 1024;
const LAST_CHAIN = CHAINS - 1;

export function openUnderWay<Value>(): UnderWay<Value> {
  const chains = Array.from<Link<Value> | undefined>({ length: CHAINS }).fill(undefined);

  return {
    get(key, mark) {
      for (let link = chains[mark & LAST_CHAIN]; link !== undefined; link = link.next) {
        if (link.key === key) return link.value;
      }
      return undefined;
    },
    add(key, mark, value) {
      const chain = mark & LAST_CHAIN;
      chains[chain] = { key, value, next: chains[chain] };
    },
    remove(key, mark) {
      const chain = mark & LAST_CHAIN;
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
