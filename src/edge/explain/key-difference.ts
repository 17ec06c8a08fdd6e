// In which parts two cache keys differ, and which setting of the behavior put each part into the key. Pure: explain holds a missing
// key against stored ones with it, and `warmfront diff-key` two requests against each other.

import type { KeyPart } from "../cache/cache-key.ts";
import type { EffectiveBehavior } from "../config/effective-config.ts";

/** A part of a key, and where it comes from. `value` is left out where the request has none. */
export interface ToldKeyPart {
  readonly name: string;
  readonly value?: string;
  readonly from: string;
}

export interface KeyDifference {
  readonly name: string;
  /** Left out: that key has no such part, or no value for it. */
  readonly one?: string;
  readonly other?: string;
  /** Where the part comes from. */
  readonly from: string;
}

/** Which of a request it is, and the setting that makes it count. */
export function whereFrom(name: string, { key }: EffectiveBehavior): string {
  const [kind = "", which = ""] = name.split(/ (.*)/s);
  switch (kind) {
    case "distribution":
      return "the host names it; hosts of one distribution share what is stored";
    case "method":
      return "GET and HEAD share what is stored, OPTIONS has its own";
    case "path":
      return "the path as the viewer wrote it, or the default root object's";
    case "query":
      return typeof key.query === "object"
        ? `the URL's query, of which QueryStringCacheKeys lists ${[...key.query].join(", ")}`
        : "the URL's query: ForwardedValues.QueryString is true, and QueryStringCacheKeys lists none";
    case "content":
      return key.codings.length > 0
        ? `Accept-Encoding, as far as it takes ${key.codings.join(" or ")}`
        : "Accept-Encoding, as far as the edge tells codings apart";
    case "cookie":
      return key.cookies === "all"
        ? "Cookie: Cookies.Forward is all"
        : `Cookie: WhitelistedNames lists ${cookiePatterns(key.cookies)}`;
    case "header":
      return `ForwardedValues.Headers lists ${which}`;
    default:
      return "request fields that the origin names in its Vary";
  }
}

function cookiePatterns(cookies: EffectiveBehavior["key"]["cookies"]): string {
  return typeof cookies === "string" ? cookies : cookies.map(({ text }) => text).join(", ");
}

/** With where each comes from. */
export function toldParts(parts: readonly KeyPart[], behavior: EffectiveBehavior): readonly ToldKeyPart[] {
  return parts.map(({ name, value }) => ({
    name,
    ...(value !== undefined && { value }),
    from: whereFrom(name, behavior),
  }));
}

/** None: the keys are equal. Repeats of a name are held against each other in their order. */
export function keyDifferences(one: readonly ToldKeyPart[], other: readonly ToldKeyPart[]): readonly KeyDifference[] {
  const names = [...new Set([...one, ...other].map(({ name }) => name))];
  return names.flatMap((name): KeyDifference[] => {
    const [ones, others] = [one, other].map((parts) => parts.filter((part) => part.name === name));
    if (ones === undefined || others === undefined) return [];
    const [value, otherValue] = [ones, others].map(joined);
    if (value === otherValue) return [];
    const from = (ones[0] ?? others[0])?.from ?? "";
    return [
      {
        name,
        ...(value !== undefined && { one: value }),
        ...(otherValue !== undefined && { other: otherValue }),
        from,
      },
    ];
  });
}

/** A header that is in the key without a value is as good as one that is not there: neither reached the origin. */
function joined(parts: readonly ToldKeyPart[]): string | undefined {
  const values = parts.flatMap(({ value }) => value ?? []);
  return values.length === 0 ? undefined : values.join("; ");
}
