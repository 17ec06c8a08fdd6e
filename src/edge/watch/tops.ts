// What is asked for most, and what is missed most and why, of the distributions that somebody looks at. Counted only while somebody does, in a room of
// fixed size; told every two seconds, and then from the beginning again, so that what several workers tell adds up.

import type { AccountId } from "../../vocabulary/ids.ts";
import type { EffectiveDistribution } from "../config/effective-config.ts";
import { openFrequent } from "./frequent.ts";
import type { Tail, TailBatch } from "./tails.ts";

/** Of one worker, since it last told; a line of a batch as JSON. */
export interface TopsNews {
  readonly paths: readonly (readonly [path: string, count: number])[];
  /** By the cause that `explain` would name, or `pass`, where the cache was not asked. */
  readonly misses: readonly (readonly [cause: string, path: string, count: number])[];
}

export interface Tops extends Tail {
  miss(path: string, cause: string): void;
}

const ROOM = 512;
const TOLD_MAX = 64;
const TOLD_EVERY_MS = 2000;
const PATH_MAX = 512;

export function openTops({
  account,
  distribution,
  send,
}: {
  readonly account: AccountId;
  readonly distribution: string | undefined;
  readonly send: (batch: TailBatch) => void;
}): Tops {
  const paths = openFrequent(ROOM);
  const misses = openFrequent(ROOM);
  let isUnderWay = true;

  function flush(): void {
    if (isUnderWay) return;
    const news: TopsNews = {
      paths: paths.take(TOLD_MAX),
      misses: misses.take(TOLD_MAX).map(([key, count]) => {
        const blank = key.indexOf(" ");
        return [key.slice(0, blank), key.slice(blank + 1), count];
      }),
    };
    if (news.paths.length === 0 && news.misses.length === 0) return;
    isUnderWay = true;
    send({ lines: [JSON.stringify(news)], lost: 0 });
  }

  const timer = setInterval(flush, TOLD_EVERY_MS).unref();
  send({ lines: [], lost: 0 });
  const isFor = (of: EffectiveDistribution): boolean =>
    of.account === account && (distribution === undefined || of.id === distribution);
  return {
    isFor,
    isSpent: () => false,
    lose: () => undefined,
    see(batch) {
      for (const { request, served } of batch) {
        if (served.distribution === undefined || !isFor(served.distribution)) continue;
        if ("path" in request) paths.count(shortened(request.path));
      }
    },
    miss: (path, cause) => misses.count(`${cause} ${shortened(path)}`),
    more: () => void (isUnderWay = false),
    flush,
    close() {
      clearInterval(timer);
      isUnderWay = true;
    },
  };
}

function shortened(path: string): string {
  return path.length > PATH_MAX ? `${path.slice(0, PATH_MAX)}…` : path;
}
