// Does the Resource of a custom policy cover a URL? By the rules of the era that the signing key is of: key pairs of accounts by
// those of 2016, keys in key groups by today's. [D-0016] Where the two documents leave something open, less is covered.

import { normalizePath } from "../../config/path-pattern.ts";
import { readingsElsewhere } from "../../config/path-readings.ts";
import type { TrustedKey } from "../../config/trusted-keys.ts";
import { writtenUrls, type SignedUrl } from "./signed-url.ts";

/** A pattern once it is read; asked for every request that it is signed for. */
export type ResourcePattern = (url: SignedUrl) => boolean;

/** `undefined`: there is no Resource, which covers every URL. */
export function compileResource(resource: string | undefined, kind: TrustedKey["kind"]): ResourcePattern {
  if (resource === undefined) return () => true;
  const covers = kind === "key-pair" ? compileWhole(resource) : compileSections(resource);
  return (url) => {
    if (!covers(url)) return false;
    // An origin may collapse dot segments and slashes: `/public/*` must not open `/public/../private`.
    const normalized = normalizePath(url.path);
    if (normalized !== url.path && !covers({ ...url, path: normalized })) return false;
    return readingsElsewhere(url.path).every((path) => covers({ ...url, path }));
  };
}

/**
 * 2016: `*` and `?` anywhere, over the whole URL. `\?` is today's question mark that is one; no URL has a backslash before
 * one, so nothing is covered by that which was not meant. [CFDG private-content-creating-signed-url-custom-policy]
 */
function compileWhole(resource: string): ResourcePattern {
  if (!/^(?:(?:https?|wss?):\/\/|http\*|\*)/.test(resource)) return () => false;
  const pattern = readGlob(resource);
  return (url) => writtenUrls(url).some((written) => matchesGlob(pattern, written));
}

/**
 * Today: scheme, domain, path and query for themselves, and a wildcard stays in its section. A star that ends the pattern
 * covers what follows its section too. `http*://`, which many policies have, is read as any scheme.
 */
function compileSections(resource: string): ResourcePattern {
  if (resource === "*") return () => true;
  const [, scheme, afterScheme] = /^(https?|wss?|http\*|\*):\/\/(.*)$/s.exec(resource) ?? [];
  // A leading star without scheme is any scheme, and the domain's wildcard.
  if (afterScheme === undefined && !resource.startsWith("*")) return () => false;
  const rest = afterScheme ?? resource;
  const slash = rest.indexOf("/");
  const domain = readGlob((slash < 0 ? rest : rest.slice(0, slash)).toLowerCase());
  const takesScheme = (url: SignedUrl): boolean =>
    scheme === undefined || scheme.includes("*") || url.schemes.includes(scheme);
  const takesHost = (url: SignedUrl): boolean => url.hosts.some((host) => matchesGlob(domain, host.toLowerCase()));
  if (slash < 0) return rest.endsWith("*") ? (url) => takesScheme(url) && takesHost(url) : () => false;
  const takesTarget = compileTarget(rest.slice(slash));
  return (url) => takesScheme(url) && takesTarget(url) && takesHost(url);
}

type Target = Pick<SignedUrl, "path" | "query">;

/** Path and query are parted by `\?`. Without one, a `?` may be either: one character of the path, or the parting one. */
function compileTarget(text: string): (target: Target) => boolean {
  const parting = text.indexOf("\\?");
  if (parting >= 0) return compileParted(text.slice(0, parting), text.slice(parting + 2));
  const path = readGlob(text);
  const coversQuery = text.endsWith("*");
  const parted: ((target: Target) => boolean)[] = [];
  for (let at = text.indexOf("?"); at >= 0 && parted.length < PARTINGS_MAX; at = text.indexOf("?", at + 1)) {
    parted.push(compileParted(text.slice(0, at), text.slice(at + 1)));
  }
  return (target) =>
    ((coversQuery || target.query === undefined) && matchesGlob(path, target.path)) ||
    parted.some((covers) => covers(target));
}

/** A query in a pattern that has more question marks than this is written with `\?`. */
const PARTINGS_MAX = 8;

function compileParted(pathText: string, queryText: string): (target: Target) => boolean {
  const path = readGlob(pathText);
  const query = readGlob(queryText);
  return (target) => target.query !== undefined && matchesGlob(query, target.query) && matchesGlob(path, target.path);
}

/** Characters, and two that are none: any run, any one. */
type Glob = readonly number[];
const RUN = -1;
const ONE = -2;

function readGlob(text: string): Glob {
  const glob: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "*") glob.push(RUN);
    else if (character === "?") glob.push(ONE);
    else if (character === "\\" && text[at + 1] === "?") glob.push(text.charCodeAt(++at));
    else glob.push(text.charCodeAt(at));
  }
  return glob;
}

/** Goes back to the last star only: an earlier one that took more would leave less for the rest. */
function matchesGlob(glob: Glob, text: string): boolean {
  let at = 0;
  let place = 0;
  let star = -1;
  let resumeAt = 0;
  while (at < text.length) {
    const wanted = glob[place];
    if (wanted === RUN) {
      star = place++;
      resumeAt = at;
    } else if (wanted === ONE || wanted === text.charCodeAt(at)) {
      place++;
      at++;
    } else if (star >= 0) {
      place = star + 1;
      at = ++resumeAt;
    } else return false;
  }
  while (glob[place] === RUN) place++;
  return place === glob.length;
}
