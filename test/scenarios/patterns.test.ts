// Which behavior a path falls to, seen from outside: the one that matches redirects, the default one serves.

import { list, scenario, type BehaviorDraft, type DistributionDraft } from "./harness.ts";

const PATTERNS = "CFDG distribution-web-values-specify";
const REDIRECTS: BehaviorDraft = { ViewerProtocolPolicy: "redirect-to-https" };

// pattern → paths that match → paths that do not
const ROWS: readonly (readonly [pattern: string, matching: readonly string[], others: readonly string[]])[] = [
  [
    "/images/*.jpg",
    ["/images/a.jpg", "/images/a/b.jpg", "/images/.jpg"],
    ["/images/a.gif", "/a.jpg", "/images/a.jpg/b"],
  ],
  ["images/*.jpg", ["/images/a.jpg"], ["/x/images/a.jpg"]],
  ["*.jpg", ["/logo.jpg", "/a/b/logo.jpg", "/.jpg"], ["/LOGO.JPG", "/logo.Jpg", "/logo.jpg.bak"]],
  ["/a??.jpg", ["/ant.jpg", "/abe.jpg"], ["/a.jpg", "/an.jpg", "/antz.jpg", "/A12.jpg"]],
  ["*.doc?", ["/a.docx", "/.docx"], ["/a.doc", "/a.docxx"]],
  ["/exact", ["/exact", "/exact?any=query", "/exact?"], ["/exact/", "/Exact", "/exactly"]],
  ["/*", ["/", "/a", "/a/b?c"], []],
  ["/a/*", ["/a/", "/a/b"], ["/a", "/A/b"]],
  // Matched as normalized: repeated slashes, dot segments, and escapes of what needs none.
  ["/private/*", ["//private/a", "/x/../private/a", "/./private//a", "/%70rivate/a"], ["/private/../a", "/PRIVATE/a"]],
];

for (const [pattern, matching, others] of ROWS) {
  scenario(
    `${pattern} takes ${matching.join(" ")}, not ${others.join(" ")}`,
    PATTERNS,
    { behaviors: [{ ...REDIRECTS, PathPattern: pattern }] },
    [
      ...matching.map((path) => ({ viewer: `GET ${path}`, expect: { status: 301, asked: [] } })),
      ...others.map((path) => ({ viewer: `GET ${path}`, expect: { status: 200 } })),
    ],
  );
}

scenario(
  "the first behavior that matches applies, whatever matches later",
  PATTERNS,
  {
    behaviors: [
      { ...REDIRECTS, PathPattern: "images/*.jpg" },
      { ViewerProtocolPolicy: "https-only", PathPattern: "images/*" },
      { ...REDIRECTS, PathPattern: "*.gif" },
    ],
  },
  [
    { viewer: "GET /images/sample.jpg", expect: { status: 301 } },
    { viewer: "GET /images/sample.gif", expect: { status: 403 } },
    { viewer: "GET /sample.gif", expect: { status: 301 } },
    { viewer: "GET /sample.jpg", expect: { status: 200 } },
  ],
);

scenario(
  "a path is normalized for matching alone: the origin gets it raw, and each spelling is stored by itself",
  PATTERNS,
  {
    behaviors: [
      {
        PathPattern: "/a/*",
        DefaultTTL: 50,
        AllowedMethods: { ...list("GET", "HEAD"), CachedMethods: list("GET", "HEAD") },
      },
    ],
  },
  [
    { viewer: "GET /a//b", origin: { body: "page" }, expect: { result: "Miss", asked: ["GET /a//b"] } },
    { viewer: "GET /a/b", expect: { result: "Miss", asked: ["GET /a/b"] } },
    { viewer: "GET /a/./b", expect: { result: "Miss", asked: ["GET /a/./b"] } },
    { viewer: "GET /%61/b", expect: { result: "Miss", asked: ["GET /%61/b"] } },
    { viewer: "GET /a//b", expect: { result: "Hit", asked: [] } },
  ],
);

// Names of distributions
const named = (...aliases: readonly string[]): DistributionDraft => ({ config: { Aliases: list(...aliases) } });

for (const [aliases, mine, nobodys] of [
  [
    ["www.behavior.example"],
    ["www.behavior.example", "WWW.Behavior.Example", "www.behavior.example:8080"],
    ["behavior.example"],
  ],
  [["*.behavior.example"], ["a.behavior.example", "a.b.behavior.example"], ["behavior.example", "xbehavior.example"]],
] as const) {
  scenario(
    `${aliases.join(", ")} answers for ${mine.join(", ")}, not for ${nobodys.join(", ")}`,
    "CFDG CNAMEs",
    named(...aliases),
    [
      { viewer: "GET /a", origin: { body: "page" }, expect: { status: 200, result: "Miss" } },
      ...mine.map((host) => ({ viewer: { target: "/a", host }, expect: { status: 200, result: "Hit" } })),
      ...nobodys.map((host) => ({
        viewer: { target: "/a", host },
        expect: { status: 403, says: "\nBad request.\n", asked: [] },
      })),
    ],
  );
}
