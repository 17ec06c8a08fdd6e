// The text of a cache key back into its parts, for explain: so two keys can be compared although the requests that made them
// are gone. The inverse of cache-key.ts; what Vary adds (variants.ts) is one part.

import type { KeyPart } from "./cache-key.ts";

/** Each cookie and header by its own name. `undefined`: it is no whole key's text. Order is the key's. */
export function readKey(text: string): readonly KeyPart[] | undefined {
  const [start, distribution, method] = /^([0-9A-Z]+)([|o])/.exec(text) ?? [];
  if (start === undefined || distribution === undefined) return undefined;
  let at = start.length;

  /** A length, a colon and so many characters; a dash for a value that is not there. `null`: neither. */
  function take(): string | undefined | null {
    if (text[at] === "-") {
      at++;
      return undefined;
    }
    const [head, length] = /^(\d+):/.exec(text.slice(at, at + 12)) ?? [];
    if (head === undefined) return null;
    const from = at + head.length;
    at = from + Number(length);
    return at <= text.length ? text.slice(from, at) : null;
  }

  const path = take();
  if (typeof path !== "string") return undefined;
  const parts: KeyPart[] = [
    { name: "distribution", value: distribution },
    { name: "method", value: method === "o" ? "OPTIONS" : "GET or HEAD" },
    { name: "path", value: path },
  ];
  const letters = { bz: "br,gzip", z: "gzip", b: "br" } as const;
  while (at < text.length) {
    const sign = text[at] ?? "";
    const coding = (["bz", "z", "b"] as const).find((code) => text.startsWith(code, at));
    if (coding !== undefined) {
      at += coding.length;
      parts.push({ name: "content coding", value: letters[coding] });
      continue;
    }
    if (sign === "~") {
      parts.push({ name: "variant", value: text.slice(at + 1) });
      return parts;
    }
    at++;
    const value = take();
    if (typeof value !== "string") return undefined;
    if (sign === "?") parts.push({ name: "query", value });
    else if (sign === ";") {
      const equals = value.indexOf("=");
      parts.push({ name: `cookie ${value.slice(0, equals)}`, value: value.slice(equals + 1) });
    } else if (sign === "&") {
      const own = take();
      if (own === null) return undefined;
      parts.push({ name: `header ${value}`, value: own });
    } else return undefined;
  }
  return parts;
}

/** The URL of a key with these parts, as invalidations have it. */
export function urlOfKey(parts: readonly KeyPart[]): string {
  const valueOf = (name: string): string | undefined => parts.find((part) => part.name === name)?.value;
  const query = valueOf("query");
  const path = valueOf("path") ?? "";
  return query === undefined ? path : `${path}?${query}`;
}
