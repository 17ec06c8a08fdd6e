// Which pages a path of an invalidation names.

import { scenario, type Step } from "./harness.ts";

const PAGES = ["/a", "/a/", "/a/b.jpg", "/A", "/ab"];

// path → the pages that go
const ROWS: readonly (readonly [path: string, ...gone: readonly string[]])[] = [
  ["/a", "/a"],
  ["/a/", "/a/"],
  ["/A", "/A"],
  ["/a/*", "/a/", "/a/b.jpg"],
  ["/a*", "/a", "/a/", "/a/b.jpg", "/ab"],
  ["/*", ...PAGES],
  ["/none"],
];
for (const [path, ...gone] of ROWS) {
  scenario(
    `an invalidation of ${path} takes ${gone.join(" ") || "nothing"}, and no other page`,
    "CFDG Invalidation",
    {},
    [
      ...PAGES.map((page): Step => ({ viewer: `GET ${page}`, origin: { body: "v" }, expect: { result: "Miss" } })),
      { invalidate: [path] },
      ...PAGES.map((page): Step => ({
        viewer: `GET ${page}`,
        expect: { result: gone.includes(page) ? "Miss" : "Hit" },
      })),
    ],
  );
}

scenario("an invalidation of several paths takes them all", "CFDG Invalidation", {}, [
  { viewer: "GET /a", expect: { result: "Miss" } },
  { viewer: "GET /b", expect: { result: "Miss" } },
  { viewer: "GET /c", expect: { result: "Miss" } },
  { invalidate: ["/a", "/b"] },
  { viewer: "GET /a", expect: { result: "Miss" } },
  { viewer: "GET /b", expect: { result: "Miss" } },
  { viewer: "GET /c", expect: { result: "Hit" } },
]);

scenario("characters that a URL cannot hold are named percent-encoded", "CFDG Invalidation", {}, [
  { viewer: "GET /caf%C3%A9", expect: { result: "Miss" } },
  { viewer: "GET /a~b", expect: { result: "Miss" } },
  { invalidate: ["/caf%C3%A9"] },
  { viewer: "GET /caf%C3%A9", expect: { result: "Miss" } },
  { viewer: "GET /a~b", expect: { result: "Hit" } },
]);
