// Paths that are written so that the pattern of a protection does not see what a bucket or another server behind the edge will. A
// viewer needs for them what it needs for what they may mean.

import assert from "node:assert/strict";
import { test } from "node:test";
import { askFor, codeOf, HOST, KEYS, NOON, openSignedWorld, OWNER, signUrl } from "../support/viewer-signing.ts";
import { ALL_METHODS, list } from "./harness.ts";

const SIGNED = { TrustedSigners: { Enabled: true, ...list("self") } };
/** Everything is open but for two folders, each with signers of its own. */
const FOLDERS_SIGNED = {
  account: OWNER,
  behaviors: [
    { PathPattern: "private/*", ...SIGNED },
    { PathPattern: "groups/*", TrustedKeyGroups: { Enabled: true, ...list("group-1") } },
  ],
};
/** Everything is signed but for one folder, and for what looks like an image. */
const FOLDER_OPEN = {
  account: OWNER,
  behavior: SIGNED,
  behaviors: [{ PathPattern: "open/*" }, { PathPattern: "*.jpg" }],
};
const PAGE = { headers: { "Cache-Control": "max-age=600" }, body: "private" };

/** As whoever decodes, collapses or cuts before looking it up would read them: `/private/a`. */
const DISGUISED = [
  "/private%2Fa",
  "/private%2fa",
  "/%70rivate%2Fa",
  "/private%252Fa",
  "/private%5Ca",
  "/private\\a",
  "/private%c0%afa",
  "/open/..%2Fprivate/a",
  "/open%2F..%2Fprivate%2Fa",
  "/open/%2e%2e%2Fprivate%2Fa",
  "/open/%252e%252e/private/a",
  "/open/..%5C..%5Cprivate%5Ca",
  "//private/a",
  "/%2Fprivate/a",
  "/./private/a",
  "/.%2Fprivate/a",
  "/private//a",
];

test("a path that may be read as a protected one is as protected", async () => {
  await using world = await openSignedWorld(FOLDERS_SIGNED);
  world.origin.answer(PAGE);
  for (const target of DISGUISED) {
    for (const method of ["GET", "HEAD"]) {
      const got = await world.ask({ target, method });
      assert.equal(got.status, 403, `${method} ${target}`);
    }
    assert.equal(codeOf(await world.ask({ target })), "MissingKey", target);
    assert.equal(codeOf(await world.ask(askFor(signUrl(target)))), "200 private", target);
    // What is stored for who may see it is nobody else's.
    assert.equal(codeOf(await world.ask({ target })), "MissingKey", target);
    assert.equal(codeOf(await world.ask(askFor(signUrl(target, { key: KEYS.rsa })))), "InvalidKey", target);
  }
  assert.equal(codeOf(await world.ask({ target: "/public%2Fa" })), "200 private");
  assert.equal(codeOf(await world.ask({ target: "/private" })), "200 private");
});

test("the origin does not see the parameters of a signature that such a path needed", async () => {
  await using world = await openSignedWorld({
    ...FOLDERS_SIGNED,
    behavior: { ForwardedValues: { QueryString: true } },
  });
  world.origin.answer(PAGE);
  await world.ask(askFor(signUrl("/private%2Fa?x=1")));
  assert.deepEqual(
    world.origin.asked.map(({ target }) => target),
    ["/private%2Fa?x=1"],
  );
});

test("an open folder among protected ones opens only what is in it however it is read", async () => {
  await using world = await openSignedWorld(FOLDER_OPEN);
  world.origin.answer(PAGE);
  const rows = [
    ["/open/a", "200 private"],
    ["/open/b%2Fc", "200 private"],
    ["/open/b%20c", "200 private"],
    ["/a.jpg", "200 private"],
    ["/open/../private/a", "MissingKey"],
    ["/open/..%2Fprivate/a", "MissingKey"],
    ["/open%2F..%2Fprivate/a", "MissingKey"],
    ["/open/..%5Cprivate%5Ca", "MissingKey"],
    // A bucket has objects of such names.
    ["/private/../open/a", "MissingKey"],
    ["/private%2F..%2Fopen/a", "MissingKey"],
    ["/private/a%00.jpg", "MissingKey"],
    ["/private/a%2500.jpg", "MissingKey"],
  ] as const;
  for (const [target, expected] of rows) assert.equal(codeOf(await world.ask({ target })), expected, target);
});

test("one folder's signer does not open another's, by whatever path", async () => {
  await using world = await openSignedWorld(FOLDERS_SIGNED);
  world.origin.answer(PAGE);
  const crossing = "/groups/..%2Fprivate/a";
  assert.equal(codeOf(await world.ask(askFor(signUrl(crossing, { key: KEYS.rsa })))), "InvalidKey");
  assert.equal(codeOf(await world.ask(askFor(signUrl(crossing, { key: KEYS.pair })))), "InvalidKey");
  assert.equal(codeOf(await world.ask(askFor(signUrl("/groups/a", { key: KEYS.rsa })))), "200 private");
});

test("a wildcard of a policy does not reach out of its folder by dot segments that only others decode", async () => {
  await using world = await openSignedWorld();
  world.origin.answer(PAGE);
  for (const [key, folder] of [
    [KEYS.pair, ""],
    [KEYS.rsa, "/groups"],
  ] as const) {
    const resource = `http://${HOST}${folder}/public/*`;
    const signed = (path: string): string =>
      signUrl(`${folder}${path}`, { key, policy: { resource, expires: NOON + 60 } });
    for (const path of ["/public/a", "/public/a%2Fb", "/public/a%20b", "/public/..a"]) {
      assert.equal(codeOf(await world.ask(askFor(signed(path)))), "200 private", path);
    }
    for (const path of [
      "/public/../a",
      "/public/..%2Fa",
      "/public/%2e%2e%2Fa",
      "/public/%252e%252e/a",
      "/public/..%5Ca",
      "/public/x%2F..%2F..%2Fa",
    ]) {
      assert.equal(codeOf(await world.ask(askFor(signed(path)))), "AccessDenied", path);
    }
  }
});

test("a method that one folder allows is not smuggled into another", async () => {
  await using world = await openSignedWorld({
    account: OWNER,
    behaviors: [{ PathPattern: "uploads/*", AllowedMethods: ALL_METHODS }],
  });
  world.origin.answer({ body: "put" });
  assert.equal((await world.ask({ method: "PUT", target: "/uploads/a%2Fb" })).status, 200);
  for (const target of ["/uploads/..%2Fa", "/uploads%2Fa", "/uploads/%2e%2e%5Ca"]) {
    assert.equal((await world.ask({ method: "PUT", target })).status, 403, target);
  }
});

test("explain names the behavior that such a path may be read as one of, and what opened it", async () => {
  await using world = await openSignedWorld(FOLDERS_SIGNED);
  world.origin.answer(PAGE);
  const explain = async (url: string): Promise<string> => {
    const { verdict, steps } = await world.edge.explain({ method: "GET", url });
    return [verdict, ...steps.map(({ stage, why }) => `${stage}: ${why}`)].join("\n");
  };
  const refused = await explain(`http://${HOST}/private%2Fa`);
  assert.match(refused, /^403 signed-missing-key/);
  assert.match(
    refused,
    /\/private%2Fa may be read as a path of the behavior private\/\*: the behavior wants signed URLs/,
  );
  assert.match(await explain(signUrl("/private%2Fa")), /authorize-viewer: .*the viewer's signature opens the behavior/);
  assert.match(await explain(`http://${HOST}/open%2Fa`), /authorize-viewer: .*nothing protects the behavior/);
});
