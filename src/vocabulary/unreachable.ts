/** Closes a switch over a union: a member that was forgotten does not type-check, and at run time it is our own fault. */
export function unreachable(value: never): never {
  throw new Error(`unreachable value: ${JSON.stringify(value)}`);
}
