import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openMemoryStore } from "../../store/memory/open-memory-store.ts";
import { movableClock, seededRandom } from "../../../test/support/control-harness.ts";
import type { AccountId } from "../../vocabulary/ids.ts";
import { DEFAULT_LIMITS } from "../../vocabulary/limits.ts";
import { openObjectFiles, type ObjectFolder } from "../files/open-object-files.ts";
import type { BucketService } from "../operation.ts";
import { serveBuckets } from "../serve-buckets.ts";
import type { WebsiteConfiguration } from "../settings/website-configuration.ts";

const BUCKET = "www.example.com";
const HOST = `${BUCKET}.s3-website.localhost`;

const folder = mkdtempSync(join(tmpdir(), "website-"));
let files: ObjectFolder;
let service: BucketService;

before(async () => {
  const random = seededRandom();
  files = await openObjectFiles({ folder, random, reportFault: () => assert.fail("a fault"), removeAfterMs: 0 });
  service = {
    store: await openMemoryStore(),
    files,
    clock: movableClock(),
    random,
    limits: DEFAULT_LIMITS,
    isDefaultKeyAllowed: true,
    serviceSecret: new Uint8Array(32),
    reportFault: (fault) => assert.fail(String(fault)),
    reportRefusal: () => undefined,
  };
  const statement = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${BUCKET}/*` };
  const shut = { ...statement, Effect: "Deny", Resource: `arn:aws:s3:::${BUCKET}/private/*` };
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement, shut] });
  for (const name of [BUCKET, "no-website", "closed"]) {
    await service.store.buckets.createBucket(
      {
        name,
        account: "000000000000" as AccountId,
        region: "us-east-1",
        createdAtMs: service.clock.now(),
        settings:
          name === "closed" ? { website: JSON.stringify({ IndexDocument: { Suffix: "index.html" } }) } : { policy },
      },
      100,
    );
  }
  await put("closed", "index.html", "closed");
  for (const key of [
    "index.html",
    "docs/index.html",
    "docs/a b.html",
    "page",
    "private/x",
    "/evil.example/index.html",
    "404.html",
  ]) {
    await put(BUCKET, key, `content of ${key}`);
  }
  await put(BUCKET, "moved", "", { "x-amz-website-redirect-location": "/docs/" });
});

after(async () => {
  await files[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function put(bucket: string, key: string, text: string, headers: Record<string, string> = {}): Promise<void> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  }
  const piece = await files.write(chunks(), () => undefined);
  const etag = createHash("md5").update(text).digest("hex");
  const content = { pieces: [piece], bytes: piece.bytes, etag, checksums: {} };
  const head = { headers: { "content-type": "text/html", ...headers }, metadata: {}, tags: [], acl: "" };
  const draft = { ...head, ...content, bucket, key, newVersionId: "v" };
  await service.store.buckets.putObject(draft, undefined, service.clock.now());
}

interface Shown {
  readonly status: number;
  readonly location: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

async function ask(
  path: string,
  website: WebsiteConfiguration | undefined,
  given: {
    readonly method?: string;
    readonly host?: string;
    readonly headers?: readonly (readonly [string, string])[];
  } = {},
): Promise<Shown> {
  const { method = "GET", host = HOST, headers = [] } = given;
  await service.store.buckets.setBucketSetting(
    BUCKET,
    "website",
    website === undefined ? undefined : JSON.stringify(website),
  );
  const mark = path.indexOf("?");
  const answer = await serveBuckets(
    {
      method,
      rawPath: mark < 0 ? path : path.slice(0, mark),
      rawQuery: mark < 0 ? "" : path.slice(mark + 1),
      fields: [["Host", host], ...headers],
      body: (async function* () {})(),
      bodyLength: 0,
      endpoint: `http://${host}`,
      remoteAddress: "127.0.0.1",
    },
    service,
  );
  const field = (name: string): string | undefined => answer.fields.find(([each]) => each.toLowerCase() === name)?.[1];
  let body = "";
  if (answer.body.kind === "text") body = answer.body.text;
  if (answer.body.kind === "stream")
    for await (const chunk of answer.body.chunks) body += Buffer.from(chunk).toString();
  return { status: answer.status, location: field("location"), type: field("content-type"), body };
}

const PLAIN: WebsiteConfiguration = { IndexDocument: { Suffix: "index.html" } };
const WITH_PAGE: WebsiteConfiguration = { ...PLAIN, ErrorDocument: { Key: "404.html" } };

const PAGES: readonly (readonly [path: string, status: number, shows: string | RegExp, location?: string])[] = [
  ["/", 200, "content of index.html"],
  ["/index.html", 200, "content of index.html"],
  ["/docs/", 200, "content of docs/index.html"],
  ["/docs/a%20b.html", 200, "content of docs/a b.html"],
  ["/page?v=1&versionId=x&response-content-type=a&acl", 200, "content of page"],
  ["/docs", 302, "", "/docs/"],
  ["//evil.example", 302, "", "/%2Fevil.example/"],
  ["/moved", 301, "", "/docs/"],
  [
    "/absent",
    404,
    /<li>Code: NoSuchKey<\/li>\n<li>Message: The specified key does not exist\.<\/li>\n<li>Key: absent<\/li>/,
  ],
  ["/docs/none/", 404, /<li>Key: docs\/none\/index\.html<\/li>/],
  ["/<b>&", 404, /<li>Key: &lt;b(?:&gt;|>)&amp;<\/li>/],
  [
    "/private/x",
    403,
    /<h1>403 Forbidden<\/h1>\n<ul>\n<li>Code: AccessDenied<\/li>\n<li>Message: Access Denied<\/li>\n<li>RequestId: /,
  ],
];

for (const [path, status, shows, location] of PAGES) {
  test(`a website answers ${path} with ${status}`, async () => {
    const shown = await ask(path, PLAIN);
    assert.equal(shown.status, status, shown.body);
    if (typeof shows === "string") assert.equal(shown.body, shows);
    else assert.match(shown.body, shows);
    assert.equal(shown.location, location);
    if (status >= 400) assert.match(shown.type ?? "", /^text\/html/);
  });
}

test("the error document is shown with the error's status, whole, and not where it cannot be read", async () => {
  for (const [path, status] of [
    ["/absent", 404],
    ["/private/x", 403],
  ] as const) {
    const headers = [["Range", "bytes=0-1"] as const, ["If-None-Match", "*"] as const];
    const shown = await ask(path, WITH_PAGE, { headers });
    assert.deepEqual([shown.status, shown.body], [status, "content of 404.html"]);
  }
  const unreadable = await ask("/absent", { ...PLAIN, ErrorDocument: { Key: "private/x" } });
  assert.match(unreadable.body, /NoSuchKey/);
});

test("parts, conditions and HEAD work as for any object; what cannot be is told as a page", async () => {
  const etag = `"${createHash("md5").update("content of page").digest("hex")}"`;
  assert.equal((await ask("/page", PLAIN, { headers: [["Range", "bytes=0-6"]] })).body, "content");
  assert.equal((await ask("/page", PLAIN, { headers: [["If-None-Match", etag]] })).status, 304);
  const unsatisfied = await ask("/page", PLAIN, { headers: [["Range", "bytes=99-"]] });
  assert.deepEqual([unsatisfied.status, /<li>Code: InvalidRange/.test(unsatisfied.body)], [416, true]);
  const head = await ask("/absent", PLAIN, { method: "HEAD" });
  assert.deepEqual([head.status, head.body], [404, ""]);
});

for (const method of ["PUT", "POST", "DELETE", "OPTIONS"]) {
  test(`${method} is not for websites`, async () => {
    const shown = await ask("/page", PLAIN, { method });
    assert.equal(shown.status, 405);
    assert.match(shown.body, /<li>Code: MethodNotAllowed<\/li>/);
  });
}

test("a signature opens nothing: a website is anonymous", async () => {
  const headers = [["Authorization", "AWS4-HMAC-SHA256 Credential=test/20261120/us-east-1/s3/aws4_request"] as const];
  assert.equal((await ask("/private/x", PLAIN, { headers })).status, 403);
  assert.equal((await ask("/", undefined, { host: "closed.s3-website.localhost" })).status, 403);
});

test("a bucket that is not there, or is no website, says so in HTML", async () => {
  for (const [host, code] of [
    ["absent.s3-website.localhost", "NoSuchBucket"],
    ["no-website.s3-website-us-east-1.amazonaws.com", "NoSuchWebsiteConfiguration"],
  ] as const) {
    const shown = await ask("/", undefined, { host });
    assert.equal(shown.status, 404);
    assert.match(shown.body, new RegExp(`<li>Code: ${code}</li>`));
  }
});

const REDIRECTS: readonly (readonly [
  website: WebsiteConfiguration,
  path: string,
  status: number,
  location?: string,
])[] = [
  [{ RedirectAllRequestsTo: { HostName: "example.com" } }, "/a%20b/c?x", 301, "http://example.com/a%20b/c?x"],
  [{ RedirectAllRequestsTo: { HostName: "example.com" } }, "/?a=%2F&b=c+d", 301, "http://example.com/?a=%2F&b=c+d"],
  [{ RedirectAllRequestsTo: { HostName: "example.com", Protocol: "https" } }, "/", 301, "https://example.com/"],
  [
    rules({ Condition: { KeyPrefixEquals: "old/" }, Redirect: { ReplaceKeyPrefixWith: "docs/" } }),
    "/old/a b",
    301,
    `http://${HOST}/docs/a%20b`,
  ],
  [
    rules({ Condition: { KeyPrefixEquals: "old/" }, Redirect: { ReplaceKeyWith: "page" } }),
    "/old/x",
    301,
    `http://${HOST}/page`,
  ],
  [
    rules({ Condition: { KeyPrefixEquals: "old/" }, Redirect: { HostName: "h", HttpRedirectCode: "307" } }),
    "/old/x",
    307,
    "http://h/old/x",
  ],
  [rules({ Condition: { KeyPrefixEquals: "old/" }, Redirect: { Protocol: "https" } }), "/page", 200],
  [
    rules({ Condition: { HttpErrorCodeReturnedEquals: "404" }, Redirect: { ReplaceKeyPrefixWith: "#!/" } }),
    "/app/x",
    301,
    `http://${HOST}/%23!/app/x`,
  ],
  [rules({ Condition: { HttpErrorCodeReturnedEquals: "404" }, Redirect: { HostName: "h" } }), "/page", 200],
  [rules({ Condition: { HttpErrorCodeReturnedEquals: "404" }, Redirect: { HostName: "h" } }), "/private/x", 403],
  [
    rules({
      Condition: { HttpErrorCodeReturnedEquals: "403", KeyPrefixEquals: "private/" },
      Redirect: { HostName: "h" },
    }),
    "/private/x",
    301,
    "http://h/private/x",
  ],
  [rules({ Redirect: { HostName: "h" } }), "/page", 301, "http://h/page"],
  [
    rules({ Redirect: { ReplaceKeyWith: "a\r\nSet-Cookie: x" } }),
    "/page",
    301,
    `http://${HOST}/a%0D%0ASet-Cookie:%20x`,
  ],
];

function rules(...RoutingRule: NonNullable<WebsiteConfiguration["RoutingRules"]>["RoutingRule"]): WebsiteConfiguration {
  return { ...PLAIN, RoutingRules: { RoutingRule } };
}

for (const [index, [website, path, status, location]] of REDIRECTS.entries()) {
  test(`redirect ${index + 1}: ${path} is answered ${status} ${location ?? ""}`, async () => {
    const shown = await ask(path, website);
    assert.deepEqual([shown.status, shown.location], [status, location]);
  });
}
