// Buckets that another S3-compatible store has: asked with the operator's keys where they are meant to be used, and never for more
// than the object that a viewer names.

import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { OtherStore } from "../../src/edge/bucket-stores.ts";
import { makeLeaf } from "../../src/service/make-certificate.ts";
import { A_WHILE, TEST_ROOT } from "../support/tls-world.ts";
import type { Origin } from "../../src/model/distribution.ts";
import {
  assertSignedBy,
  assertUnsigned,
  bucketOrigin,
  control,
  controlledOrigin,
  IDENTITY,
  SECRET,
} from "./buckets.ts";
import { ALL_METHODS, openOriginServer, openWorld, type Ask, type OriginServer, type World } from "./harness.ts";

const KEY = { accessKeyId: "AKIAOPERATOR", secret: "the operator's" };

interface Two {
  readonly world: World;
  readonly store: OriginServer;
}

async function withStore(
  given: {
    readonly store?: Partial<OtherStore>;
    readonly origin?: Partial<Origin>;
    readonly authorities?: readonly string[];
  },
  play: (two: Two) => Promise<void>,
): Promise<void> {
  const store = await openOriginServer();
  const other: OtherStore = {
    scheme: "http",
    host: "127.0.0.1",
    port: store.port,
    buckets: ["photos", "logs-*"],
    region: "eu-west-1",
    accessKeyId: KEY.accessKeyId,
    secretAccessKey: KEY.secret,
    sessionToken: undefined,
    addressing: "path",
    allow: { accounts: [], identities: [IDENTITY], distributions: [], logs: [] },
    ...given.store,
  };
  try {
    await using world = await openWorld(
      {
        origin: given.origin ?? bucketOrigin(),
        behavior: { AllowedMethods: ALL_METHODS, ForwardedValues: { QueryString: true } },
      },
      {
        settings: {
          otherStores: [other],
          serviceSecret: SECRET,
          allowPrivateOrigins: false,
          ...(given.authorities !== undefined && { originAuthorities: given.authorities }),
        },
      },
    );
    world.edge.bucketsAt({ host: "127.0.0.1", port: world.origin.port });
    await play({ world, store });
  } finally {
    await store.stop();
  }
}

test("a bucket that a row names is asked in that store, in its path, with the operator's keys", async () => {
  await withStore({}, async ({ world, store }) => {
    store.answer({ body: "theirs" });
    assert.equal((await world.ask("GET /a/b%20c")).body, "theirs");
    const [asked] = store.asked;
    assert.equal(asked?.target, "/photos/a/b%20c");
    assert.equal(asked?.headers.host, `127.0.0.1:${store.port}`);
    assertSignedBy(asked, KEY, { region: "eu-west-1", atMs: world.now() });
    assert.deepEqual(world.origin.asked, []);
  });
});

test("a bucket may be in the host instead, and a session's token is signed", async () => {
  const store = { addressing: "virtual", host: "store.localhost", sessionToken: "temporary" } as const;
  await withStore(
    { store, origin: bucketOrigin({ DomainName: "logs-2026.s3.localhost" }) },
    async ({ world, store }) => {
      assert.equal((await world.ask("GET /a")).status, 200);
      const [asked] = store.asked;
      assert.equal(asked?.target, "/a");
      assert.equal(asked?.headers.host, `logs-2026.store.localhost:${store.port}`);
      assert.equal(asked?.headers["x-amz-security-token"], "temporary");
      assertSignedBy(asked, KEY, { region: "eu-west-1", atMs: world.now() });
    },
  );
});

test("buckets that no row names, and websites, are the service's own", async () => {
  for (const DomainName of [
    "photo.s3.localhost",
    "photos2.s3.localhost",
    "xlogs-1.s3.localhost",
    "photos.s3-website.localhost",
  ]) {
    await withStore({ origin: { DomainName } }, async ({ world, store }) => {
      assert.equal((await world.ask("GET /a")).status, 200);
      assert.deepEqual(store.asked, []);
      assert.equal(world.origin.asked.length, 1);
    });
  }
});

// Who is named, and whether the operator's keys are used for an origin with an identity and for one with an access control.
const ALLOWED: readonly (readonly [allow: Partial<OtherStore["allow"]>, identity: boolean, control: boolean])[] = [
  [{}, false, false],
  [{ identities: [IDENTITY] }, true, false],
  [{ identities: ["E1IDENTITY0002"] }, false, false],
  [{ accounts: ["000000000000"] }, true, true],
  [{ accounts: ["000000000001"] }, false, false],
  [{ distributions: ["E1"] }, false, true],
  [{ distributions: ["E2", IDENTITY] }, false, false],
];
for (const [allow, byIdentity, byControl] of ALLOWED) {
  test(`with ${JSON.stringify(allow)} the keys are used for an identity: ${byIdentity}, by a control: ${byControl}`, async () => {
    const none = { accounts: [], identities: [], distributions: [], logs: [] };
    for (const [origin, isSigned] of [
      [bucketOrigin(), byIdentity],
      [controlledOrigin(), byControl],
      [bucketOrigin({ S3OriginConfig: { OriginAccessIdentity: "" } }), false],
      [{ DomainName: "photos.s3.amazonaws.com" }, false],
    ] as const) {
      await withStore({ store: { allow: { ...none, ...allow } }, origin }, async ({ world, store }) => {
        control(world);
        assert.equal((await world.ask("GET /a")).status, 200);
        const [asked] = store.asked;
        if (isSigned) assertSignedBy(asked, KEY, { region: "eu-west-1", atMs: world.now() });
        else assertUnsigned(asked);
      });
    }
  });
}

// What a viewer asks, and as whom the store is asked for it; `to`: with what target, where that is another.
const ASKED: readonly (readonly [ask: Ask, as: "operator" | "nobody", to?: string])[] = [
  [{ target: "/a" }, "operator"],
  [{ method: "PUT", target: "/a", body: ["x"] }, "operator"],
  [
    { method: "PUT", target: "/a", body: ["x"], headers: { "x-amz-meta-a": "1", "x-amz-checksum-crc32": "A" } },
    "operator",
  ],
  [{ method: "DELETE", target: "/a" }, "operator"],
  [{ target: "/a?v=2&partNumber=1&x=%26" }, "operator", "/photos/a?partNumber=1"],
  [{ target: "/a?v=2" }, "operator", "/photos/a"],
  [{ target: "/..a/b..c/..." }, "operator"],
  [{ target: "/" }, "nobody"],
  [{ target: "//" }, "nobody"],
  [{ method: "PUT", target: "/" }, "nobody"],
  [{ method: "DELETE", target: "/" }, "nobody"],
  [{ method: "POST", target: "/a", body: ["x"] }, "nobody"],
  [{ method: "PATCH", target: "/a", body: ["x"] }, "nobody"],
  [{ method: "OPTIONS", target: "/a" }, "nobody"],
  ...[
    "acl",
    "policy",
    "uploads",
    "uploadId=1&partNumber=1",
    "tagging",
    "versionId=3",
    "list-type=2",
    "response-content-type=text/html",
    "%61cl",
    "ACL",
    "legal-hold=",
    "retention",
    "torrent",
    "attributes",
  ].map((query) => [{ target: `/a?${query}` }, "nobody"] as const),
  ...[
    "/../secrets/a",
    "/a/../../secrets/a",
    "/./a",
    "/%2e%2e/secrets/a",
    "/.%2E/secrets/a",
    "/%252e%252e/secrets/a",
    "/a%2f..%2f..%2fsecrets/a",
    "/..%5csecrets/a",
    "/..\\secrets/a",
    "/a/..",
  ].map((target) => [{ target }, "nobody"] as const),
  ...[
    "x-amz-acl",
    "x-amz-grant-full-control",
    "x-amz-tagging",
    "x-amz-copy-source",
    "x-amz-object-lock-mode",
    "x-amz-bypass-governance-retention",
    "x-amz-website-redirect-location",
    "x-amz-expected-bucket-owner",
    "x-amz-mfa",
  ].map((name) => [{ method: "PUT", target: "/a", body: ["x"], headers: { [name]: "1" } }, "nobody"] as const),
];
for (const [ask, as, to] of ASKED) {
  const { method = "GET", target, headers = {} } = ask;
  test(`${method} ${target} ${Object.keys(headers).join()} is asked of another store as ${as}`, async () => {
    await withStore({}, async ({ world, store }) => {
      assert.equal((await world.ask({ ...ask, headers: { ...headers, Authorization: "mine" } })).status, 200);
      const [asked] = store.asked;
      assert.equal(asked?.target, to ?? `/photos${target}`);
      if (as === "nobody") assertUnsigned(asked);
      else assertSignedBy(asked, KEY, { region: "eu-west-1", atMs: world.now() });
    });
  });
}

test("explain names the store and what it would take to use its keys", async () => {
  await withStore(
    { store: { allow: { accounts: [], identities: [], distributions: [], logs: [] } } },
    async ({ world, store }) => {
      const { steps } = await world.edge.explain({ method: "GET", url: "http://d1.cloudfront.localhost/a" });
      const told = steps.map(({ decision, why }) => `${decision}: ${why}`).join("\n");
      assert.match(told, new RegExp(`bucket photos in the store at http://127.0.0.1:${store.port}`));
      assert.match(
        told,
        /unsigned, as nobody: bucketStores does not allow origin access identity E1IDENTITY0001, or account/,
      );
      assert.doesNotMatch(told, /the operator's|AKIAOPERATOR/);
    },
  );
});

test("what is asked in a path may lie in a list of buckets that begins with a star", async () => {
  await withStore(
    { store: { buckets: ["*"] }, origin: { DomainName: "a.b.c.s3.localhost" } },
    async ({ world, store }) => {
      await world.ask("GET /a");
      assert.equal(store.asked[0]?.target, "/a.b.c/a");
    },
  );
});

for (const [authorities, names, isHeld] of [
  [[TEST_ROOT.certificate], ["store.localhost"], true],
  [[], ["store.localhost"], false],
  [[TEST_ROOT.certificate], ["other.localhost"], false],
] as const) {
  const claim = `a store at https whose certificate is for ${names[0]} and ${authorities.length > 0 ? "signed by a known authority" : "of an unknown authority"}`;
  test(`${claim} is ${isHeld ? "asked" : "not asked, and sees no signature"}`, async () => {
    const leaf = makeLeaf(names, A_WHILE, TEST_ROOT);
    const asked: string[] = [];
    const server = createServer({ key: leaf.key, cert: leaf.certificate }, (request, response) => {
      asked.push(`${request.headers.host} ${request.headers.authorization?.slice(0, 16)}`);
      response.end("over tls");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const store = { scheme: "https", host: "store.localhost", port } as const;
      await withStore({ store, authorities }, async ({ world }) => {
        const got = await world.ask("GET /a");
        assert.equal(got.status, isHeld ? 200 : 502, got.body);
        assert.deepEqual(asked, isHeld ? [`store.localhost:${port} AWS4-HMAC-SHA256`] : []);
      });
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
}
