// Aliases with a wildcard cover names of any depth below theirs. One that covers a name of another account would get the viewers
// of all names of that account that are not there yet, or not any more.

/** The wildcards that would cover it, in lower case like the alias, itself not among them. [CFDG CNAMEs] */
export function wildcardsOver(alias: string): readonly string[] {
  const labels = alias.split(".");
  const first = labels[0] === "*" ? 2 : 1;
  return labels.slice(first).map((_, index) => `*.${labels.slice(first + index).join(".")}`);
}
