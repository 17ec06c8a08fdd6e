// Several bodies sent one after the other as one: the parts of an answer, and what frames them. As slow as the viewer.

/** Bytes that are here, or a body to be read. */
export type Stretch = Uint8Array | AsyncIterable<Uint8Array>;

export interface Sequence extends AsyncIterableIterator<Uint8Array> {
  return(): Promise<IteratorResult<Uint8Array>>;
}

/**
 * What was found in a storage must be read at once or not at all, so the first piece of each body is asked for at once;
 * the rest waits for its turn. Given up, all of them are, begun or not.
 */
export function inSequence(stretches: readonly Stretch[]): Sequence {
  const bodies = stretches.map(begin);
  let at = 0;
  const iterator: Sequence = {
    async next() {
      for (;;) {
        const body = bodies[at];
        if (body === undefined) return { done: true, value: undefined };
        if (body instanceof Uint8Array) {
          at++;
          if (body.length > 0) return { done: false, value: body };
          continue;
        }
        const { first } = body;
        body.first = undefined;
        try {
          const step = await (first ?? body.rest.next());
          if (step.done !== true) return step;
        } catch (error) {
          await iterator.return();
          throw error;
        }
        at++;
      }
    },
    async return() {
      const left = bodies.slice(at);
      at = bodies.length;
      await Promise.all(left.map(giveUp));
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

interface Begun {
  first: Promise<IteratorResult<Uint8Array>> | undefined;
  readonly rest: AsyncIterator<Uint8Array>;
}

function begin(stretch: Stretch): Uint8Array | Begun {
  if (stretch instanceof Uint8Array) return stretch;
  const rest = stretch[Symbol.asyncIterator]();
  const first = rest.next();
  first.catch(() => {}); // seen when its turn comes
  return { first, rest };
}

async function giveUp(body: Uint8Array | Begun): Promise<void> {
  if (body instanceof Uint8Array) return;
  const { first, rest } = body;
  // A reader that waits for its first piece must be woken, so this does not wait for it.
  await rest.return?.();
  await first?.catch(() => undefined);
}
