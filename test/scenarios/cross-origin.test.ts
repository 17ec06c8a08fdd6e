// Pages for other sites: the origin says who may read them, and the key has to know what the origin looked at.

import { list, scenario } from "./harness.ts";

const CORS = "CFDG header-caching";
const ORIGIN = { Origin: "https://a.example" };
const allowing = (site: string): Record<string, string> => ({ "Access-Control-Allow-Origin": site, Vary: "Origin" });

scenario("with no Origin in the key a page that was stored without permission goes to other sites as well", CORS, {}, [
  { viewer: "GET /a", origin: { body: "page" }, expect: { result: "Miss" } },
  {
    viewer: { target: "/a", headers: ORIGIN },
    origin: { headers: allowing("https://a.example"), body: "page" },
    expect: { result: "Hit", fields: { "access-control-allow-origin": undefined }, asked: [] },
  },
]);

scenario(
  "with Origin in the key each site has its own permission",
  CORS,
  { behavior: { ForwardedValues: { Headers: list("Origin") } } },
  [
    { viewer: "GET /a", origin: { body: "page" }, expect: { result: "Miss", askedWith: { origin: undefined } } },
    ...["https://a.example", "https://b.example"].map((site) => ({
      viewer: { target: "/a", headers: { Origin: site } },
      origin: { headers: allowing(site), body: "page" },
      expect: {
        result: "Miss",
        fields: { "access-control-allow-origin": site, vary: "Origin" },
        askedWith: { origin: site },
      },
    })),
    {
      viewer: { target: "/a", headers: ORIGIN },
      expect: { result: "Hit", fields: { "access-control-allow-origin": "https://a.example" }, asked: [] },
    },
  ],
);

const PREFLIGHT = { method: "OPTIONS", target: "/a", headers: { ...ORIGIN, "Access-Control-Request-Method": "PUT" } };

scenario(
  "a preflight is stored where OPTIONS is cached, by the headers that are listed",
  CORS,
  {
    behavior: {
      AllowedMethods: { ...list("GET", "HEAD", "OPTIONS"), CachedMethods: list("GET", "HEAD", "OPTIONS") },
      ForwardedValues: { Headers: list("Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers") },
    },
  },
  [
    {
      viewer: PREFLIGHT,
      origin: { status: 200, headers: { ...allowing("https://a.example"), "Access-Control-Allow-Methods": "PUT" } },
      expect: {
        status: 200,
        result: "Miss",
        asked: ["OPTIONS /a"],
        askedWith: { "access-control-request-method": "PUT" },
      },
    },
    { viewer: PREFLIGHT, expect: { result: "Hit", fields: { "access-control-allow-methods": "PUT" }, asked: [] } },
    {
      viewer: { ...PREFLIGHT, headers: { ...PREFLIGHT.headers, "Access-Control-Request-Method": "DELETE" } },
      expect: { result: "Miss", asked: ["OPTIONS /a"] },
    },
    { viewer: { target: "/a", headers: ORIGIN }, expect: { result: "Miss", asked: ["GET /a"] } },
  ],
);
