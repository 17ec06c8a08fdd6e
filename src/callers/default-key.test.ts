import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNotDefaultKey } from "./default-key.ts";

type Row = readonly [works: boolean, host: string, method?: string, fields?: Readonly<Record<string, string>>];

const ROWS: readonly Row[] = [
  [true, "localhost:7400"],
  [true, "LOCALHOST."],
  [true, "127.0.0.1:7400"],
  [true, "[::1]:7400"],
  [true, "vault.s3.localhost:7400"],
  [true, "a.b.s3.amazonaws.com"],
  [true, "cloudfront.amazonaws.com"],
  [true, "warmfront:7400"],
  [true, "cdn.test"],
  [false, ""],
  [false, "evil.example:7400"],
  [false, "localhost.evil.example"],
  [false, "127.0.0.1.evil.example"],
  [false, "amazonaws.com.evil.example"],
  [false, "notamazonaws.com"],
  [false, "localhost, evil.example"],
  [false, "localhost:7400@evil.example"],
  // By a viewer, through an edge
  [false, "localhost:7400", "GET", { "X-Amz-Cf-Id": "x" }],
  [false, "vault.s3.amazonaws.com", "PUT", { "x-amz-cf-id": "" }],
  // By a page in a browser
  [false, "localhost:7400", "POST", { Origin: "https://evil.example" }],
  [false, "localhost:7400", "POST", { Origin: "null, https://evil.example" }],
  [true, "localhost:7400", "POST", { Origin: "http://localhost:3000" }],
  [true, "localhost:7400", "POST", { Origin: "https://d1.cloudfront.localhost" }],
  [true, "localhost:7400", "PUT", { Origin: "https://evil.example" }],
];

for (const [works, host, method = "GET", fields = {}] of ROWS) {
  test(`the default key ${works ? "works" : "does not work"} for ${method} ${host} ${JSON.stringify(fields)}`, () => {
    const more: readonly (readonly [string, string])[] = Object.entries(fields);
    const why = whyNotDefaultKey({ method, fields: [["Host", host], ...more] });
    assert.match(why ?? "", works ? /^$/ : /^The default access key is not for .* Make a key of your own with/);
  });
}

test("a page without an origin of its own is nobody's", () => {
  const fields = [
    ["Host", "localhost"],
    ["Origin", "null"],
  ] as const;
  assert.notEqual(whyNotDefaultKey({ method: "POST", fields }), undefined);
});
