// Who waits for the feed to come as far as another worker has followed it already: a moment, never for ever.

export interface FeedWaits {
  /** Resolves when it is so, or when that has taken too long. */
  until(isSo: () => boolean): Promise<void>;
  /** Steps of the feed were applied. */
  onApplied(): void;
}

export function openFeedWaits(msMax: number): FeedWaits {
  const waiting = new Set<() => void>();
  return {
    until(isSo) {
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(look);
          resolve();
        };
        const look = (): void => {
          if (isSo()) done();
        };
        const timer = setTimeout(done, msMax);
        waiting.add(look);
      });
    },
    onApplied() {
      for (const look of waiting) look();
    },
  };
}
