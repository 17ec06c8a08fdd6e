// What an origin that fails is asked again, who stands in for it, and what viewers get of it.

import { ALL_METHODS, list, scenario, type DistributionDraft } from "./harness.ts";

const ORIGIN_PAGE = "CFDG RequestAndResponseBehaviorCustomOrigin";
const FAILOVER = "CFDG high_availability_origin_failover";

const patient = (attempts: number): DistributionDraft => ({
  behavior: { AllowedMethods: ALL_METHODS },
  origin: { ConnectionAttempts: attempts },
  connection: { OriginReadTimeout: 1 },
});

for (const attempts of [1, 2]) {
  scenario(
    `an origin that is silent for OriginReadTimeout is asked ${attempts} times by a GET, then it is a 504`,
    ORIGIN_PAGE,
    patient(attempts),
    [
      {
        viewer: "GET /a",
        origin: { raw: "" },
        expect: { status: 504, result: "Error", asked: Array<string>(attempts).fill("GET /a") },
      },
    ],
  );
}

scenario("a GET that is answered at its second attempt is answered", ORIGIN_PAGE, patient(3), [
  {
    viewer: "GET /a",
    origin: { raw: "", afterwards: { body: "at last" } },
    expect: { status: 200, result: "Miss", body: "at last", asked: ["GET /a", "GET /a"] },
  },
]);

for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
  scenario(`a ${method} that is not answered is not sent again`, ORIGIN_PAGE, patient(3), [
    {
      viewer: { method, target: "/a", ...(method !== "OPTIONS" && { body: ["x"] }) },
      origin: { raw: "", afterwards: { body: "too late" } },
      expect: { status: 504, result: "Error", asked: [`${method} /a`] },
    },
  ]);
}

scenario("an error status of the origin is not asked for again", "CFDG HTTPStatusCodes", patient(3), [
  {
    viewer: "GET /a",
    origin: { status: 503, body: "busy", afterwards: { body: "too late" } },
    expect: { status: 503, body: "busy", asked: ["GET /a"] },
  },
]);

const group: DistributionDraft = {
  behavior: {
    AllowedMethods: { ...list("GET", "HEAD", "OPTIONS"), CachedMethods: list("GET", "HEAD") },
  },
  failsOverAt: [404, 503],
};
/** The API lets nobody have this. */
const groupForAll: DistributionDraft = { ...group, behavior: { AllowedMethods: ALL_METHODS } };

scenario(
  "the secondary answers where the primary's status says so, and the primary is tried first each time",
  FAILOVER,
  group,
  [
    {
      viewer: "GET /a",
      origin: {
        at: {
          "/first/a": { status: 503, body: "busy" },
          "/second/a": { headers: { "Cache-Control": "max-age=60" }, body: "from the secondary" },
          "/first/b": { status: 404 },
          "/second/b": { body: "from the secondary" },
        },
      },
      expect: { status: 200, result: "Miss", body: "from the secondary", asked: ["GET /first/a", "GET /second/a"] },
    },
    { viewer: "GET /a", expect: { result: "Hit", body: "from the secondary", asked: [] } },
    { viewer: "GET /b", expect: { status: 200, asked: ["GET /first/b", "GET /second/b"] } },
  ],
);

for (const status of [200, 301, 400, 500]) {
  scenario(`a ${status} of the primary that is no trigger is final`, FAILOVER, group, [
    {
      viewer: "GET /a",
      origin: { at: { "/first/a": { status, body: "primary" }, "/second/a": { body: "secondary" } } },
      expect: { status, body: "primary", asked: ["GET /first/a"] },
    },
  ]);
}

scenario("where both fail the secondary's answer is the viewer's", FAILOVER, group, [
  {
    viewer: "GET /a",
    origin: { at: { "/first/a": { status: 503 }, "/second/a": { status: 404, body: "nowhere" } } },
    expect: { status: 404, result: "Error", body: "nowhere", asked: ["GET /first/a", "GET /second/a"] },
  },
]);

for (const [method, failsOver] of [
  ["GET", true],
  ["HEAD", true],
  ["OPTIONS", true],
  ["POST", false],
  ["PUT", false],
  ["PATCH", false],
  ["DELETE", false],
] as const) {
  scenario(`a ${method} ${failsOver ? "fails" : "does not fail"} over`, FAILOVER, failsOver ? group : groupForAll, [
    {
      viewer: { method, target: "/a", ...(!failsOver && { body: ["x"] }) },
      origin: { at: { "/first/a": { status: 503 }, "/second/a": { body: "secondary" } } },
      expect: { status: failsOver ? 200 : 503 },
    },
  ]);
}

scenario(
  "a primary that is silent is failed over",
  FAILOVER,
  { ...group, origin: { ConnectionAttempts: 1 }, connection: { OriginReadTimeout: 1 } },
  [
    {
      viewer: "GET /a",
      origin: { at: { "/first/a": { raw: "" }, "/second/a": { body: "secondary" } } },
      expect: { status: 200, body: "secondary", asked: ["GET /first/a", "GET /second/a"] },
    },
  ],
);
