// Files on their way out: each goes when nobody reads it, and not before those that saw it in the index a moment ago could
// begin to.

/** Files that one removal unlinks at the same time: the thread pool has others to serve. */
const AT_ONCE = 2;

export interface Removals extends AsyncDisposable {
  /** Settles when they are gone, or are sure to go: then it does not wait. */
  remove(files: readonly string[]): Promise<void>;
  hold(files: readonly string[]): Disposable;
}

/** When it is disposed of, what is on its way goes at once. */
export function openRemovals(to: {
  readonly unlink: (file: string) => Promise<void>;
  readonly reportFault: (fault: unknown) => void;
  readonly removeAfterMs: number;
}): Removals {
  const readers = new Map<string, number>();
  const whenUnread = new Set<string>();
  const later = new Map<NodeJS.Timeout, readonly string[]>();
  const going = new Set<Promise<void>>();

  function release(files: readonly string[]): void {
    const unread: string[] = [];
    for (const file of files) {
      const left = (readers.get(file) ?? 0) - 1;
      if (left > 0) readers.set(file, left);
      else readers.delete(file);
      if (left <= 0 && whenUnread.delete(file)) unread.push(file);
    }
    void unlinkAll(unread);
  }

  async function unlinkAll(files: readonly string[]): Promise<void> {
    const left = files.values();
    const work = async (): Promise<void> => {
      for (const file of left) {
        if (readers.has(file)) whenUnread.add(file);
        else await to.unlink(file).catch(to.reportFault);
      }
    };
    const done = Promise.all(Array.from({ length: AT_ONCE }, work)).then(() => undefined);
    going.add(done);
    await done;
    going.delete(done);
  }

  return {
    async remove(files) {
      if (files.length === 0) return;
      if (to.removeAfterMs === 0) return unlinkAll(files);
      const timer = setTimeout(() => {
        later.delete(timer);
        void unlinkAll(files);
      }, to.removeAfterMs);
      timer.unref();
      later.set(timer, files);
    },

    hold(files) {
      for (const file of files) readers.set(file, (readers.get(file) ?? 0) + 1);
      return { [Symbol.dispose]: () => release(files) };
    },

    async [Symbol.asyncDispose]() {
      const files = [...later.values()].flat();
      for (const timer of later.keys()) clearTimeout(timer);
      later.clear();
      await unlinkAll(files);
      await Promise.all(going);
    },
  };
}
