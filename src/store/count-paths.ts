// What an invalidation weighs against the limits on those in progress. Shared by the stores.

/** A wildcard path ends in `*`; a `*` anywhere else stands for itself [CFDG Invalidation]. */
export function countPaths(paths: readonly string[]): { readonly plain: number; readonly wildcards: number } {
  const wildcards = paths.filter((path) => path.endsWith("*")).length;
  return { plain: paths.length - wildcards, wildcards };
}
