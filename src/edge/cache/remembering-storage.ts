// The storage of an edge that remembers for explain what became of what was to be stored. Nothing of it is on the way of a hit.
// Parts, markers of Vary and copies of what other workers own are not remembered: they are told by what is there.

import type { CacheStorage, StoredHead } from "../storage/cache-storage.ts";
import type { Past } from "./past.ts";

export function rememberingStorage(storage: CacheStorage, past: Past): CacheStorage {
  return {
    ...storage,
    admit(key, head, bodyLength) {
      const admission = storage.admit(key, head, bodyLength);
      if (!isRemembered(head)) return admission;
      const { began, status } = head;
      const lose = (why: string): void => past.note(key, { kind: "lost", began, status, why });
      if (admission === undefined) {
        lose("it was too large, or there was no room for it");
        return undefined;
      }
      let isOver = false;
      return {
        append(chunk) {
          if (admission.append(chunk)) return true;
          if (!isOver) lose("it grew too large, there was no room for it, or the disk had fallen behind");
          isOver = true;
          return false;
        },
        readBack: (from) => admission.readBack?.(from),
        async commit() {
          const stored = await admission.commit();
          if (stored === undefined) lose("there was no room for it, or the disk had fallen behind");
          else past.note(key, { kind: "stored", began, status, why: "" });
          return stored;
        },
        abort() {
          admission.abort();
          if (isOver) return;
          past.note(key, { kind: "not-stored", began, status, why: "its body did not arrive whole" });
        },
      };
    },
    async refresh(key, stored, head) {
      const refreshed = await storage.refresh(key, stored, head);
      if (refreshed !== undefined && isRemembered(head)) {
        past.note(key, { kind: "stored", began: head.began, status: head.status, why: "" });
      }
      return refreshed;
    },
    drop(key) {
      storage.drop(key);
      past.noteDropped(key);
    },
  };
}

function isRemembered({ lease, parts, isVaryMarker }: StoredHead): boolean {
  return lease === undefined && parts === undefined && isVaryMarker !== true;
}
