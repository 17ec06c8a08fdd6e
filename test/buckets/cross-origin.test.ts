// Pages of other origins: a preflight is answered by the bucket's rules alone, and an answer says what a page may read of it,
// whether or not the request itself was allowed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openBucketStage } from "./bucket-stage.ts";

const RULES = `<CORSConfiguration>
  <CORSRule><AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>
    <AllowedHeader>x-amz-*</AllowedHeader><AllowedHeader>Content-Type</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>600</MaxAgeSeconds></CORSRule>
  <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod></CORSRule>
</CORSConfiguration>`;

const PAGE = "https://shop.example.com";

/** [origin, method, headers, status, Access-Control-Allow-Origin] */
const PREFLIGHTS: readonly (readonly [
  origin: string,
  method: string,
  headers: string,
  status: number,
  allowed?: string,
])[] = [
  [PAGE, "GET", "", 200, PAGE],
  [PAGE, "PUT", "X-Amz-Date, content-type", 200, PAGE],
  [PAGE, "PUT", "x-other", 403],
  [PAGE, "DELETE", "", 403],
  ["https://example.com", "GET", "", 403],
  ["https://evil.test", "GET", "", 403],
  ["https://evil.test", "HEAD", "", 200, "*"],
  ["", "GET", "", 400],
  [PAGE, "", "", 400],
  [PAGE, "PATCH", "", 403],
];

test("a preflight is answered by the bucket's rules, and needs no signature", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  const preflight = (origin: string, method: string, headers: string, path = "/shop/k"): ReturnType<typeof ask> =>
    ask(`OPTIONS ${path}`, {
      as: "nobody",
      fields: {
        ...(origin === "" ? {} : { Origin: origin }),
        ...(method === "" ? {} : { "Access-Control-Request-Method": method }),
        ...(headers === "" ? {} : { "Access-Control-Request-Headers": headers }),
      },
    });
  assert.equal((await preflight(PAGE, "GET", "")).code, "AccessForbidden");
  assert.equal((await ask("PUT /shop?cors", { body: RULES })).status, 200);
  for (const [origin, method, headers, status, allowed] of PREFLIGHTS) {
    const answer = await preflight(origin, method, headers);
    const label = `${origin} ${method} ${headers}`;
    assert.deepEqual([answer.status, answer.fields.get("access-control-allow-origin")], [status, allowed], label);
  }
  const whole = await preflight(PAGE, "PUT", "content-type");
  assert.equal(whole.fields.get("access-control-allow-methods"), "GET, PUT");
  assert.equal(whole.fields.get("access-control-allow-headers"), "content-type");
  assert.equal(whole.fields.get("access-control-expose-headers"), "ETag");
  assert.equal(whole.fields.get("access-control-max-age"), "600");
  assert.equal(whole.fields.get("access-control-allow-credentials"), "true");
  assert.match(whole.fields.get("vary") ?? "", /Origin/);
  for (const [path, code] of [
    ["/absent", "NoSuchBucket"],
    ["/absent/k", "NoSuchBucket"],
    ["/", "MethodNotAllowed"],
  ] as const) {
    assert.equal((await preflight(PAGE, "GET", "", path)).code, code, path);
  }
});

test("answers to pages say so, refusals too, and answers to others do not", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  await ask("PUT /shop?cors", { body: RULES });
  await ask("PUT /shop/k", { body: "x" });
  const allowed = async (
    line: string,
    origin: string | undefined,
    as: "owner" | "nobody" = "owner",
  ): Promise<string> => {
    const { status, fields } = await ask(line, { as, fields: origin === undefined ? {} : { Origin: origin } });
    return `${status} ${fields.get("access-control-allow-origin") ?? "-"}`;
  };
  assert.equal(await allowed("GET /shop/k", PAGE), `200 ${PAGE}`);
  assert.equal(await allowed("GET /shop/absent", PAGE), `404 ${PAGE}`);
  assert.equal(await allowed("GET /shop/k", PAGE, "nobody"), `403 ${PAGE}`);
  assert.equal(await allowed("HEAD /shop/k", "https://evil.test"), "200 *");
  assert.equal(await allowed("GET /shop/k", "https://evil.test"), "200 -");
  assert.equal(await allowed("GET /shop/k", undefined), "200 -");
  assert.equal(await allowed("DELETE /shop/k", PAGE), "204 -");
});
