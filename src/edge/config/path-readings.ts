// What a path may mean to whoever is asked for it. A path is forwarded as the viewer wrote it, and patterns see it normalized; but
// a bucket takes `%2F` for a slash, servers collapse dot segments before or after they decode, some take a backslash for a
// slash. A protection holds for a path in each of these readings: only what protects looks here. [D-0016]

import { normalizePath } from "./path-pattern.ts";

/** Whoever decodes may stand behind somebody who did. */
const DECODINGS_MAX = 3;

const NONE: readonly string[] = [];

const UNUSUAL = /[%\\]|\/[/.]/;

/** A slash: of Windows, and the overlong forms of UTF-8 that were taken for one. */
const LIKE_SLASHES = /\\|\xc0\xaf|\xe0\x80\xaf/g;

/** Beside the one that patterns see; none for a plain path. Bytes beyond ASCII are as in Latin-1: patterns have none. */
export function otherReadings(raw: string): readonly string[] {
  if (!UNUSUAL.test(raw)) return NONE;
  const readings = new Set<string>();
  for (const text of decodings(raw)) {
    const slashed = text.replace(LIKE_SLASHES, "/");
    const cut = slashed.indexOf("\0");
    for (const reading of [text, slashed, ...(cut < 0 ? [] : [slashed.slice(0, cut)])]) {
      readings.add(reading).add(collapse(reading));
    }
  }
  readings.delete(normalizePath(raw));
  return [...readings];
}

/**
 * Readings in which the path is another because of its dot segments alone, so that it may lead out of a folder that it seems
 * to be in.
 */
export function readingsElsewhere(raw: string): readonly string[] {
  if (!UNUSUAL.test(raw)) return NONE;
  const readings = new Set<string>();
  for (const text of decodings(raw)) {
    const slashed = text.replace(LIKE_SLASHES, "/");
    if (/\/\.\.?(?:\/|$)/.test(slashed)) readings.add(collapse(slashed));
  }
  return [...readings];
}

/** As written, decoded once, and again for as long as there is something to decode. */
function decodings(raw: string): readonly string[] {
  const found = [raw];
  for (let text = raw; found.length <= DECODINGS_MAX; found.push(text)) {
    const decoded = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    if (decoded === text) break;
    text = decoded;
  }
  return found;
}

/** Like `normalizePath`, of what is decoded: a percent sign is one. */
function collapse(path: string): string {
  if (!path.includes("//") && !path.includes("/.")) return path;
  return normalizePath(path.replaceAll("%", "%25")).replaceAll("%25", "%");
}
