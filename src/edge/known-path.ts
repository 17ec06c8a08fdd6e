// Paths that a distribution was asked for lately, with what follows from a path alone: which behavior it has, and the cache key that
// it had last. So a hit neither tries patterns nor builds and hashes a key's text again, however many behaviors there are.

import type { EffectiveBehavior } from "./config/effective-config.ts";
import type { CacheKey } from "./storage/cache-storage.ts";

export interface KnownPath {
  /** Raw path that is asked for: the viewer's, or that of the default root object. */
  readonly path: string;
  readonly behavior: EffectiveBehavior;
  /** Without query, of GET and HEAD, for requests whose fields come to `keyRest`; cache-key.ts writes both. */
  key: CacheKey | undefined;
  keyRest: string;
}

export interface KnownPaths {
  /** `raw`: as the viewer wrote it. */
  find(raw: string): KnownPath | undefined;
  /** Not kept where it is very long: anybody can make such paths up. */
  learn(raw: string, path: string, behavior: EffectiveBehavior): KnownPath;
}

/** A longer path is answered for and not kept. */
const LENGTH_MAX = 512;

/** Room for the paths of all distributions of an edge together; each call opens the table of one. */
export function openKnownPathRoom(knownPathsMax: number): () => KnownPaths {
  /** Those with something in them, to be emptied together when there is too much: what is hot is back at once. */
  const filled = new Set<Map<string, KnownPath>>();
  let count = 0;

  return () => {
    const known = new Map<string, KnownPath>();
    return {
      find: (raw) => known.get(raw),
      learn(raw, path, behavior) {
        const isSame = path === raw;
        const own = isSame ? ownCopy(raw) : path;
        const made: KnownPath = { path: own, behavior, key: undefined, keyRest: "" };
        if (raw.length > LENGTH_MAX) return made;
        if (count >= knownPathsMax) {
          for (const each of filled) each.clear();
          filled.clear();
          count = 0;
        }
        filled.add(known);
        count++;
        known.set(isSame ? own : ownCopy(raw), made);
        return made;
      },
    };
  };
}

/** A slice keeps all the text alive that it was cut from: here everything that arrived with the request. */
function ownCopy(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
