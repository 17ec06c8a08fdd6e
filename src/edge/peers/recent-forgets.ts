// What was forgotten here a moment ago: a copy of it may still be on its way from an owner that dies before it has forgotten too and
// would have taken the copy back. Such a copy is not taken in; it costs its worker one more question. [D-0027]

import type { DistributionId } from "../../vocabulary/ids.ts";
import type { CacheKey } from "../storage/cache-storage.ts";
import { EVERYTHING } from "./channel-messages.ts";

export interface RecentForgets {
  note(distribution: DistributionId, urls: readonly string[]): void;
  /** Was it forgotten so lately that what comes of it may be older? */
  has(key: CacheKey): boolean;
  tick(): void;
}

const URLS_MAX = 10_000;

/** `ticksKept`: for so long an owner that lives can be without having forgotten. Of very many URLs only that there were some is kept: then all are. */
export function openRecentForgets(ticksKept: number, urlsMax = URLS_MAX): RecentForgets {
  /** The oldest first. */
  const ticksByUrl = new Map<string, number>();
  let ticks = 0;
  let allUntil = -1;

  return {
    note(distribution, urls) {
      for (const url of urls) {
        const text = textOf(distribution, url);
        ticksByUrl.delete(text);
        ticksByUrl.set(text, ticks);
      }
      if (ticksByUrl.size <= urlsMax) return;
      ticksByUrl.clear();
      allUntil = ticks + ticksKept;
    },
    has: ({ distribution, url }) =>
      ticks <= allUntil ||
      (ticksByUrl.size > 0 &&
        (ticksByUrl.has(textOf(distribution, url)) || ticksByUrl.has(textOf(distribution, EVERYTHING)))),
    tick() {
      ticks++;
      for (const [text, at] of ticksByUrl) {
        if (ticks - at <= ticksKept) return;
        ticksByUrl.delete(text);
      }
    },
  };
}

function textOf(distribution: DistributionId, url: string): string {
  return `${distribution} ${url}`;
}
