// A cache storage that says when it has nothing to do, so that a test whose storage takes real time can wait for it and
// still have one order of things.

import type { CacheStorage, StoredResponse } from "../../src/edge/storage/cache-storage.ts";

/** A storage, and how to wait until it has nothing to do. */
export interface WatchedStorage {
  readonly storage: CacheStorage;
  idle(): Promise<void>;
}

export function watchStorage(inner: CacheStorage): WatchedStorage {
  const working = new Set<Promise<unknown>>();

  async function watch<T>(work: Promise<T>): Promise<T> {
    working.add(work);
    try {
      return await work;
    } finally {
      working.delete(work);
    }
  }

  async function seen(finding: Promise<StoredResponse | undefined>): Promise<StoredResponse | undefined> {
    const found = await watch(finding);
    if (found === undefined) return undefined;
    const { head, body } = found;
    return {
      head,
      body: {
        length: body.length,
        bytes: body.bytes,
        read(part) {
          const chunks = body.read(part)[Symbol.asyncIterator]();
          const iterator: AsyncIterableIterator<Uint8Array> = {
            next: () => watch(chunks.next()),
            return: () => watch(chunks.return?.() ?? Promise.resolve({ done: true as const, value: undefined })),
            [Symbol.asyncIterator]: () => iterator,
          };
          return iterator;
        },
      },
    };
  }

  return {
    storage: {
      ...inner,
      find: (key) => seen(inner.find(key)),
      refresh: (key, stored, head) => seen(inner.refresh(key, stored, head)),
      admit(key, head, bodyLength) {
        const admission = inner.admit(key, head, bodyLength);
        return admission && { ...admission, commit: () => seen(admission.commit()) };
      },
      invalidationsWritten: () => watch(inner.invalidationsWritten?.() ?? Promise.resolve(true)),
    },
    async idle() {
      while (working.size > 0) {
        await Promise.allSettled(working);
        // Whoever waited for it goes on, and may ask for more.
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}
