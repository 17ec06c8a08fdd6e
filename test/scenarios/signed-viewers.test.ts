// Signed URLs and cookies through the whole edge: who may sign, what the origin and the cache see of it, and what the others get.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  askFor,
  codeOf,
  HOST,
  KEYS,
  NOON,
  openSignedWorld,
  OWNER,
  PARTNER,
  putKeyGroup,
  putKeyPair,
  putPublicKey,
  removeKey,
  signCookies,
  signUrl,
  SIGNED_DRAFT,
} from "../support/viewer-signing.ts";
import { list, viewerRequest } from "./harness.ts";

const PAGE = { headers: { "Cache-Control": "max-age=600", ETag: '"1"' }, body: "private" };

test("whoever a behavior trusts may sign for it, and nobody else", async () => {
  await using world = await openSignedWorld();
  world.origin.answer(PAGE);
  const rows = [
    ["/a", KEYS.pair, "200 private"],
    ["/a", KEYS.partner, "200 private"],
    ["/a", KEYS.secondPair, "InvalidKey"], // inactive
    ["/a", KEYS.rsa, "InvalidKey"],
    ["/groups/a", KEYS.rsa, "200 private"],
    ["/groups/a", KEYS.ec, "200 private"],
    ["/groups/a", KEYS.stranger, "InvalidKey"],
    ["/groups/a", KEYS.pair, "InvalidKey"],
    ["/both/a", KEYS.pair, "200 private"],
    ["/both/a", KEYS.rsa, "200 private"],
    ["/both/a", KEYS.ec, "InvalidKey"],
    ["/both/a", KEYS.partner, "InvalidKey"],
    ["/open/a", KEYS.stranger, "200 private"],
  ] as const;
  for (const [path, key, expected] of rows) {
    for (const hash of ["SHA1", "SHA256"] as const) {
      for (const policy of [undefined, {}]) {
        const signing = { key, hash, ...(policy && { policy }) };
        assert.equal(
          codeOf(await world.ask(askFor(signUrl(path, signing)))),
          expected,
          `URL ${path} ${key.id} ${hash}`,
        );
        const cookies = { Cookie: signCookies(path, signing) };
        assert.equal(
          codeOf(await world.ask(askFor(path, { headers: cookies }))),
          expected,
          `cookies ${path} ${key.id} ${hash}`,
        );
      }
    }
  }
});

test("a change of a key, of a group or of who is trusted counts with the next request", async () => {
  await using world = await openSignedWorld();
  world.origin.answer(PAGE);
  const byPair = askFor(signUrl("/a"));
  const byGroup = askFor(signUrl("/groups/a", { key: KEYS.rsa }));
  const codes = async (): Promise<string> => `${codeOf(await world.ask(byPair))}, ${codeOf(await world.ask(byGroup))}`;
  assert.equal(await codes(), "200 private, 200 private");
  putKeyPair(world, KEYS.pair, OWNER, false);
  assert.equal(await codes(), "InvalidKey, 200 private");
  putKeyPair(world, KEYS.pair, OWNER);
  putKeyGroup(world, "group-1", [KEYS.stranger]);
  assert.equal(await codes(), "200 private, InvalidKey");
  putKeyGroup(world, "group-1", [KEYS.rsa]);
  assert.equal(await codes(), "200 private, 200 private");
  removeKey(world, "group-1");
  removeKey(world, KEYS.pair.id);
  assert.equal(await codes(), "InvalidKey, InvalidKey");
  putKeyGroup(world, "group-1", [KEYS.rsa]);
  // The same id with another key: what was proven of the former one is worth nothing.
  putKeyPair(world, { ...KEYS.secondPair, id: KEYS.pair.id }, OWNER);
  putPublicKey(world, { ...KEYS.stranger, id: KEYS.rsa.id });
  assert.equal(await codes(), "AccessDenied, AccessDenied");
  putKeyPair(world, KEYS.pair, PARTNER);
  putPublicKey(world, KEYS.rsa);
  assert.equal(await codes(), "200 private, 200 private"); // the partner is trusted for /a, too
  world.publish({ ...SIGNED_DRAFT, behavior: { TrustedSigners: { Enabled: true, ...list("self") } }, behaviors: [] });
  assert.equal(await codes(), "InvalidKey, InvalidKey");
});

test("the key and the origin see nothing of a signature, and two signed URLs share what is stored", async () => {
  await using world = await openSignedWorld();
  world.origin.answer(PAGE);
  const first = await world.ask(askFor(signUrl("/a?x=1&y=%2F")));
  assert.equal(first.result, "Miss");
  assert.deepEqual(
    world.origin.asked.map(({ target }) => target),
    ["/a?x=1&y=%2F"],
  );
  const again = [
    askFor(signUrl("/a?x=1&y=%2F", { expires: NOON + 60 })),
    askFor(signUrl("/a?x=1&y=%2F", { key: KEYS.partner, hash: "SHA256" })),
    askFor(signUrl("/a?x=1&y=%2F", { policy: { resource: "http*://*" } })),
    askFor("/a?x=1&y=%2F", { headers: { Cookie: signCookies("/a?x=1&y=%2F") } }),
  ];
  for (const ask of again) assert.equal((await world.ask(ask)).result, "Hit", ask.target);
  assert.equal((await world.ask(askFor(signUrl("/a?x=2")))).result, "Miss");
  assert.equal((await world.ask(askFor(signUrl("/a")))).result, "Miss");
  assert.equal((await world.ask(askFor(signUrl("/a"), { method: "HEAD" }))).result, "Hit");
  assert.equal(world.origin.asked.length, 3);
});

test("of the cookies the origin gets those that are not the edge's, where cookies are forwarded", async () => {
  await using world = await openSignedWorld();
  world.origin.answer(PAGE);
  const signed = signCookies("/a", { policy: {}, hash: "SHA256" });
  await world.ask(askFor("/a", { headers: { Cookie: `id=1; ${signed}; CloudFront-Other=2; cloudfront-policy=3` } }));
  assert.equal(world.origin.asked[0]?.headers.cookie, "CloudFront-Other=2; cloudfront-policy=3; id=1");
  // Where nobody has to sign, cookies and parameters of these names are the site's own.
  await world.ask(askFor("/open/a?Expires=1&Policy=2&Signature=3&Key-Pair-Id=4", { headers: { Cookie: signed } }));
  assert.equal(world.origin.asked[1]?.target, "/open/a?Expires=1&Policy=2&Signature=3&Key-Pair-Id=4");
  assert.equal(world.origin.asked[1]?.headers.cookie, signed.split("; ").toSorted().join("; "));
});

test("a hot signature is verified once, a bad one too, and a flood of bad ones does not push out the good", async () => {
  await using world = await openSignedWorld(SIGNED_DRAFT, { limits: { refusedSignatureBytesMax: 20_000 }, workers: 1 });
  world.origin.answer(PAGE);
  const good = askFor(signUrl("/a", { policy: { resource: `http://${HOST}/*` } }));
  const bad = askFor(signUrl("/a", { key: { ...KEYS.stranger, id: KEYS.pair.id } }));
  for (let time = 0; time < 3; time++) {
    assert.equal(codeOf(await world.ask(good)), "200 private");
    assert.equal(codeOf(await world.ask(bad)), "AccessDenied");
  }
  const counted = (): readonly number[] => {
    const { signaturesGood, signaturesBad } = world.edge.counters();
    return [signaturesGood, signaturesBad];
  };
  assert.deepEqual(counted(), [1, 1]);
  for (let at = 0; at < 40; at++) await world.ask({ ...good, target: `/b${at}?${bad.target.slice(3)}` });
  assert.equal(codeOf(await world.ask(good)), "200 private");
  assert.equal(codeOf(await world.ask(bad)), "AccessDenied");
  assert.deepEqual(counted(), [1, 42]);
});

test("what is remembered of a signature lets in nobody who does not send it", async () => {
  await using world = await openSignedWorld();
  world.origin.answer(PAGE);
  // A query that only looks like a signed one, and several lines of cookies: proofs must be found by all that was read.
  const cookies = signCookies("/a?MyKey-Pair-Id=1", { policy: { resource: "*" } });
  const [first = "", ...rest] = cookies.split("; ");
  const asked = askFor("/a?MyKey-Pair-Id=1", { headers: { Cookie: `x=1; ${first}`, cookie: rest.join("; ") } });
  assert.equal(codeOf(await world.ask(asked)), "200 private");
  for (const headers of [{}, { Cookie: `x=1; ${first}` }, { cookie: rest.join("; ") }]) {
    assert.match(codeOf(await world.ask({ ...asked, headers })), /^M/);
  }
  // A canned policy that was good for one URL, asked of others.
  const url = signUrl("/a?x=1");
  assert.equal(codeOf(await world.ask(askFor(url))), "200 private");
  const others = [
    askFor(url.replace("/a?", "/b?")),
    askFor(url.replace("x=1", "x=2")),
    askFor(url, { host: "media.example.com" }),
    askFor(url, { scheme: "https" }),
    askFor(url.replace("x=1&", "")),
  ];
  for (const other of others) assert.equal(codeOf(await world.ask(other)), "AccessDenied", other.target);
  // A custom policy that is known to be good: its Resource is held against each URL.
  const signing = { policy: { resource: `http://${HOST}/dir/*` } };
  const custom = signUrl("/dir/a", signing);
  const byCookies = { headers: { Cookie: signCookies("/dir/a", signing) } };
  const customRows = [
    ["/dir/a", {}, "200 private"],
    ["/dir/b", {}, "200 private"],
    ["/other/a", {}, "AccessDenied"],
    ["/dir/../other/a", {}, "AccessDenied"],
    ["/dir/a", { host: "media.example.com" }, "AccessDenied"],
    ["/dir/a", { scheme: "https" }, "AccessDenied"],
    ["/dir/a", {}, "200 private"],
  ] as const;
  for (const [path, more, expected] of customRows) {
    const what = `${path} ${JSON.stringify(more)}`;
    assert.equal(codeOf(await world.ask(askFor(custom.replace("/dir/a", path), more))), expected, what);
    assert.equal(codeOf(await world.ask(askFor(path, { ...byCookies, ...more }))), expected, `cookies: ${what}`);
  }
  const cannedCookies = { Cookie: signCookies("/a?x=1") };
  assert.equal(codeOf(await world.ask(askFor("/a?x=1", { headers: cannedCookies }))), "200 private");
  for (const target of ["/a", "/a?x=2", "/a?", "/b?x=1"]) {
    assert.equal(codeOf(await world.ask(askFor(target, { headers: cannedCookies }))), "AccessDenied", target);
  }
});

test("every method must be signed, and so must a WebSocket's handshake and a part", async () => {
  const AllowedMethods = {
    ...list("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"),
    CachedMethods: list("GET", "HEAD", "OPTIONS"),
  };
  await using world = await openSignedWorld({
    ...SIGNED_DRAFT,
    behavior: { ...SIGNED_DRAFT.behavior, AllowedMethods },
  });
  world.origin.answer(PAGE);
  for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]) {
    assert.equal(codeOf({ ...(await world.ask({ method, target: "/a" })) }), "MissingKey", method);
    assert.equal((await world.ask(askFor(signUrl("/a"), { method }))).status, 200, method);
  }
  assert.equal(codeOf(await world.ask({ target: "/a", headers: { Range: "bytes=0-1" } })), "MissingKey");
  assert.equal((await world.ask(askFor(signUrl("/a"), { headers: { Range: "bytes=0-1" } }))).status, 206);
  const upgrade = { Connection: "Upgrade", Upgrade: "websocket" };
  assert.equal(codeOf(await world.ask({ target: "/a", headers: upgrade })), "MissingKey");
});

test("a WebSocket's URL may be signed as ws and is good for the handshake only", async () => {
  await using world = await openSignedWorld();
  world.origin.answer({ echoes: true });
  const handshake = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==" };
  const rows = [
    ["ws", {}, 101],
    ["http", {}, 101],
    ["wss", {}, 403],
    ["https", {}, 403],
    ["ws", { policy: {} }, 101],
    ["ws", { policy: { resource: `ws://${HOST}/*` } }, 101],
    ["ws", { policy: { resource: `http://${HOST}/*` } }, 101],
    ["ws", { policy: { resource: `wss://${HOST}/*` } }, 403],
  ] as const;
  for (const [scheme, signing, expected] of rows) {
    const url = signUrl(`${scheme}://${HOST}/a`, signing).replace(/^\w+:/, "http:");
    const ask = askFor(url, { headers: { ...handshake, "Sec-WebSocket-Version": "13" } });
    for (let time = 0; time < 2; time++) {
      const answer = await world.edge.respond({ ...viewerRequest(ask), upgrade: "websocket" });
      assert.equal(answer.status, expected, `${scheme} ${JSON.stringify(signing)}`);
      if (answer.body.kind === "tunnel") answer.body.tunnel.far.destroy();
      // What was proven of the handshake says nothing of a page.
      const isHttp = scheme === "http" || JSON.stringify(signing).includes('"http:');
      assert.equal(codeOf(await world.ask(askFor(url))) === "AccessDenied", !isHttp, url);
    }
  }
});

test("the URL that is signed is the viewer's: not the default root object's, and by the name that was asked", async () => {
  await using world = await openSignedWorld({
    ...SIGNED_DRAFT,
    config: { ...SIGNED_DRAFT.config, DefaultRootObject: "index.html" },
  });
  world.origin.answer(PAGE);
  const rows = [
    ["/", {}, "200 private"],
    ["/", { policy: { resource: `http://${HOST}/index.html` } }, "AccessDenied"],
    ["http://media.example.com/a", {}, "200 private"],
    ["https://media.example.com/a", {}, "200 private"],
    ["http://media.example.com:8080/a", {}, "200 private"],
    ["http://media.example.com:8080/a", { policy: { resource: "http://media.example.com/a" } }, "200 private"],
    ["http://media.example.com:8080/a", { policy: { resource: "http://media.example.com:8080/a" } }, "200 private"],
    ["http://media.example.com:8080/a", { policy: { resource: "http://media.example.com:80/a" } }, "AccessDenied"],
    ["http://media.example.com/a", { policy: { resource: `http://${HOST}/a` } }, "AccessDenied"],
    ["http://MEDIA.example.com/a", {}, "200 private"],
  ] as const;
  for (const [url, signing, expected] of rows) {
    assert.equal(codeOf(await world.ask(askFor(signUrl(url, signing)))), expected, url);
  }
  const withoutPort = signUrl("http://media.example.com/a").replace("example.com/", "example.com:7480/");
  assert.equal(codeOf(await world.ask(askFor(withoutPort))), "200 private");
});

test("a page for 403 takes the place of the refusal, and needs no signature itself", async () => {
  await using world = await openSignedWorld({
    ...SIGNED_DRAFT,
    config: {
      ...SIGNED_DRAFT.config,
      CustomErrorResponses: list({
        ErrorCode: 403,
        ResponsePagePath: "/sorry",
        ResponseCode: "404",
        ErrorCachingMinTTL: 10,
      }),
    },
  });
  world.origin.answer({ body: "sorry" });
  const got = await world.ask({ target: "/a" });
  assert.deepEqual([got.status, got.body, got.result], [404, "sorry", "Error"]);
  assert.deepEqual(
    world.origin.asked.map(({ target }) => target),
    ["/sorry"],
  );
  assert.equal(codeOf(await world.ask({ target: "/sorry" })), "404 sorry");
});

test("a refusal is terse XML, and names neither the key nor the policy", async () => {
  await using world = await openSignedWorld();
  const got = await world.ask({ target: "/a?Key-Pair-Id=APKASECRET" });
  assert.equal(got.status, 403);
  assert.equal(
    got.body,
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>InvalidKey</Code><Message>Unknown Key</Message></Error>',
  );
  assert.deepEqual(
    got.fields.map(([name]) => name),
    ["Server", "Date", "Content-Type", "X-Cache", "Via", "X-Amz-Cf-Pop", "X-Amz-Cf-Id"],
  );
  assert.equal(got.field("content-type"), "text/xml");
  assert.equal(got.field("server"), "CloudFront");
  assert.equal(got.field("x-cache"), "Error from cloudfront");
  assert.equal(world.origin.asked.length, 0);
});
