// What stands between the console and everybody else, over raw sockets: names, origins, the field of its page, cookies, guesses, garbage.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { newAccessKey } from "../support/new-access-key.ts";
import { startService, type RunningService } from "../support/running-service.ts";
import { warmfront } from "../support/warmfront-command.ts";
import { buildConsole } from "../../tools/build-console.ts";
import { askRaw, KEY, ownFields, rawSignIn, type RawAsk } from "./raw-console.ts";

const CALL = "/_warmfront/console/call/ListDistributions";
let service: RunningService;
let audit: string;

before(async () => {
  await buildConsole();
  audit = join(mkdtempSync(join(tmpdir(), "warmfront-audit-")), "audit.log");
  const addresses = ["--console-addresses", "https://console.example.com,http://desk.localhost:9000"];
  service = await startService(["--audit-log", audit, "--console-sign-in-failures-max", "3", ...addresses]);
});
after(async () => {
  await service[Symbol.asyncDispose]();
  rmSync(join(audit, ".."), { recursive: true });
});

test("the page and its files come with a policy that lets nothing else run, and hashed files may be kept for ever", async () => {
  const { apiPort } = service;
  const page = await askRaw(apiPort, { path: "/distributions/E1" });
  assert.equal(page.status, 200);
  assert.match(
    page.head,
    /^content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'\r$/im,
  );
  for (const field of [
    /^x-content-type-options: nosniff\r/im,
    /^referrer-policy: no-referrer\r/im,
    /^cache-control: no-cache\r/im,
  ])
    assert.match(page.head, field);
  const script = /src="(\/assets\/[^"]+)"/.exec(page.body)?.[1] ?? "";
  const file = await askRaw(apiPort, { path: script, fields: ["Accept-Encoding: gzip;q=0.5, br"] });
  assert.equal(file.status, 200);
  assert.match(file.head, /^cache-control: public, max-age=31536000, immutable\r/im);
  assert.match(file.head, /^content-encoding: br\r/im);
  const plain = await askRaw(apiPort, { path: script, fields: ["Accept-Encoding: br;q=0, gzip;q=0"] });
  assert.doesNotMatch(plain.head, /content-encoding/i);
  for (const path of ["/assets/../../package.json", "/assets/%2e%2e/stamp", "/stamp", "/assets/nothing.js"]) {
    const other = await askRaw(apiPort, { path });
    assert.ok(other.status === 404 || other.body.startsWith("<!doctype html>"), path);
  }
});

test("a name that is not the console's gets nothing of it", async () => {
  const { apiPort } = service;
  const cookie = await rawSignIn(apiPort);
  for (const host of [
    "evil.example",
    `console.localhost.evil.example:${apiPort}`,
    `localhost:${apiPort}`,
    `127.0.0.1:${apiPort}`,
    "console.localhost, evil.example",
  ]) {
    const page = await askRaw(apiPort, { host });
    assert.doesNotMatch(page.body, /doctype html/i, host);
    for (const [method, path] of [
      ["GET", "/_warmfront/console/session"],
      ["POST", CALL],
      ["POST", "/_warmfront/console/session"],
    ] as const) {
      const fields = [...ownFields(apiPort, cookie)];
      const answer = await askRaw(apiPort, { method, path, host, fields, body: JSON.stringify(KEY) });
      assert.ok(answer.status === 403 || answer.status === 404, `${host} ${path}: ${answer.status}`);
      assert.doesNotMatch(answer.head, /set-cookie/i);
    }
  }
  const twice = await askRaw(apiPort, { fields: ["Host: evil.example"] });
  assert.doesNotMatch(twice.body, /doctype html/i);
});

test("a request of another origin, or without the page's field, is refused with its session's cookie too", async () => {
  const { apiPort } = service;
  const cookie = await rawSignIn(apiPort);
  const good = ownFields(apiPort, cookie);
  const but = (name: string, ...instead: string[]): string[] => [
    ...good.filter((field) => !field.startsWith(name)),
    ...instead,
  ];
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ["another site", but("Origin", "Origin: http://evil.example")],
    ["another port", but("Origin", "Origin: http://console.localhost:1")],
    ["TLS, which this is not", but("Origin", `Origin: https://console.localhost:${apiPort}`)],
    ["no origin", but("Origin")],
    ["an origin without a name", but("Origin", "Origin: null")],
    ["two origins", but("Nothing", "Origin: http://evil.example")],
    ["another site, by the browser's word", but("Sec-Fetch-Site", "Sec-Fetch-Site: cross-site")],
    ["the same site", but("Sec-Fetch-Site", "Sec-Fetch-Site: same-site")],
    ["no field", but("X-Warmfront")],
    ["another field", but("X-Warmfront", "X-Warmfront-Console: 0")],
  ];
  const ask = { method: "POST", path: CALL, body: "{}" } as const;
  assert.equal((await askRaw(apiPort, { ...ask, fields: good })).status, 200);
  for (const [what, fields] of rows) {
    const answer = await askRaw(apiPort, { ...ask, fields });
    assert.equal(answer.status, 403, what);
    assert.match(answer.body, /"code":"ForeignRequest"/, what);
    const guess = await askRaw(apiPort, {
      ...ask,
      path: "/_warmfront/console/session",
      fields,
      body: JSON.stringify(KEY),
    });
    assert.equal(guess.status, 403, `sign-in: ${what}`);
  }
  for (const fields of [
    good.filter((field) => !field.startsWith("X-")),
    but("Origin", "Origin: http://evil.example"),
  ]) {
    assert.equal((await askRaw(apiPort, { path: "/_warmfront/console/session", fields })).status, 403);
  }
});

test("a session is one cookie that was given out: no other, not two, and not after its end", async () => {
  const { apiPort } = service;
  const session = (cookie: string): RawAsk => ({
    path: "/_warmfront/console/session",
    fields: ownFields(apiPort, cookie),
  });
  const [one, other] = [await rawSignIn(apiPort), await rawSignIn(apiPort)];
  const [name, token = ""] = one.split("=");
  assert.equal(name, "warmfront-console");
  assert.equal((await askRaw(apiPort, session(one))).status, 200);
  for (const cookie of [
    "",
    `${name}=`,
    `${name}=${token.slice(1)}`,
    `${name}=${"A".repeat(43)}`,
    `${one}; ${other}`,
    `x${one}`,
    `__Host-${one}`,
    `${name}=${"%".repeat(5000)}`,
  ]) {
    const answer = await askRaw(apiPort, session(cookie));
    assert.equal(answer.status, 401, cookie.slice(0, 60));
  }
  const out = { method: "DELETE", path: "/_warmfront/console/session", fields: ownFields(apiPort, one) };
  assert.match((await askRaw(apiPort, out)).head, /^Set-Cookie: warmfront-console=; .*Max-Age=0/m);
  assert.equal((await askRaw(apiPort, session(one))).status, 401);
  assert.equal((await askRaw(apiPort, session(other))).status, 200);
});

test("behind TLS the cookie is of this host alone, and the origin is the address that was set", async () => {
  const { apiPort } = service;
  const fields = ["Origin: https://console.example.com", "X-Warmfront-Console: 1"];
  const ask = { method: "POST", path: "/_warmfront/console/session", host: "console.example.com" } as const;
  const key = newAccessKey(service, "123456789012");
  const body = JSON.stringify({ accessKeyId: key.accessKeyId, secretAccessKey: key.secret });
  const answer = await askRaw(apiPort, { ...ask, fields, body });
  assert.equal(answer.status, 200);
  assert.match(
    answer.head,
    /^Set-Cookie: __Host-warmfront-console=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure\r?$/m,
  );
  const plain = await askRaw(apiPort, {
    ...ask,
    fields: ["Origin: http://console.example.com", "X-Warmfront-Console: 1"],
    body,
  });
  assert.equal(plain.status, 403);
  // What everybody knows opens nothing under a name that others may reach.
  const known = await askRaw(apiPort, { ...ask, fields, body: JSON.stringify(KEY) });
  assert.equal(known.status, 403);
  assert.match(known.body, /default access key is not for/);
});

test("a session ends with its access key, acts as it, and is named in the audit log", async () => {
  const { apiPort, dataDirectory } = service;
  const key = newAccessKey(service, "210987654321");
  const cookie = await rawSignIn(apiPort, { accessKeyId: key.accessKeyId, secretAccessKey: key.secret });
  const ask = { method: "POST", fields: ownFields(apiPort, cookie) } as const;
  const config = { CloudFrontOriginAccessIdentityConfig: { CallerReference: "one", Comment: "by the console" } };
  const create = "/_warmfront/console/call/CreateCloudFrontOriginAccessIdentity";
  assert.equal((await askRaw(apiPort, { ...ask, path: create, body: JSON.stringify(config) })).status, 201);
  const list = { ...ask, path: "/_warmfront/console/call/ListCloudFrontOriginAccessIdentities", body: "{}" };
  assert.match((await askRaw(apiPort, list)).body, /by the console/);
  const others = { ...list, fields: ownFields(apiPort, await rawSignIn(apiPort)) };
  assert.doesNotMatch((await askRaw(apiPort, others)).body, /by the console/);

  const lines = readFileSync(audit, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const made = lines.find(({ operation }) => operation === "cloudfront:CreateCloudFrontOriginAccessIdentity");
  assert.equal(made?.["by"], "console");
  assert.equal(made?.["accessKeyId"], key.accessKeyId);
  assert.ok(
    lines.some(({ operation, accessKeyId }) => operation === "warmfront:SignIn" && accessKeyId === key.accessKeyId),
  );

  const deleted = await warmfront(
    "access-keys",
    "delete",
    "--id",
    key.accessKeyId,
    "--account",
    "210987654321",
    "--data-dir",
    dataDirectory,
  );
  assert.equal(deleted.status, 0, deleted.err);
  assert.equal((await askRaw(apiPort, list)).status, 401);
});

test("garbage is refused as what it is, and large bodies before they have come", async () => {
  const { apiPort } = service;
  const fields = ownFields(apiPort, await rawSignIn(apiPort));
  const rows: readonly (readonly [string, number, string])[] = [
    ["", 400, "MalformedInput"],
    ["nothing", 400, "MalformedInput"],
    ["[]", 400, "MalformedInput"],
    ["null", 400, "MalformedInput"],
    ['{"Id":{"toString":1}}', 400, "MalformedInput"],
    ['{"__proto__":{"Id":"E1"}}', 400, "MalformedInput"],
    ["[".repeat(500_000), 400, "MalformedInput"],
    [`{"DistributionConfig":${'{"Origins":'.repeat(20_000)}1${"}".repeat(20_000)}}`, 400, "MalformedInput"],
    ['{"DistributionConfig":{"Nonsense":1}}', 400, "MalformedInput"],
    ['{"DistributionConfig":{"Comment":"\\u0000"}}', 400, "MalformedInput"],
    ['{"DistributionConfig":{"Enabled":"true"}}', 400, "MalformedInput"],
    ['{"DistributionConfig":{}}', 400, "MalformedXML"],
    ["\xff\xfe".repeat(100), 400, "MalformedInput"],
  ];
  const ask = { method: "POST", path: "/_warmfront/console/call/CreateDistribution", fields } as const;
  for (const [body, status, code] of rows) {
    const answer = await askRaw(apiPort, { ...ask, body });
    assert.equal(answer.status, status, body.slice(0, 60));
    assert.match(answer.body, new RegExp(`"code":"${code}"`), body.slice(0, 60));
  }
  const large = await askRaw(apiPort, { ...ask, body: `{"x":"${"y".repeat(10_000)}"}`, bytesSaid: 10_000_000 });
  assert.equal(large.status, 413);
  assert.match(large.body, /"code":"RequestEntityTooLarge"/);
  for (const path of [
    "call/",
    "call/../session",
    "call/CreateDistribution/",
    "call/DeleteEverything",
    "call/constructor",
    "nothing",
    "__proto__",
  ]) {
    const answer = await askRaw(apiPort, { ...ask, path: `/_warmfront/console/${path}`, body: "{}" });
    assert.ok([400, 404].includes(answer.status), `${path}: ${answer.status} ${answer.body}`);
  }
  assert.equal((await askRaw(apiPort, { method: "PUT", path: "/distributions" })).status, 405);
  assert.doesNotMatch(service.errors(), / failed: /, "none of it was a fault of the server's");
});

test("who guesses has to wait, the right secret too; and no answer tells which part was wrong", async () => {
  const { apiPort } = service;
  const ask = { method: "POST", path: "/_warmfront/console/session", fields: ownFields(apiPort) } as const;
  const key = newAccessKey(service, "333333333333");
  const guess = async (accessKeyId: string, secretAccessKey: string) =>
    askRaw(apiPort, { ...ask, body: JSON.stringify({ accessKeyId, secretAccessKey }) });
  const wrong = await guess(key.accessKeyId, "wrong");
  const unknown = await guess("AKIAUNKNOWNUNKNOWN01", key.secret);
  assert.equal(wrong.status, 403);
  assert.equal(wrong.body, unknown.body);
  const flood = await Promise.all(Array.from({ length: 30 }, (_, index) => guess(key.accessKeyId, `wrong-${index}`)));
  assert.ok(flood.filter(({ status }) => status === 429).length >= 20);
  const right = await guess(key.accessKeyId, key.secret);
  assert.equal(right.status, 429);
  assert.match(right.head, /^retry-after: \d+\r?$/im);
});
