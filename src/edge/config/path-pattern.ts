// Path patterns of behaviors: `*` is any run of characters, slashes included, `?` is exactly one. A pattern is cut at
// its stars once, at compile time; matching then looks for the pieces from left to right, each at the first place where
// it fits, and never goes back, so a hostile path cannot make it slow.

export interface PathPattern {
  /** As configured. */
  readonly text: string;
  /** `path` is a normalized path, see `normalizePath`. Case counts. */
  matches(path: string): boolean;
}

/** `images/*.jpg` and `/images/*.jpg` are the same pattern. [CFDG distribution-web-values-specify] */
export function compilePathPattern(text: string): PathPattern {
  const pieces = (text.startsWith("/") ? text : `/${text}`).split("*");
  const first = pieces[0] ?? "";
  if (pieces.length === 1) return { text, matches: (path) => path.length === first.length && fitsAt(path, first, 0) };
  const last = pieces.at(-1) ?? "";
  const middle = pieces.slice(1, -1).filter((piece) => piece !== "");
  return { text, matches: (path) => matchesPieces(path, first, middle, last) };
}

function matchesPieces(path: string, first: string, middle: readonly string[], last: string): boolean {
  const end = path.length - last.length;
  if (end < first.length || !fitsAt(path, first, 0) || !fitsAt(path, last, end)) return false;
  // The leftmost fit of each piece leaves the most room for those after it, so no other needs to be tried.
  let from = first.length;
  for (const piece of middle) {
    const found = findPiece(path, piece, from, end);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return true;
}

function findPiece(path: string, piece: string, from: number, end: number): number {
  if (!piece.includes("?")) {
    const found = path.indexOf(piece, from);
    return found >= 0 && found + piece.length <= end ? found : -1;
  }
  for (let at = from; at + piece.length <= end; at++) if (fitsAt(path, piece, at)) return at;
  return -1;
}

function fitsAt(path: string, piece: string, at: number): boolean {
  for (let index = 0; index < piece.length; index++) {
    const wanted = piece.charCodeAt(index);
    if (wanted !== QUESTION && wanted !== path.charCodeAt(at + index)) return false;
  }
  return true;
}

const QUESTION = 0x3f;

/**
 * The path as patterns see it: unreserved characters decoded, repeated slashes and dot segments collapsed [RFC 3986
 * §6.2.2, §5.2.4]. For matching only: the origin and the cache key get the path as the viewer wrote it. [CFDG
 * distribution-web-values-specify]; that decoding happens too is our reading of "normalized" there.
 */
export function normalizePath(raw: string): string {
  const decoded = raw.includes("%") ? raw.replace(/%[0-9A-Fa-f]{2}/g, decodeUnreserved) : raw;
  if (!decoded.includes("//") && !decoded.includes("/.")) return decoded;
  const kept: string[] = [];
  const segments = decoded.split("/");
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === "..") kept.pop();
    else if (segment !== "." && segment !== "") kept.push(segment);
    if (isLast && (segment === "" || segment === "." || segment === "..")) kept.push("");
  }
  return `/${kept.join("/")}`;
}

function decodeUnreserved(escape: string): string {
  const character = String.fromCharCode(parseInt(escape.slice(1), 16));
  return /[A-Za-z0-9._~-]/.test(character) ? character : escape;
}
