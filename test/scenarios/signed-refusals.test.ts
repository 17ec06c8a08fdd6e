// What must not open a signed behavior: each way to get a signed URL or signed cookies wrong, with the code that viewers are
// told, and each condition of a policy at its edge. Everything goes through the whole edge, whose clock stands at noon.

import assert from "node:assert/strict";
import { sign } from "node:crypto";
import { test } from "node:test";
import { encodeUrlSafe } from "../../src/wire/url-safe-base64.ts";
import {
  askFor,
  codeOf,
  HOST,
  KEYS,
  NOON,
  openSignedWorld,
  signCookies,
  signUrl,
  type TestKey,
} from "../support/viewer-signing.ts";
import type { Ask, World } from "./harness.ts";

const BASE = `http://${HOST}`;

/** Ways to spoil a query, each with the code for a canned and for a custom policy; "-" where it does not apply. */
type Spoil = readonly [what: string, spoil: (query: string) => string, canned: string, custom: string];

const replace =
  (from: string | RegExp, to: string) =>
  (query: string): string =>
    query.replace(from, to);
const SIGNATURE = /Signature=([^&]*)/;

const SPOILS: readonly Spoil[] = [
  // The key's id.
  ["no key id", replace(/&Key-Pair-Id=[^&]*/, ""), "MissingKey", "MissingKey"],
  ["an empty key id", replace(/Key-Pair-Id=[^&]*/, "Key-Pair-Id="), "MissingKey", "MissingKey"],
  ["a key id without value", replace(/Key-Pair-Id=[^&]*/, "Key-Pair-Id"), "MissingKey", "MissingKey"],
  ["the key id in lower case", replace("Key-Pair-Id=", "key-pair-id="), "MissingKey", "MissingKey"],
  ["the key id's name escaped", replace("Key-Pair-Id=", "Key%2DPair%2DId="), "MissingKey", "MissingKey"],
  ["the old key id behind it", (query) => `${query}&Key-Pair-Id=${KEYS.stranger.id}`, "InvalidKey", "InvalidKey"],
  ["the same key id twice", (query) => `${query}&${/Key-Pair-Id=[^&]*/.exec(query)?.[0]}`, "InvalidKey", "InvalidKey"],
  ["a key id that nobody has", replace(/(Key-Pair-Id=)[^&]*/, "$1KNOBODY0000000"), "InvalidKey", "InvalidKey"],
  ["a key id with more behind it", replace(/(Key-Pair-Id=[^&]*)/, "$1A"), "InvalidKey", "InvalidKey"],
  ["a key id with a space", replace(/(Key-Pair-Id=[^&]*)/, "$1%20"), "InvalidKey", "InvalidKey"],
  [
    "a key id in lower case",
    (query) => query.replace(/(Key-Pair-Id=)(\w+)/, (_, name: string, id: string) => name + id.toLowerCase()),
    "InvalidKey",
    "InvalidKey",
  ],
  ["the id of a key group", replace(/(Key-Pair-Id=)[^&]*/, "$1group-1"), "InvalidKey", "InvalidKey"],
  [
    "a key of a group that is not trusted",
    replace(/(Key-Pair-Id=)[^&]*/, `$1${KEYS.stranger.id}`),
    "InvalidKey",
    "InvalidKey",
  ],
  ["a deactivated key pair", replace(/(Key-Pair-Id=)[^&]*/, `$1${KEYS.secondPair.id}`), "InvalidKey", "InvalidKey"],
  ["a word of every object", replace(/(Key-Pair-Id=)[^&]*/, "$1__proto__"), "InvalidKey", "InvalidKey"],
  // The signature.
  ["no signature", replace(/&Signature=[^&]*/, ""), "MalformedSignature", "MalformedSignature"],
  ["an empty signature", replace(SIGNATURE, "Signature="), "MalformedSignature", "MalformedSignature"],
  [
    "the signature twice",
    (query) => `${query}&${SIGNATURE.exec(query)?.[0]}`,
    "MalformedSignature",
    "MalformedSignature",
  ],
  ["a second signature before it", (query) => `Signature=AAAA&${query}`, "MalformedSignature", "MalformedSignature"],
  [
    "the signature's name in lower case",
    replace("Signature=", "signature="),
    "MalformedSignature",
    "MalformedSignature",
  ],
  [
    "the signature in MIME base64",
    (query) => query.replace(SIGNATURE, (text) => `${text.replaceAll("-", "+").replaceAll("~", "/")}+`),
    "MalformedSignature",
    "MalformedSignature",
  ],
  [
    "the signature's padding as in MIME",
    (query) => query.replace(SIGNATURE, (text) => `${text.replaceAll("_", "")}==`),
    "MalformedSignature",
    "MalformedSignature",
  ],
  [
    "the signature escaped",
    (query) => query.replace(SIGNATURE, (text) => `${text.slice(0, 40)}%7E${text.slice(41)}`),
    "MalformedSignature",
    "MalformedSignature",
  ],
  ["a signature of one character", replace(SIGNATURE, "Signature=A"), "MalformedSignature", "MalformedSignature"],
  ["padding alone", replace(SIGNATURE, "Signature=__"), "MalformedSignature", "MalformedSignature"],
  ["a quotation mark", replace(SIGNATURE, 'Signature="$1"'), "MalformedSignature", "MalformedSignature"],
  ["a signature with a space", replace(SIGNATURE, "Signature=$1%20"), "MalformedSignature", "MalformedSignature"],
  ["a few bytes", replace(SIGNATURE, "Signature=AAAA"), "AccessDenied", "AccessDenied"],
  ["all zeros", replace(SIGNATURE, `Signature=${"A".repeat(344)}`), "AccessDenied", "AccessDenied"],
  ["a long one", replace(SIGNATURE, `Signature=${"ABCD".repeat(600)}`), "AccessDenied", "AccessDenied"],
  [
    "the first half of it",
    (query) => query.replace(SIGNATURE, (text) => text.slice(0, 90)),
    "AccessDenied",
    "AccessDenied",
  ],
  ...Array.from({ length: 12 }, (_, at): Spoil => {
    const place = 3 + at * 7;
    const change = (text: string): string =>
      `${text.slice(0, 10 + place)}${text[10 + place] === "B" ? "C" : "B"}${text.slice(11 + place)}`;
    return [`character ${place} changed`, (query) => query.replace(SIGNATURE, change), "AccessDenied", "AccessDenied"];
  }),
  // The hash.
  ["another hash", (query) => `${query}&Hash-Algorithm=SHA256`, "AccessDenied", "AccessDenied"],
  ...["sha1", "SHA-1", "SHA512", "MD5", "NONE", ""].map((hash): Spoil => [
    `the hash ${hash}`,
    (query) => `${query}&Hash-Algorithm=${hash}`,
    "MalformedSignature",
    "MalformedSignature",
  ]),
  [
    "two hashes",
    (query) => `${query}&Hash-Algorithm=SHA1&Hash-Algorithm=SHA1`,
    "MalformedSignature",
    "MalformedSignature",
  ],
  // The end of a canned policy.
  ["no end", replace(/Expires=[^&]*&/, ""), "MalformedPolicy", "-"],
  ["the end twice", (query) => `${query}&${/Expires=[^&]*/.exec(query)?.[0]}`, "MalformedPolicy", "-"],
  ["an end behind the policy", (query) => `${query}&Expires=1&Expires=1`, "MalformedPolicy", "MalformedPolicy"],
  ["the end's name in lower case", replace("Expires=", "expires="), "MalformedPolicy", "-"],
  ...[
    "",
    "never",
    "-1",
    "+1795183200",
    "01795183200",
    "0x6b0064e0",
    "1795183200.0",
    "1.7951832e9",
    "2147483648",
    "1795183200000",
    "99999999999999999999",
    "1795183200%20",
    "NaN",
    "1,795,183,200",
    "2026-11-20T13:00:00Z",
  ].map((end): Spoil => [
    `the end ${end}`,
    (query) => query.replace(/Expires=[^&]*/, `Expires=${end}`),
    "MalformedPolicy",
    "-",
  ]),
  ["a later end", replace(/Expires=\d+/, `Expires=${NOON + 7200}`), "AccessDenied", "-"],
  ["an end a second later", replace(/Expires=\d+/, `Expires=${NOON + 3601}`), "AccessDenied", "-"],
  ["an earlier end", replace(/Expires=\d+/, `Expires=${NOON + 60}`), "AccessDenied", "-"],
  ["the last end there is", replace(/Expires=\d+/, "Expires=2147483647"), "AccessDenied", "-"],
  // The policy.
  ["no policy", replace(/Policy=[^&]*&/, ""), "-", "MalformedPolicy"],
  ["an empty policy", replace(/Policy=[^&]*/, "Policy="), "-", "MalformedPolicy"],
  ["the policy twice", (query) => `${query}&${/Policy=[^&]*/.exec(query)?.[0]}`, "-", "MalformedPolicy"],
  ["the policy's name in lower case", replace("Policy=", "policy="), "-", "MalformedPolicy"],
  [
    "the policy in MIME base64",
    (query) => query.replace(/Policy=[^&]*/, (text) => `${text.replaceAll("_", "=")}=`),
    "-",
    "MalformedPolicy",
  ],
  ["the policy escaped", replace(/(Policy=.{10}).[^&]*/, "$1%7B"), "-", "MalformedPolicy"],
  ["the policy as plain JSON", replace(/Policy=[^&]*/, 'Policy={"Statement":[]}'), "-", "MalformedPolicy"],
  ["half of the policy", (query) => query.replace(/Policy=[^&]*/, (text) => text.slice(0, 67)), "-", "MalformedPolicy"],
  ["a policy beside the end", (query) => `Policy=AAAA&${query}`, "MalformedPolicy", "MalformedPolicy"],
  ["an empty policy beside the end", (query) => `${query}&Policy=`, "MalformedPolicy", "MalformedPolicy"],
];

test("each way to spoil a signed URL is refused with its code", async () => {
  await using world = await openSignedWorld();
  world.origin.answer({ body: "private" });
  let vectors = 0;
  for (const [path, key] of [
    ["/a", KEYS.pair],
    ["/groups/a", KEYS.rsa],
  ] as const) {
    for (const policy of [undefined, {}]) {
      const good = signUrl(`${path}?x=1`, { key, ...(policy && { policy }) });
      assert.equal(codeOf(await world.ask(askFor(good))), "200 private");
      const [base = "", query = ""] = good.split("?x=1&");
      for (const [what, spoil, canned, custom] of SPOILS) {
        const expected = policy === undefined ? canned : custom;
        if (expected === "-") continue;
        const spoiled = spoil(query);
        assert.notEqual(spoiled, query, what);
        assert.equal(codeOf(await world.ask(askFor(`${base}?x=1&${spoiled}`))), expected, `${what}: ${spoiled}`);
        vectors++;
      }
    }
  }
  assert.ok(vectors >= 200, `${vectors} vectors`);
  assert.equal(world.origin.asked.length, 2);
});

test("each way to spoil signed cookies is refused with its code", async () => {
  await using world = await openSignedWorld();
  world.origin.answer({ body: "private" });
  let vectors = 0;
  for (const policy of [undefined, {}]) {
    const good = signCookies("/a", { ...(policy && { policy }) });
    assert.equal(codeOf(await world.ask(askFor("/a", { headers: { Cookie: good } }))), "200 private");
    const asQuery = good.replaceAll("CloudFront-", "").replaceAll("; ", "&");
    for (const [what, spoil, canned, custom] of SPOILS) {
      const expected = policy === undefined ? canned : custom;
      // Of two cookies the first counts, so that only what changes the first is refused.
      if (expected === "-" || /twice|behind|second|empty policy beside|two hashes|name|lower case|quotation/.test(what))
        continue;
      const Cookie = spoil(asQuery)
        .split("&")
        .map((pair) => `CloudFront-${pair}`)
        .join("; ");
      assert.equal(codeOf(await world.ask(askFor("/a", { headers: { Cookie } }))), expected, `${what}: ${Cookie}`);
      vectors++;
    }
    const rows = [
      ["no cookies", ""],
      ["other cookies", "id=1; Policy=2; Signature=3; Key-Pair-Id=4"],
      ["names in lower case", good.replaceAll("CloudFront-", "cloudfront-")],
      ["names in upper case", good.replaceAll("CloudFront-", "CLOUDFRONT-")],
      ["without prefix", good.replaceAll("CloudFront-", "")],
    ] as const;
    for (const [what, Cookie] of rows) {
      assert.equal(codeOf(await world.ask(askFor("/a", { headers: { Cookie } }))), "MissingKey", what);
    }
    // A URL that has any of the parameters is a signed one: good cookies do not count.
    for (const query of ["Expires=1", "Policy", "Signature=", "x=1&Key-Pair-Id", `Key-Pair-Id=${KEYS.pair.id}`]) {
      assert.match(codeOf(await world.ask(askFor(`/a?${query}`, { headers: { Cookie: good } }))), /^M/, query);
    }
  }
  assert.ok(vectors >= 60, `${vectors} vectors`);
});

/** The signature is good: it is what was signed that is not. */
const AT = `"AWS:EpochTime":${NOON + 3600}`;
const LESS = `"DateLessThan":{${AT}}`;
const MALFORMED_POLICIES: readonly string[] = [
  "",
  " ",
  "x",
  "{}",
  "[]",
  "null",
  '"Statement"',
  '{"Statement":[]}',
  '{"Statement":{}}',
  '{"Statement":"a"}',
  '{"Statement":[[]]}',
  `{"statement":[{"Resource":"*","Condition":{${LESS}}}]}`,
  `{"Statement":[{"Resource":"*","Condition":{${LESS}}},{"Resource":"*","Condition":{${LESS}}}]}`,
  `{"Statement":[{"Resource":"*","Condition":{${LESS}}}],"Version":"2012-10-17"}`,
  `{"Statement":[{"Resource":"*","Condition":{${LESS}}}],"Statement":[]}`,
  `{"Statement":[{"Resource":"*","Effect":"Allow","Condition":{${LESS}}}]}`,
  `{"Statement":[{"Resource":"*","resource":"*","Condition":{${LESS}}}]}`,
  `{"Statement":[{"Resource":"*","Resource":"*","Condition":{${LESS}}}]}`,
  `{"Statement":[{"Resource":["*"],"Condition":{${LESS}}}]}`,
  `{"Statement":[{"Resource":1,"Condition":{${LESS}}}]}`,
  `{"Statement":[{"Resource":{},"Condition":{${LESS}}}]}`,
  '{"Statement":[{"Resource":"*"}]}',
  '{"Statement":[{"Resource":"*","Condition":{}}]}',
  '{"Statement":[{"Resource":"*","Condition":[]}]}',
  `{"Statement":[{"Resource":"*","Condition":[{${LESS}}]}]}`,
  `{"Statement":[{"Resource":"*","Condition":{"DateGreaterThan":{"AWS:EpochTime":1}}}]}`,
  `{"Statement":[{"Resource":"*","Condition":{"dateLessThan":{${AT}}}}]}`,
  `{"Statement":[{"Resource":"*","Condition":{"DateLessThanEquals":{${AT}}}}]}`,
  `{"Statement":[{"Resource":"*","Condition":{${LESS},"StringEquals":{}}}]}`,
  `{"Statement":[{"Resource":"*","Condition":{${LESS},${LESS}}}]}`,
  '{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{}}}]}',
  '{"Statement":[{"Resource":"*","Condition":{"DateLessThan":1795183200}}]}',
  `{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"aws:EpochTime":${NOON + 3600}}}}]}`,
  `{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{${AT},"x":1}}}]}`,
  ...[
    '"1795183200"',
    "-1",
    "1795183200.0",
    "1e10",
    "2147483648",
    "1795183200000",
    "[1]",
    "{}",
    "true",
    "null",
    '""',
    "01",
  ].map((value) => `{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":${value}}}}]}`),
  ...['"1"', "-1", "2147483648", "null"].map(
    (value) => `{"Statement":[{"Resource":"*","Condition":{${LESS},"DateGreaterThan":{"AWS:EpochTime":${value}}}}]}`,
  ),
  ...[
    '"::1"',
    '"2001:db8::/32"',
    '"198.51.100.7/33"',
    '"198.51.100"',
    '"198.51.100.7,198.51.100.8"',
    '""',
    '"*"',
    "1",
    '["198.51.100.7"]',
    '"198.51.100.007"',
    '"198.51.100.7/24 "',
  ].map((value) => `{"Statement":[{"Resource":"*","Condition":{${LESS},"IpAddress":{"AWS:SourceIp":${value}}}}]}`),
  `{"Statement":[{"Resource":"*","Condition":{${LESS},"IpAddress":{}}}]}`,
  `{"Statement":[{"Resource":"*","Condition":{${LESS},"IpAddress":{"aws:SourceIp":"198.51.100.7"}}}]}`,
  `{"Statement":[{"Resource":"*","Condition":{${LESS},"IpAddress":{"AWS:SourceIp":"198.51.100.7","AWS:SourceIp":"0.0.0.0/0"}}}]}`,
  `{"Statement":[{"Resource":"*","Condition":{${LESS}}}]`,
  `{"Statement":[{"Resource":"*","Condition":{${LESS}}}]}}`,
  `{"Statement":[{"Resource":"*","Condition":{${LESS}}}]};`,
  `{"Statement":[{"Resource":"*","Condition":{${LESS},}}]}`,
  `{'Statement':[{'Resource':'*','Condition':{${LESS}}}]}`,
  `\ufeff{"Statement":[{"Resource":"*","Condition":{${LESS}}}]}`,
];

function asCustom(path: string, text: Uint8Array, key: TestKey): string {
  const signature = encodeUrlSafe(sign("SHA1", text, key.privateKey));
  return `${BASE}${path}?Policy=${encodeUrlSafe(text)}&Signature=${signature}&Key-Pair-Id=${key.id}`;
}

test("a policy that is well signed and not understood is MalformedPolicy", async () => {
  await using world = await openSignedWorld();
  world.origin.answer({ body: "private" });
  const texts = MALFORMED_POLICIES.filter((text) => text !== "").map((text) => Buffer.from(text));
  texts.push(
    Buffer.from([0xff, 0xfe]),
    Buffer.from([...Buffer.from('{"Statement":[{"Resource":"'), 0xc3, 0x28]),
    Buffer.alloc(3),
  );
  for (const text of texts) {
    for (const [path, key] of [
      ["/a", KEYS.pair],
      ["/groups/a", KEYS.ec],
    ] as const) {
      assert.equal(codeOf(await world.ask(askFor(asCustom(path, text, key)))), "MalformedPolicy", text.toString());
    }
  }
  assert.ok(texts.length >= 60);
  for (const good of [
    `{"Statement":[{"Resource":"*","Condition":{${LESS}}}]}`,
    `{"Statement":{"Resource":"*","Condition":{${LESS}}}}`,
    `\n{ "Statement" : [ { "Condition" : { "IpAddress" : { "AWS:SourceIp" : "0.0.0.0/0" }, ${LESS} } } ] }\n\n`,
    `{"Statement":[{"Resource":"*\\?x=1","Condition":{${LESS}}}]}`.replace("*\\?x=1", "*"),
  ]) {
    assert.equal(codeOf(await world.ask(askFor(asCustom("/a", Buffer.from(good), KEYS.pair)))), "200 private", good);
  }
});

test("another URL than the signed one is refused", async () => {
  await using world = await openSignedWorld();
  world.origin.answer({ body: "private" });
  const good = signUrl("/dir/a%20b.jpg?x=1&y=2");
  assert.equal(codeOf(await world.ask(askFor(good))), "200 private");
  const changes: readonly (readonly [what: string, url: string, more?: Partial<Ask>])[] = [
    ["another scheme", good.replace("http:", "https:")],
    ["another host", good.replace(HOST, "media.example.com")],
    ["another page", good.replace("a%20b", "c")],
    ["another case", good.replace("/dir", "/Dir")],
    ["another escape", good.replace("%20", "+")],
    ["a needless escape", good.replace("/dir", "/%64ir")],
    ["a slash more", good.replace("/dir", "//dir")],
    ["a dot segment", good.replace("/dir", "/x/../dir")],
    ["a slash at the end", good.replace(".jpg", ".jpg/")],
    ["the folder", good.replace("a%20b.jpg", "")],
    ["a parameter in front", good.replace("x=1", "z=3&x=1")],
    ["a parameter in the middle", good.replace("y=2", "z=3&y=2")],
    ["a parameter behind", `${good}&z=3`],
    ["an empty parameter behind", `${good}&`],
    ["one parameter fewer", good.replace("x=1&", "")],
    ["no parameters of its own", good.replace("x=1&y=2&", "")],
    ["another value", good.replace("x=1", "x=2")],
    ["another order", good.replace("x=1&y=2", "y=2&x=1")],
    ["a parameter escaped", good.replace("x=1", "%78=1")],
    ["a question mark more", good.replace("?x", "??x")],
  ];
  for (const [what, url, more] of changes) {
    assert.equal(codeOf(await world.ask(askFor(url, more))), "AccessDenied", what);
  }
  // Where the signature's own parameters stand does not matter.
  const [base = "", query = ""] = good.split("?");
  const moved = [
    query.split("&").toReversed().join("&").replace("y=2&x=1", "x=1&y=2"),
    query.replace(/^(x=1&y=2)&(.*)$/, "$2&$1"),
  ];
  for (const one of moved) assert.equal(codeOf(await world.ask(askFor(`${base}?${one}`))), "200 private", one);
});

/** What the policy says, the viewer's address if it matters, and the answer at noon sharp. */
const EDGES: readonly (readonly [policy: Record<string, unknown>, from: string, isAllowed: boolean])[] = [
  [{ expires: NOON - 1 }, "", false],
  [{ expires: NOON }, "", false],
  [{ expires: NOON + 1 }, "", true],
  [{ expires: 0 }, "", false],
  [{ expires: 2_147_483_647 }, "", true],
  [{ notBefore: NOON - 1 }, "", true],
  [{ notBefore: NOON }, "", false],
  [{ notBefore: NOON + 1 }, "", false],
  [{ notBefore: 0 }, "", true],
  [{ notBefore: NOON + 10, expires: NOON + 5 }, "", false],
  [{ ipAddress: "198.51.100.7" }, "198.51.100.7", true],
  [{ ipAddress: "198.51.100.7/32" }, "198.51.100.7", true],
  [{ ipAddress: "198.51.100.7/32" }, "198.51.100.6", false],
  [{ ipAddress: "198.51.100.7/32" }, "198.51.100.8", false],
  [{ ipAddress: "198.51.100.0/24" }, "198.51.99.255", false],
  [{ ipAddress: "198.51.100.0/24" }, "198.51.100.0", true],
  [{ ipAddress: "198.51.100.0/24" }, "198.51.100.255", true],
  [{ ipAddress: "198.51.100.0/24" }, "198.51.101.0", false],
  [{ ipAddress: "198.51.100.4/30" }, "198.51.100.3", false],
  [{ ipAddress: "198.51.100.4/30" }, "198.51.100.4", true],
  [{ ipAddress: "198.51.100.4/30" }, "198.51.100.7", true],
  [{ ipAddress: "198.51.100.4/30" }, "198.51.100.8", false],
  [{ ipAddress: "128.0.0.0/1" }, "127.255.255.255", false],
  [{ ipAddress: "128.0.0.0/1" }, "128.0.0.0", true],
  [{ ipAddress: "128.0.0.0/1" }, "255.255.255.255", true],
  [{ ipAddress: "0.0.0.0/0" }, "198.51.100.7", true],
  [{ ipAddress: "0.0.0.0/0" }, "2001:db8::7", false],
  [{ ipAddress: "198.51.100.7" }, "::ffff:198.51.100.7", false],
  [{}, "2001:db8::7", true],
];

test("each condition holds up to its edge and not beyond", async () => {
  await using world = await openSignedWorld();
  world.origin.answer({ body: "private" });
  for (const [policy, from, isAllowed] of EDGES) {
    const expected = isAllowed ? "200 private" : "AccessDenied";
    const more = from === "" ? {} : { from };
    for (const [path, key] of [
      ["/a", KEYS.pair],
      ["/groups/a", KEYS.ec],
    ] as const) {
      const what = `${JSON.stringify(policy)} from ${from}`;
      assert.equal(codeOf(await world.ask(askFor(signUrl(path, { key, policy }), more))), expected, what);
      const headers = { Cookie: signCookies(path, { key, policy }) };
      assert.equal(codeOf(await world.ask(askFor(path, { headers, ...more }))), expected, `cookies, ${what}`);
    }
  }
});

test("what is remembered of a signature does not outlive its dates", async () => {
  await using world = await openSignedWorld();
  world.origin.answer({ headers: { "Cache-Control": "max-age=600" }, body: "private" });
  const asks = [
    askFor(signUrl("/a", { expires: NOON + 2 })),
    askFor(signUrl("/a", { policy: { notBefore: NOON + 1, expires: NOON + 3 } })),
    askFor("/a", { headers: { Cookie: signCookies("/a", { expires: NOON + 2 }) } }),
  ];
  const codes = async (): Promise<string> =>
    (await Promise.all(asks.map(async (ask) => codeOf(await world.ask(ask)).slice(0, 3)))).join(" ");
  assert.equal(await codes(), "200 Acc 200");
  world.advance(1);
  assert.equal(await codes(), "200 Acc 200");
  world.advance(0.001);
  assert.equal(await codes(), "200 200 200");
  world.advance(0.998);
  assert.equal(await codes(), "200 200 200");
  world.advance(0.001);
  assert.equal(await codes(), "Acc 200 Acc");
  world.advance(1);
  assert.equal(await codes(), "Acc Acc Acc");
});

test("nothing private is served from the cache without the check, and nothing of a refusal is stored", async () => {
  await using world = await openSignedWorld();
  const stored = { "Cache-Control": "max-age=600", ETag: '"1"', "Last-Modified": "Fri, 20 Nov 2026 11:00:00 GMT" };
  world.origin.answer({ headers: { ...stored, "Content-Type": "text/plain" }, body: "private words", ranges: true });
  const good = signUrl("/a");
  assert.equal((await world.ask(askFor(good))).result, "Miss");
  assert.equal((await world.ask(askFor(good))).result, "Hit");
  const before = world.edge.counters();
  const bad: readonly (readonly [what: string, url: string, headers?: Record<string, string>])[] = [
    ["nothing", "/a"],
    ["an expired one", signUrl("/a", { expires: NOON })],
    ["one that is not valid yet", signUrl("/a", { policy: { notBefore: NOON } })],
    ["one for another page", signUrl("/b").replace("/b?", "/a?")],
    ["one for another scheme", signUrl(`https://${HOST}/a`).replace("https:", "http:")],
    ["one for another address", signUrl("/a", { policy: { ipAddress: "192.0.2.1" } })],
    ["one by a key of nobody's", signUrl("/a", { key: { ...KEYS.stranger, id: KEYS.pair.id } })],
    ["one by a deactivated key", signUrl("/a", { key: KEYS.secondPair })],
    ["a spoiled one", good.replace("Signature=", "Signature=AA")],
    ["another spelling", good.replace("/a?", "/./a?")],
    ["a parameter of its own", `${good}&x=1`],
    ["an end in milliseconds", good.replace(/Expires=\d+/, "$&000")],
    ["a policy of nothing", asCustom("/a", Buffer.from("{}"), KEYS.pair)],
    ["expired cookies", "/a", { Cookie: signCookies("/a", { expires: NOON }) }],
    ["cookies for another page", "/a", { Cookie: signCookies("/b") }],
    ["good cookies and a spoiled URL", "/a?Expires=1", { Cookie: signCookies("/a?Expires=1") }],
  ];
  const ways: readonly Partial<Ask>[] = [
    {},
    { method: "HEAD" },
    { headers: { Range: "bytes=0-3" } },
    { headers: { Range: "bytes=0-3", "If-Range": '"1"' } },
    { headers: { "If-None-Match": '"1"' } },
    { headers: { "If-Modified-Since": stored["Last-Modified"] } },
    { headers: { "Accept-Encoding": "gzip" } },
    { httpVersion: "1.0" },
    { httpVersion: "2.0" },
  ];
  let refused = 0;
  for (const [what, url, headers] of bad) {
    for (const way of ways) {
      const got = await world.ask(askFor(url, { ...way, headers: { ...way.headers, ...headers } }));
      assert.equal(got.status, 403, `${what} ${JSON.stringify(way)}`);
      assert.equal(got.result, "Error");
      for (const name of [
        "age",
        "etag",
        "last-modified",
        "content-range",
        "accept-ranges",
        "cache-control",
        "content-length",
        "vary",
      ]) {
        assert.equal(got.field(name), undefined, `${name}: ${what}`);
      }
      assert.ok(!got.body.includes("words"));
      refused++;
    }
  }
  const after = world.edge.counters();
  assert.equal(world.origin.asked.length, 1);
  assert.equal(after.storedResponses, before.storedResponses);
  assert.equal(after.hits, before.hits);
  assert.equal(after.errors - before.errors, refused);
  await assertUntouched(world, good);
});

async function assertUntouched(world: World, good: string): Promise<void> {
  const got = await world.ask(askFor(good));
  assert.deepEqual([got.status, got.result, got.body], [200, "Hit", "private words"]);
}
