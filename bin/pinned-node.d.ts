export function findPinnedNode(): string | undefined;
/** Throws, in words, where there is none. */
export function findNode(): string;
