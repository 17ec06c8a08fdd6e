// Jobs of one file, done in the order in which they were given. Who gives one hears how it ended; the next does not care.

export type Sequence = (job: () => Promise<void>) => Promise<void>;

export function oneAfterAnother(): Sequence {
  let last: Promise<void> = Promise.resolve();
  return (job) => {
    last = runAfter(last, job);
    return last;
  };
}

async function runAfter(before: Promise<void>, job: () => Promise<void>): Promise<void> {
  await before.catch(() => undefined);
  await job();
}
