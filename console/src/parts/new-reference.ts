// A caller reference that nobody has used.

/** Not `crypto.randomUUID`, which is for pages over TLS only. */
export function newReference(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
