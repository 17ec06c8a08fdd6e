// Tags of whatever has some, and their arithmetic: what is there after adding, replacing and removing. Pure, shared by the stores.

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/**
 * The tags afterwards: a replaced one keeps its place, a new one comes last. `undefined`: more than `tagsMax` would be
 * left. Of two with one key in `put` the later counts.
 */
export function changeTags(
  tags: readonly Tag[],
  change: { readonly put: readonly Tag[]; readonly remove: readonly string[]; readonly tagsMax: number },
): readonly Tag[] | undefined {
  const values = new Map(tags.map((tag) => [tag.Key, tag.Value]));
  for (const tag of change.put) values.set(tag.Key, tag.Value);
  for (const key of change.remove) values.delete(key);
  if (values.size > change.tagsMax) return undefined;
  return Array.from(values, ([Key, Value]) => ({ Key, Value }));
}
