// The mix that a replay asks, drawn from a seed: a row for each kind of request, with how often it comes. What the origin of
// logged-sites.ts makes of a path is in its first part.

import type { Random } from "../generated-requests.ts";
import { pick } from "../generated-requests.ts";
import type { Asked } from "./viewing.ts";

interface Kind {
  readonly kind: string;
  /** In a hundred, about. */
  readonly weight: number;
  readonly over?: "http" | "https";
  readonly draw: (random: Random, number: number) => Partial<Asked> & Pick<Asked, "target">;
}

const below = (random: Random, count: number): number => Math.floor(random() * count);
const hot = (random: Random): string => `/hot/${below(random, 30)}`;
const asDetailed = (detailed: string): { readonly detailed: string } => ({ detailed });

/** What is written by people and programs that know no rule: all that a line has to encode, and some that it must not. */
const ODD_QUERIES = [
  "a=1&b=2",
  "q=%20%2520+x",
  'say="hi"',
  "t={a|b}^~[1]`c`'d'",
  "back\\slash<tag>",
  "?",
  "=",
  "a?b?c",
  "%",
  "u=%C3%A9",
];
const ODD_PATHS = ["/hot/a%20b", "/hot/%C3%BC", "/hot/a'b", "/hot/(a)[b]{c}|d^e~f`g", "/hot/;a=b,c@d:e$f!g*h+i"];
const ODD_VALUES = [
  "Mozilla/5.0 (X11; Linux x86_64) A/1.0",
  "caf\u00e9\u00ff",
  "a\tb",
  '"quoted" #x',
  "100%",
  "\\",
  "-",
  "a  b",
];

const KINDS: readonly Kind[] = [
  { kind: "hit", weight: 44, draw: (random) => ({ target: hot(random) }) },
  { kind: "page", weight: 10, draw: (_, number) => ({ target: `/page/${number % 3000}` }) },
  { kind: "query", weight: 6, draw: (random) => ({ target: `${hot(random)}?${pick(random, ODD_QUERIES)}` }) },
  { kind: "odd path", weight: 3, draw: (random) => ({ target: pick(random, ODD_PATHS) }) },
  { kind: "head", weight: 4, draw: (random) => ({ target: hot(random), method: "HEAD" }) },
  { kind: "condition", weight: 4, draw: (random) => ({ target: hot(random), fields: [["If-None-Match", '"v1"']] }) },
  {
    kind: "range",
    weight: 5,
    draw(random) {
      const from = below(random, 50);
      return { target: hot(random), fields: [["Range", `bytes=${from}-${from + below(random, 30)}`]] };
    },
  },
  {
    kind: "range beyond",
    weight: 1,
    draw: (random) => ({ target: hot(random), fields: [["Range", "bytes=5000000-"]] }),
  },
  {
    kind: "compressed",
    weight: 3,
    draw: (random) => ({ target: `/text/${below(random, 30)}`, fields: [["Accept-Encoding", "gzip"]] }),
  },
  { kind: "not stored", weight: 3, draw: (_, number) => ({ target: `/live/${number}` }) },
  { kind: "without length", weight: 2, draw: (_, number) => ({ target: `/chunks/${number % 500}` }) },
  { kind: "not found", weight: 3, draw: (random) => ({ target: `/missing/${below(random, 200)}` }) },
  { kind: "moved", weight: 2, draw: (random) => ({ target: `/moved/${below(random, 50)}` }) },
  {
    kind: "to https",
    weight: 3,
    over: "http",
    draw: (random) => ({ target: `/secure/${below(random, 50)}`, ...asDetailed("Redirect") }),
  },
  { kind: "secure", weight: 2, over: "https", draw: (random) => ({ target: `/secure/${below(random, 50)}` }) },
  {
    kind: "method",
    weight: 2,
    draw: (random) => ({ target: hot(random), method: "DELETE", ...asDetailed("InvalidRequestMethod") }),
  },
  {
    kind: "unsigned",
    weight: 1,
    draw: (random) => ({ target: `/private/${below(random, 9)}`, ...asDetailed("Error") }),
  },
  {
    kind: "form",
    weight: 3,
    draw: (random, number) => ({
      target: `/form/${number}`,
      method: "POST",
      body: Buffer.alloc(1 + below(random, 3000), "b"),
    }),
  },
  { kind: "origin cuts", weight: 0.5, draw: (_, number) => ({ target: `/cut/${number}` }) },
  {
    kind: "origin hangs up",
    weight: 0.3,
    draw: (_, number) => ({ target: `/gone/${number}`, ...asDetailed("OriginCommError") }),
  },
  {
    kind: "viewer leaves",
    weight: 1,
    draw: (_, number) => ({ target: `/long/${number % 40}`, leavesInMidBody: true }),
  },
];

const TOTAL = KINDS.reduce((sum, { weight }) => sum + weight, 0);

/** The request of that number; the same again for the same `random`. */
export function drawRequest(
  random: Random,
  number: number,
  about: { readonly hosts: readonly string[]; readonly isSecure: boolean },
): Asked {
  const { kind, draw } = drawKind(random, about.isSecure);
  const drawn = draw(random, number);
  const more: (readonly [string, string])[] = [...(drawn.fields ?? [])];
  if (random() < 0.8) more.push(["User-Agent", pick(random, ODD_VALUES)]);
  if (random() < 0.3) more.push(["Referer", `https://example.com/${pick(random, ODD_QUERIES)}`]);
  if (random() < 0.3) more.push(["Cookie", `id=${below(random, 1000)}; odd=${pick(random, ODD_QUERIES)}`]);
  if (random() < 0.1) more.push(["X-Forwarded-For", "203.0.113.7, 2001:db8::1"]);
  return { method: "GET", ...drawn, kind, host: pick(random, about.hosts), fields: more };
}

function drawKind(random: Random, isSecure: boolean): Kind {
  for (;;) {
    let at = random() * TOTAL;
    const found = KINDS.find(({ weight }) => (at -= weight) < 0);
    if (found !== undefined && (found.over === undefined || (found.over === "https") === isSecure)) return found;
  }
}
