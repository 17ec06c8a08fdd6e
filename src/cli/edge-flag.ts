// `--edge`: an edge worker by its number, of the commands that ask for what one of them has.

import type { Arguments } from "./arguments.ts";

/** From 1; a text says what is wrong with it. Whether there is such a worker, the server knows. `undefined`: it was not given. */
export function readEdgeFlag({ flags }: Pick<Arguments, "flags">): number | string | undefined {
  const edge = flags.get("--edge")?.at(-1);
  if (edge === undefined) return undefined;
  return /^[1-9]\d{0,2}$/.test(edge)
    ? Number(edge)
    : `--edge is the number of an edge worker, from 1, found ${JSON.stringify(edge)}`;
}
