// Several viewers who ask for the same at once, each over a connection of its own: the origin holds its answer until all of
// them have asked.

import {
  ALL_METHODS,
  list,
  scenario,
  type Ask,
  type Expected,
  type OriginAnswer,
  type BehaviorDraft,
} from "./harness.ts";

const COLLAPSING = "CFDG RequestAndResponseBehaviorCustomOrigin";
const THREE: readonly string[] = ["GET /a", "GET /a", "GET /a"];
const EACH_A_MISS = { results: ["Miss", "Miss", "Miss"], asked: THREE };

scenario(
  "many who miss the same page at once cause one request: the first is a miss, the others are hits",
  COLLAPSING,
  {},
  [
    {
      together: ["GET /a", "GET /a", "GET /a", "GET /a"],
      origin: { headers: { "Cache-Control": "max-age=60" }, body: "one for all" },
      expect: { status: 200, body: "one for all", results: ["Hit", "Hit", "Hit", "Miss"], asked: ["GET /a"] },
    },
    { viewer: "GET /a", expect: { result: "Hit", asked: [] } },
  ],
);

scenario("many who ask for what has expired cause one validation", COLLAPSING, {}, [
  {
    viewer: "GET /a",
    origin: { headers: { "Cache-Control": "max-age=1", ETag: '"1"' }, body: "still good" },
    expect: { result: "Miss" },
  },
  { advanceSeconds: 2 },
  {
    together: THREE,
    origin: { status: 304, headers: { "Cache-Control": "max-age=60", ETag: '"1"' } },
    expect: { status: 200, body: "still good", asked: ["GET /a"], askedWith: { "if-none-match": '"1"' } },
  },
]);

scenario("many who meet one error at once cause one request", COLLAPSING, {}, [
  {
    together: THREE,
    origin: { status: 404, body: "not here" },
    expect: { status: 404, body: "not here", results: ["Error", "Error", "Error"], asked: ["GET /a"] },
  },
]);

scenario("who asks for another page does not wait for the first", COLLAPSING, {}, [
  {
    together: ["GET /a", "GET /b"],
    origin: { body: "a page" },
    atOnce: 2,
    expect: { status: 200, body: "a page", results: ["Miss", "Miss"] },
  },
]);

for (const control of ["no-store", "private", "no-cache", "max-age=0", "s-maxage=0"]) {
  scenario(`what comes with Cache-Control: ${control} and MinTTL 0 is asked for by each`, COLLAPSING, {}, [
    {
      together: THREE,
      origin: { headers: { "Cache-Control": control }, body: "mine" },
      expect: { status: 200, body: "mine", ...EACH_A_MISS },
    },
  ]);
}

// What is never shared → how each asks
const APART: readonly (readonly [string, BehaviorDraft, Ask, Partial<Expected>?])[] = [
  [
    "cookies are forwarded",
    { ForwardedValues: { Cookies: { Forward: "all" } } },
    { target: "/a", headers: { Cookie: "a=1" } },
  ],
  ["all headers are forwarded", { ForwardedValues: { Headers: list("*") } }, { target: "/a" }],
  ["all TTLs are 0", { MinTTL: 0, DefaultTTL: 0, MaxTTL: 0 }, { target: "/a" }],
  ["it is posted", { AllowedMethods: ALL_METHODS }, { method: "POST", target: "/a", body: ["x"] }],
];
for (const [why, behavior, ask] of APART) {
  const origin: OriginAnswer = { headers: { "Cache-Control": "max-age=60" }, body: "mine" };
  const asked = THREE.map((text) => text.replace("GET", ask.method ?? "GET"));
  scenario(`viewers do not wait for each other where ${why}`, COLLAPSING, { behavior }, [
    {
      together: [ask, ask, ask],
      origin,
      atOnce: 3,
      expect: { status: 200, body: "mine", results: EACH_A_MISS.results, asked },
    },
  ]);
}

scenario("with a MinTTL what may not be stored by its own word is shared", COLLAPSING, { behavior: { MinTTL: 60 } }, [
  {
    together: THREE,
    origin: { headers: { "Cache-Control": "no-store" }, body: "for all" },
    expect: { status: 200, body: "for all", results: ["Hit", "Hit", "Miss"], asked: ["GET /a"] },
  },
]);
