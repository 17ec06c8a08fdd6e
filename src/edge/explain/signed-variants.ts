// What a signature that does not fit may have been made for: the same URL as it often gets written differently, and the same
// policy as other programs write JSON. Tried on one refused request that somebody asks about, never while serving.

import { cannedPolicyText } from "../../model/access-policy.ts";
import { normalizePath } from "../config/path-pattern.ts";
import type { StatedPolicy } from "../viewer-request/signed/signed-statement.ts";
import { formatUrl, type SignedUrl } from "../viewer-request/signed/signed-url.ts";

/** A text that may have been signed, and in which it differs from what was asked for. */
export interface Variant {
  readonly text: string;
  readonly what: string;
}

/** Names by which the distribution may have been signed for. */
export interface OtherNames {
  readonly hosts: readonly string[];
  readonly defaultRootObject: string;
}

/** Bounds the work: each is verified with the likeliest key and both hashes. */
const VARIANTS_MAX = 1000;

export function* variantsOf(stated: StatedPolicy, url: SignedUrl, names: OtherNames): Generator<Variant> {
  if (stated.kind === "custom") {
    yield* policyVariants(stated.bytes.toString("utf8"));
    return;
  }
  let count = 0;
  for (const [scheme, schemeWhat] of schemesOf(url)) {
    for (const [host, hostWhat] of hostsOf(url, names.hosts)) {
      for (const [path, pathWhat] of pathsOf(url.path, names.defaultRootObject)) {
        for (const [query, queryWhat] of queriesOf(url.query)) {
          if (++count > VARIANTS_MAX) return;
          const other = formatUrl({ scheme, path, query }, host);
          const changes = [schemeWhat, hostWhat, pathWhat, queryWhat].filter((what) => what !== "");
          yield { text: cannedPolicyText(other, stated.expires), what: `${other}: ${changes.join(", ")}` };
        }
      }
    }
  }
}

type Part<T> = readonly [value: T, what: string];

function schemesOf({ scheme }: SignedUrl): readonly Part<SignedUrl["scheme"]>[] {
  const other = scheme === "http" ? "https" : "http";
  return [
    [scheme, ""],
    [other, `it was signed for ${other} and asked for over ${scheme}`],
  ];
}

function hostsOf(url: SignedUrl, names: readonly string[]): readonly Part<string>[] {
  const port = /:\d+$/.exec(url.host)?.[0] ?? "";
  const others = names.flatMap((name) => [name, ...(port === "" ? [] : [`${name}${port}`])]);
  return [
    [url.hosts[0] ?? url.host, ""],
    ...others
      .filter((name) => !url.hosts.includes(name))
      .map((name): Part<string> => [name, `it was signed for the host ${name} and asked for at ${url.host}`]),
  ];
}

function pathsOf(path: string, defaultRootObject: string): readonly Part<string>[] {
  const others: Part<string>[] = [
    [attempt(() => decodeURIComponent(path)), "the path was signed without its escapes"],
    [attempt(() => encodeURI(path)), "the path was signed with its escapes escaped again"],
    [attempt(() => encodeURI(decodeURIComponent(path))), "the path was signed with other escapes"],
    [
      path.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase()),
      "the escapes in the path were signed in upper case",
    ],
    [
      path.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toLowerCase()),
      "the escapes in the path were signed in lower case",
    ],
    [normalizePath(path), "the path was signed without its dot segments"],
    [path.replace(/\/$/, ""), "the path was signed without the slash at its end"],
    [`${path}/`, "the path was signed with a slash at its end"],
    [path === "/" ? `/${defaultRootObject}` : path, "the default root object was signed"],
  ];
  return [[path, ""], ...others.filter(([other]) => other !== path)];
}

/** The whole query, each parameter left out, all from some place on, none. */
function queriesOf(query: string | undefined): readonly Part<string | undefined>[] {
  if (query === undefined) return [[undefined, ""]];
  const pieces = query.split("&").slice(0, 20);
  const without = pieces.map((piece, at): Part<string | undefined> => {
    const rest = pieces.filter((_, other) => other !== at);
    return [rest.length === 0 ? undefined : rest.join("&"), `${piece} was added after it was signed`];
  });
  const cut = pieces.slice(1, -1).map((_, at): Part<string> => {
    const kept = pieces.slice(0, at + 1);
    return [kept.join("&"), `${pieces.slice(at + 1).join("&")} was added after it was signed`];
  });
  const decoded = attempt(() => decodeURIComponent(query));
  return [
    [query, ""],
    ...without,
    ...cut,
    [undefined, `${query} was added after it was signed`],
    ...(decoded === query ? [] : [[decoded, "the query was signed without its escapes"] as const]),
    [pieces.toReversed().join("&"), "the parameters were signed in another order"],
  ];
}

function* policyVariants(text: string): Generator<Variant> {
  const what = "the policy was written anew after it was signed";
  const trimmed = text.trim();
  for (const other of [trimmed, `${trimmed}\n`, `${trimmed}\r\n`]) {
    if (other !== text) yield { text: other, what: `${what}, with other white space around it` };
  }
  yield { text: text.replace(/\s+/g, ""), what: `${what}: white space was taken out before` };
  const value = attempt(() => JSON.parse(text) as unknown);
  if (value === "") return;
  for (const other of [
    JSON.stringify(value),
    JSON.stringify(value, undefined, 2),
    JSON.stringify(value, undefined, 4),
  ]) {
    yield { text: other, what: `${what}, with other white space` };
    yield { text: `${other}\n`, what: `${what}, with other white space` };
  }
  yield { text: JSON.stringify(value).replace(/([:,])/g, "$1 "), what: `${what}, with other white space` };
}

function attempt<T>(read: () => T): T | "" {
  try {
    return read();
  } catch {
    return "";
  }
}
