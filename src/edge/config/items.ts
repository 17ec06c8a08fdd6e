// The lists of the API, which leave out what is empty.

import type { Listed } from "../../model/distribution.ts";

export function items<T>(list: Listed<T> | undefined): readonly T[] {
  return list?.Items ?? [];
}
