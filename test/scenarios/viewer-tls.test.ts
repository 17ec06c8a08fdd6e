// TLS towards viewers, over real sockets: which certificate and which policy a name gets, what a policy lets through, how
// sessions are resumed, and what happens to connections that never become one. [D-0008]

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { SECURITY_POLICIES, type SecurityPolicyName } from "../../src/edge/transport/tls/security-policies.ts";
import { advanceTicketSeed, newTicketSeed, openTicketKeys } from "../../src/edge/transport/tls/ticket-keys.ts";
import type { DistributionConfig, ViewerCertificate } from "../../src/model/distribution.ts";
import type { AccountId } from "../../src/vocabulary/ids.ts";
import { secondsBetween, systemClock, type EpochMs } from "../../src/vocabulary/time.ts";
import type { ViewerRequest } from "../../src/edge/transport/message.ts";
import {
  A_WHILE,
  certificateFor,
  get,
  openTlsWorld,
  shakeHands,
  TEST_ROOT,
  type Shaken,
} from "../support/tls-world.ts";
import { list, type DistributionDraft } from "./harness.ts";

const A = "111111111111";
const B = "222222222222";
const OWN = "d1.cloudfront.localhost";

const SHOP = certificateFor("shop", A, ["shop.example", "*.shop.example"]);
const DEEP = certificateFor("deep", A, ["a.shop.example"]);
const RSA = certificateFor("rsa", A, ["rsa.example"], "rsa");
const OTHER = certificateFor("other", B, ["b.example"]);
const CERTIFICATES = [SHOP, DEEP, RSA, OTHER];

function draft(
  aliases: readonly string[],
  certificate: ViewerCertificate | undefined = { CloudFrontDefaultCertificate: true, MinimumProtocolVersion: "TLSv1" },
  more: DistributionDraft & { readonly config?: Partial<DistributionConfig> } = {},
): DistributionDraft {
  return {
    account: A,
    ...more,
    config: { Aliases: list(...aliases), ViewerCertificate: certificate, ...more.config },
  };
}

function withPolicy(policy: string, aliases: readonly string[], id = "shop"): DistributionDraft {
  return draft(aliases, { IAMCertificateId: id, SSLSupportMethod: "sni-only", MinimumProtocolVersion: policy });
}

function secure(shaken: Shaken): Extract<Shaken, { kind: "secure" }> {
  assert(shaken.kind === "secure", JSON.stringify(shaken));
  return shaken;
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
}

test("a distribution is served over HTTPS by its own name, with a certificate that the authority's root vouches for", async () => {
  await using tls = await openTlsWorld(draft([]));
  tls.world.origin.answer({ body: "hello" });
  const viewer = secure(
    await shakeHands(tls.port, { servername: OWN, ca: TEST_ROOT.certificate, rejectUnauthorized: true }),
  );
  assert.equal(viewer.socket.authorized, true);
  const answer = await get(viewer.socket, OWN);
  assert.equal(statusOf(answer), 200);
  assert(answer.endsWith("hello"));
});

// Versions and ciphers of the policies.

const VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;

/** Policy, oldest version that gets a connection. */
const OLDEST: readonly [SecurityPolicyName, (typeof VERSIONS)[number]][] = [
  ["SSLv3", "TLSv1"],
  ["TLSv1", "TLSv1"],
  ["TLSv1_2016", "TLSv1"],
  ["TLSv1.1_2016", "TLSv1.1"],
  ["TLSv1.2_2018", "TLSv1.2"],
  ["TLSv1.2_2019", "TLSv1.2"],
  ["TLSv1.2_2021", "TLSv1.2"],
  ["TLSv1.2_2025", "TLSv1.2"],
  ["TLSv1.3_2025", "TLSv1.3"],
];

test("a policy lets in the versions that it names and none that is older [CFDG secure-connections-supported-viewer-protocols-ciphers]", async () => {
  await using tls = await openTlsWorld(draft([]), { own: CERTIFICATES });
  assert.deepEqual(
    OLDEST.map(([policy]) => policy),
    Object.keys(SECURITY_POLICIES),
  );
  for (const [policy, oldest] of OLDEST) {
    tls.world.publish(withPolicy(policy, ["shop.example"]));
    for (const version of VERSIONS) {
      const shaken = await shakeHands(tls.port, {
        servername: "shop.example",
        minVersion: version,
        maxVersion: version,
      });
      const isLetIn = VERSIONS.indexOf(version) >= VERSIONS.indexOf(oldest);
      assert.equal(shaken.kind, isLetIn ? "secure" : "failed", `${policy}, ${version}`);
      if (shaken.kind !== "secure") continue;
      assert.equal(shaken.protocol, version, policy);
      shaken.socket.destroy();
    }
  }
});

// Cipher, and the last policies of SSLv3 … TLSv1.3_2025 that have it: by certificate of either kind of key.
const CIPHERS: readonly [cipher: string, version: "TLSv1.2" | "TLSv1.3", last: SecurityPolicyName | "none"][] = [
  ["TLS_AES_128_GCM_SHA256", "TLSv1.3", "TLSv1.3_2025"],
  ["TLS_AES_256_GCM_SHA384", "TLSv1.3", "TLSv1.3_2025"],
  ["TLS_CHACHA20_POLY1305_SHA256", "TLSv1.3", "TLSv1.2_2025"],
  ["ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1.2", "TLSv1.2_2025"],
  ["ECDHE-ECDSA-AES128-SHA256", "TLSv1.2", "TLSv1.2_2019"],
  ["ECDHE-ECDSA-AES128-SHA", "TLSv1.2", "TLSv1.1_2016"],
  ["ECDHE-ECDSA-AES256-GCM-SHA384", "TLSv1.2", "TLSv1.2_2025"],
  ["ECDHE-ECDSA-CHACHA20-POLY1305", "TLSv1.2", "TLSv1.2_2021"],
  ["ECDHE-ECDSA-AES256-SHA384", "TLSv1.2", "TLSv1.2_2019"],
  ["ECDHE-ECDSA-AES256-SHA", "TLSv1.2", "TLSv1.1_2016"],
  ["ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2", "TLSv1.2_2025"],
  ["ECDHE-RSA-AES128-SHA256", "TLSv1.2", "TLSv1.2_2019"],
  ["ECDHE-RSA-AES128-SHA", "TLSv1.2", "TLSv1.1_2016"],
  ["ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.2", "TLSv1.2_2025"],
  ["ECDHE-RSA-CHACHA20-POLY1305", "TLSv1.2", "TLSv1.2_2021"],
  ["ECDHE-RSA-AES256-SHA384", "TLSv1.2", "TLSv1.2_2019"],
  ["ECDHE-RSA-AES256-SHA", "TLSv1.2", "TLSv1.1_2016"],
  ["AES128-GCM-SHA256", "TLSv1.2", "TLSv1.2_2018"],
  ["AES256-GCM-SHA384", "TLSv1.2", "TLSv1.2_2018"],
  ["AES128-SHA256", "TLSv1.2", "TLSv1.2_2018"],
  ["AES256-SHA", "TLSv1.2", "TLSv1.1_2016"],
  ["AES128-SHA", "TLSv1.2", "TLSv1.1_2016"],
  ["DHE-RSA-AES128-GCM-SHA256", "TLSv1.2", "none"],
  ["AES128-CCM", "TLSv1.2", "none"],
];

test("a policy lets in the ciphers that it names and no other", async () => {
  await using tls = await openTlsWorld(draft([]), { own: CERTIFICATES });
  const policies = OLDEST.map(([policy]) => policy);
  for (const policy of policies) {
    for (const id of ["shop", "rsa"]) {
      tls.world.publish(withPolicy(policy, [`${id}.example`], id));
      for (const [cipher, version, last] of CIPHERS) {
        if (version === "TLSv1.2" && (id === "shop") !== cipher.includes("ECDSA")) continue;
        const shaken = await shakeHands(tls.port, {
          servername: `${id}.example`,
          minVersion: version,
          maxVersion: version,
          ciphers: cipher,
        });
        const isLetIn = last !== "none" && policies.indexOf(policy) <= policies.indexOf(last);
        assert.equal(shaken.kind, isLetIn ? "secure" : "failed", `${policy}, ${cipher}`);
        if (shaken.kind === "secure") shaken.socket.destroy();
      }
    }
  }
});

test("of the ciphers that both sides have the edge's first one is taken", async () => {
  await using tls = await openTlsWorld(withPolicy("TLSv1", ["shop.example"]), { own: CERTIFICATES });
  const rows: [string, string][] = [
    ["ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA"],
    ["ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"],
    ["ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-SHA256"],
  ];
  for (const [ciphers, taken] of rows) {
    const shaken = secure(await shakeHands(tls.port, { servername: "shop.example", maxVersion: "TLSv1.2", ciphers }));
    assert.equal(shaken.cipher, taken);
    shaken.socket.destroy();
  }
});

// Which certificate.

test("an alias gets the certificate that its distribution names, or the account's for that host; other names the edge's own", async () => {
  await using tls = await openTlsWorld(withPolicy("TLSv1.2_2021", ["shop.example", "*.named.example"]), {
    own: CERTIFICATES,
  });
  tls.world.publish(draft(["*.shop.example", "b.example"], undefined, { id: "E2", label: "d2" }));
  const rows: [name: string | undefined, certificate: string][] = [
    ["shop.example", "shop.example"],
    ["x.named.example", "shop.example"], // named by the distribution: whether it fits is the viewer's to say
    ["a.shop.example", "a.shop.example"], // exact before wildcard
    ["b.shop.example", "shop.example"],
    ["a.b.shop.example", "*.cloudfront.localhost"], // a star stands for one label
    ["b.example", "*.cloudfront.localhost"], // another account's certificate is not for it
    ["d1.cloudfront.localhost", "*.cloudfront.localhost"],
    ["D2.CloudFront.Localhost", "*.cloudfront.localhost"],
    ["unknown.example", "*.cloudfront.localhost"],
    [undefined, "*.cloudfront.localhost"],
  ];
  for (const [name, subject] of rows) {
    const shaken = secure(await shakeHands(tls.port, name === undefined ? {} : { servername: name }));
    assert.equal(shaken.certificate.subject.CN, subject, String(name));
    shaken.socket.destroy();
  }
});

test("the policy is the distribution's by every name of it, and the edge's own for names of nobody", async () => {
  await using tls = await openTlsWorld(withPolicy("TLSv1.2_2021", ["shop.example"]), { own: CERTIFICATES });
  const rows: [string | undefined, Shaken["kind"]][] = [
    ["shop.example", "failed"],
    [OWN, "failed"],
    ["unknown.example", "secure"],
    [undefined, "secure"],
  ];
  for (const [name, kind] of rows) {
    const shaken = await shakeHands(tls.port, {
      ...(name !== undefined && { servername: name }),
      maxVersion: "TLSv1.1",
    });
    assert.equal(shaken.kind, kind, String(name));
    if (shaken.kind === "secure") shaken.socket.destroy();
  }
});

test("a name of nobody gets a handshake, and over it the 403 that its host gets", async () => {
  await using tls = await openTlsWorld(draft([]));
  const viewer = secure(await shakeHands(tls.port, { servername: "unknown.example" }));
  const answer = await get(viewer.socket, "unknown.example");
  assert.equal(statusOf(answer), 403);
  assert.match(answer, /Bad request\./);
});

// Host and certificate of different accounts.

test("a certificate's account answers for its own distributions only: 421 otherwise [CFDG CNAMEs], [RFC 9110 §15.5.20]", async () => {
  await using tls = await openTlsWorld(withPolicy("TLSv1.2_2021", ["shop.example"]), { own: CERTIFICATES });
  tls.world.publish(draft(["www.example"], undefined, { id: "E2", label: "d2" }));
  tls.world.publish(draft(["b.example"], undefined, { id: "E3", label: "d3", account: B }));
  tls.world.origin.answer({ body: "ok" });
  const rows: [name: string | undefined, host: string, status: number][] = [
    ["shop.example", "shop.example", 200],
    ["shop.example", "www.example", 200], // another distribution of the same account
    ["shop.example", "d2.cloudfront.localhost", 200],
    ["shop.example", "b.example", 421],
    ["shop.example", "d3.cloudfront.localhost", 421],
    ["b.example", "shop.example", 421],
    [OWN, "b.example", 200], // over the certificate that is everybody's
    ["d3.cloudfront.localhost", "shop.example", 200],
    [undefined, "b.example", 200],
    [undefined, "shop.example", 421], // sni-only
    ["shop.example", "nobody.example", 403],
  ];
  for (const [name, host, status] of rows) {
    const viewer = secure(await shakeHands(tls.port, name === undefined ? {} : { servername: name }));
    const answer = await get(viewer.socket, host);
    assert.equal(statusOf(answer), status, `${name ?? "no name"} for ${host}`);
    if (status === 421) assert.match(answer, /cannot be reached over this connection/);
  }
});

test("two handshakes from one port of a viewer, to two addresses of the edge, are not taken for one another", async () => {
  await using tls = await openTlsWorld(draft(["shop.example"], undefined, { id: "E1" }), {
    own: CERTIFICATES,
    host: "0.0.0.0",
  });
  tls.world.publish(draft(["b.example"], undefined, { id: "E2", label: "d2", account: B }));
  const names = ["shop.example", "b.example"];
  const below: Socket[] = [];
  for (const index of names.keys()) {
    const localPort = below[0]?.localPort;
    const socket = connect({
      host: `127.0.0.${index + 1}`,
      port: tls.port,
      localAddress: "127.0.0.1",
      ...(localPort !== undefined && { localPort }),
    });
    await once(socket, "connect");
    below.push(socket);
  }
  // Both hellos are on their way before either is answered.
  const shaken = await Promise.all(
    below.map((socket, index) => shakeHands(tls.port, { servername: names[index] ?? "", socket })),
  );
  for (const [index, each] of shaken.entries()) {
    assert.equal(statusOf(await get(secure(each).socket, names[index] ?? "")), 200, names[index] ?? "");
  }
  assert.deepEqual(
    tls.requests.map(({ tls: agreed }) => [agreed?.serverName, agreed?.certificateAccount]),
    [
      ["shop.example", A],
      ["b.example", B],
    ],
  );
});

test("explain tells of the handshake, by the name that a viewer would send, and of who may not ask over it", async () => {
  await using tls = await openTlsWorld(withPolicy("TLSv1.2_2021", ["shop.example"]), { own: CERTIFICATES });
  tls.world.publish(draft(["b.example"], undefined, { id: "E3", label: "d3", account: B }));
  tls.world.publish(draft(["bare.example"], undefined, { id: "E4", label: "d4" }));
  const explain = async (url: string, serverName?: string, account = A): Promise<string> => {
    const asked = { method: "GET", url, ...(serverName !== undefined && { serverName }) };
    const { verdict, steps } = await tls.world.edge.explain(asked, account as AccountId);
    const shown = steps.filter(({ stage }) => stage === "handshake" || stage === "check-certificate");
    return [...shown.map(({ decision, why }) => `${decision} (${why})`), verdict].join("\n");
  };
  const shop =
    "certificate shop, policy TLSv1.2_2021, HTTP/1.1 (E1 names certificate shop in its ViewerCertificate; it";
  const end = new Date(Math.floor(A_WHILE.to / 1000) * 1000).toISOString();
  tls.pass(secondsBetween(tls.world.now(), systemClock.now())); // certificates live today
  assert.equal(await explain("https://shop.example/"), `${shop} expires at ${end})\nmiss`);
  assert.match(
    await explain("https://bare.example:7443/"),
    /the edge's own certificate.* it is not for bare\.example, so viewers will warn\)\nmiss$/,
  );
  assert.match(
    await explain("https://shop.example/", ""),
    /names no host in its handshake\)\n421 \(.*sni-only.*\n421 misdirected$/,
  );
  assert.match(
    await explain("https://d1.cloudfront.localhost/", "b.example"),
    /^not told \(b\.example is not a name of yours\)\n421/,
  );
  assert.match(await explain("https://127.0.0.1/"), /names no host in its handshake\)\n403 bad-request$/);
  assert.equal(await explain("http://shop.example/"), "miss");
  tls.pass(172_800);
  assert.equal(await explain("https://shop.example/"), `${shop} expired at ${end}, so viewers refuse it)\nmiss`);
});

// What the handshake was is known to the pipeline, and protocols.

test("a request brings along what its handshake agreed on", async () => {
  await using tls = await openTlsWorld(withPolicy("TLSv1.2_2021", ["shop.example"]), { own: CERTIFICATES });
  const rows: [object, ViewerRequest["tls"]][] = [
    [
      { servername: "SHOP.example", maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" },
      {
        protocol: "TLSv1.2",
        cipher: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        serverName: "shop.example",
        isResumed: false,
        certificateAccount: A as AccountId,
      },
    ],
    [
      { ciphers: "TLS_AES_128_GCM_SHA256" },
      {
        protocol: "TLSv1.3",
        cipher: "TLS_AES_128_GCM_SHA256",
        serverName: undefined,
        isResumed: false,
        certificateAccount: undefined,
      },
    ],
    [
      { servername: OWN, session: await sessionOf(tls.port, OWN, "TLSv1.3"), ciphers: undefined },
      {
        protocol: "TLSv1.3",
        cipher: "TLS_AES_128_GCM_SHA256",
        serverName: OWN,
        isResumed: true,
        certificateAccount: undefined,
      },
    ],
  ];
  for (const [options, facts] of rows) {
    const viewer = secure(await shakeHands(tls.port, options));
    await get(viewer.socket, "shop.example");
    const request = tls.requests.at(-1);
    assert.deepEqual(request?.tls, facts);
    assert.equal(request?.scheme, "https");
  }
});

test("HTTP/2 is offered where the distribution has it, to viewers with a name and TLS 1.2", async () => {
  await using tls = await openTlsWorld(draft([], undefined, { config: { HttpVersion: "http2" } }));
  tls.world.publish(draft([], undefined, { id: "E2", label: "d2", config: { HttpVersion: "http1.1" } }));
  tls.world.publish(draft([], undefined, { id: "E3", label: "d3", config: { HttpVersion: "http2and3" } }));
  tls.world.publish(draft([], undefined, { id: "E4", label: "d4", config: { HttpVersion: "http3" } }));
  const both = ["http/1.1", "h2"];
  const rows: [
    label: string,
    maxVersion: "TLSv1.1" | "TLSv1.2" | "TLSv1.3",
    offered: string[],
    agreed: string | false,
  ][] = [
    ["d1", "TLSv1.3", both, "h2"],
    ["d1", "TLSv1.2", both, "h2"],
    ["d1", "TLSv1.1", both, "http/1.1"],
    ["d1", "TLSv1.3", ["http/1.1"], "http/1.1"],
    ["d1", "TLSv1.3", ["http/1.0"], "http/1.0"],
    ["d1", "TLSv1.3", [], false],
    ["d2", "TLSv1.3", both, "http/1.1"],
    ["d3", "TLSv1.3", both, "h2"],
    ["d4", "TLSv1.3", both, "http/1.1"],
    ["", "TLSv1.3", both, "http/1.1"],
  ];
  for (const [label, maxVersion, ALPNProtocols, agreed] of rows) {
    const named = label === "" ? {} : { servername: `${label}.cloudfront.localhost` };
    const shaken = secure(
      await shakeHands(tls.port, { ...named, maxVersion, ...(ALPNProtocols.length > 0 && { ALPNProtocols }) }),
    );
    assert.equal(shaken.alpn, agreed, `${label} ${maxVersion} ${ALPNProtocols.join()}`);
    shaken.socket.destroy();
  }
  const none = await shakeHands(tls.port, { servername: OWN, ALPNProtocols: ["spdy/3"] });
  assert.deepEqual(none, { kind: "failed", why: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL" });
});

// Sessions.

/** A session as it can be resumed: in TLS 1.3 the ticket comes after the handshake. */
async function sessionOf(port: number, servername: string, maxVersion: "TLSv1.2" | "TLSv1.3"): Promise<Buffer> {
  const socket = connectTls({ host: "127.0.0.1", port, servername, maxVersion, rejectUnauthorized: false });
  const [session] = (await once(socket, "session")) as [Buffer];
  socket.destroy();
  return session;
}

test("a session is resumed by its ticket, where the same policy and certificate would be used [RFC 8446 §2.2]", async () => {
  await using tls = await openTlsWorld(withPolicy("TLSv1.2_2021", ["shop.example"]), { own: CERTIFICATES });
  tls.world.publish(draft(["b.shop.example"], undefined, { id: "E2", label: "d2" }));
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    for (const [first, then, isResumed] of [
      ["shop.example", "shop.example", true],
      [OWN, OWN, true],
      ["b.shop.example", "shop.example", false], // of the policy TLSv1
      [OWN, "shop.example", false],
    ] as const) {
      const session = await sessionOf(tls.port, first, maxVersion);
      const shaken = secure(await shakeHands(tls.port, { servername: then, maxVersion, session, ciphers: undefined }));
      assert.equal(shaken.isResumed, isResumed, `${maxVersion}: ${first}, then ${then}`);
      shaken.socket.destroy();
    }
  }
});

test("a session of a laxer policy is not taken up under a stricter one", async () => {
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    await using tls = await openTlsWorld(withPolicy("TLSv1.2_2018", ["shop.example"]), { own: CERTIFICATES });
    const session = await sessionOf(tls.port, "shop.example", maxVersion);
    tls.world.publish(withPolicy("TLSv1.2_2021", ["shop.example"]));
    const options = { servername: "shop.example", maxVersion, session, ciphers: undefined };
    const shaken = secure(await shakeHands(tls.port, options));
    assert.equal(shaken.isResumed, false, maxVersion);
    shaken.socket.destroy();
  }
});

test("workers that share a seed take up each other's sessions, also those sealed with keys that have been replaced, for two hours more", async () => {
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const hour = 3_600_000;
    let now = 11 * hour;
    const clock = { now: () => now as EpochMs };
    const seed = newTicketSeed((count) => new Uint8Array(count).fill(7), clock.now());
    await using one = await openTlsWorld(draft([]), { ticketKeys: openTicketKeys(seed, clock) });
    await using other = await openTlsWorld(draft([]), { ticketKeys: openTicketKeys(seed, clock) });
    const isResumed = async (port: number, session: Buffer): Promise<boolean> => {
      const shaken = secure(await shakeHands(port, { servername: OWN, session, maxVersion, ciphers: undefined }));
      shaken.socket.destroy();
      return shaken.isResumed;
    };
    const session = await sessionOf(one.port, OWN, maxVersion);
    const rows: [number, boolean][] = [
      [11, true],
      [12, true], // the keys have been replaced
      [13.9, true],
      [14, false],
      [12, false], // what has been forgotten does not come back with a clock that is set back
    ];
    for (const [hours, isSo] of rows) {
      now = hours * hour;
      assert.equal(await isResumed(one.port, session), isSo, `${maxVersion} at ${hours} h, the one that sealed it`);
      assert.equal(await isResumed(other.port, session), isSo, `${maxVersion} at ${hours} h, another`);
    }
    // One that starts now, from what the supervisor still has.
    const later = openTicketKeys(advanceTicketSeed(seed, clock.now()), clock);
    await using third = await openTlsWorld(draft([]), { ticketKeys: later });
    const newer = await sessionOf(one.port, OWN, maxVersion);
    assert.equal(await isResumed(third.port, newer), true);
    const strange = openTicketKeys(
      newTicketSeed((count) => randomBytes(count), clock.now()),
      clock,
    );
    await using stranger = await openTlsWorld(draft([]), { ticketKeys: strange });
    assert.equal(await isResumed(stranger.port, newer), false);
  }
});

// Connections that never become one.

async function waitFor(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns++) {
    assert(turns < 200_000, "it never came about");
    await turn();
  }
}

/** A hello for the distribution's own name. */
async function firstBytes(): Promise<Buffer> {
  const recorder = createServer();
  recorder.listen(0, "127.0.0.1");
  await once(recorder, "listening");
  const { port } = recorder.address() as AddressInfo;
  const viewer = connectTls({ port, host: "127.0.0.1", servername: OWN });
  viewer.on("error", () => undefined);
  const [socket] = (await once(recorder, "connection")) as [Socket];
  socket.on("error", () => undefined);
  const [bytes] = (await once(socket, "data")) as [Buffer];
  viewer.destroy();
  socket.destroy();
  recorder.close();
  return bytes;
}

test("a viewer that is slow with its hello, or with the rest of its handshake, is let go in time", async () => {
  await using tls = await openTlsWorld(draft([]), { limits: { viewerHandshakeTimeoutSeconds: 10 } });
  const hello = await firstBytes();
  for (const bytes of [Buffer.alloc(0), hello.subarray(0, 1), hello.subarray(0, 100), hello]) {
    const viewer = connect({ host: "127.0.0.1", port: tls.port });
    viewer.on("error", () => undefined);
    viewer.resume();
    viewer.write(bytes);
    const closed = new Promise((resolve) => viewer.on("close", resolve));
    await waitFor(() => tls.listener.connections() === 1);
    if (bytes === hello) await once(viewer, "data"); // the edge's side of the handshake
    tls.pass(10);
    assert.equal(tls.listener.connections(), 1);
    tls.pass(1);
    await closed;
    await waitFor(() => tls.listener.connections() === 0);
  }
  assert.deepEqual(
    tls.events,
    Array.from({ length: 4 }, () => ({ kind: "timed-out", viewerAddress: "127.0.0.1", phase: "handshake" })),
  );
});

test("garbage ends the connection, plain HTTP is told what it is, and neither is a connection for long", async () => {
  await using tls = await openTlsWorld(draft([]));
  const send = async (bytes: Buffer): Promise<string> => {
    const viewer = connect({ host: "127.0.0.1", port: tls.port });
    let text = "";
    viewer.setEncoding("latin1").on("data", (piece: string) => (text += piece));
    viewer.on("error", () => undefined);
    viewer.write(bytes);
    await once(viewer, "close");
    return text;
  };
  assert.equal(await send(Buffer.from([1, 2, 3])), "");
  assert.equal(await send(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])), "");
  assert.equal(await send(Buffer.from("SSH-2.0-x\r\n")), "");
  const plain = await send(Buffer.from(`GET / HTTP/1.1\r\nHost: ${OWN}\r\n\r\n`));
  assert.equal(statusOf(plain), 400);
  assert.match(plain, /Connection: close/);
  assert.match(plain, /over plain HTTP to a port that speaks HTTPS/);
  await waitFor(() => tls.listener.connections() === 0);
  const kinds = tls.events.map(({ kind }) => kind);
  assert.deepEqual(kinds, ["handshake-failed", "handshake-failed", "handshake-failed", "refused"]);
});

test("a viewer that leaves in mid-handshake, or does not trust the certificate, leaves nothing behind", async () => {
  await using tls = await openTlsWorld(draft([]));
  for (let round = 0; round < 20; round++) {
    const viewer = connectTls({ host: "127.0.0.1", port: tls.port, servername: OWN });
    const failed = once(viewer, "error");
    const [error] = (await failed) as [NodeJS.ErrnoException];
    assert.match(String(error.code), /CERT|LEAF|ISSUER/);
    const gone = connectTls({ host: "127.0.0.1", port: tls.port, servername: OWN, rejectUnauthorized: false });
    gone.on("error", () => undefined);
    gone.on("connect", () => setImmediate(() => gone.destroy()));
    await once(gone, "close");
  }
  await waitFor(() => tls.listener.connections() === 0);
});

test("a drain lets handshakes go and ends what is open", async () => {
  await using tls = await openTlsWorld(draft([]));
  const half = connect({ host: "127.0.0.1", port: tls.port });
  half.on("error", () => undefined);
  half.write(Buffer.from([22, 3]));
  const idle = secure(await shakeHands(tls.port, { servername: OWN }));
  await waitFor(() => tls.listener.connections() === 2);
  idle.socket.resume();
  const closed = Promise.all([once(half, "close"), once(idle.socket, "close")]);
  await tls.listener.drain(5);
  await closed;
  assert.equal(tls.listener.connections(), 0);
});

test("a viewer may close its half behind its request, as over plain HTTP", async () => {
  await using tls = await openTlsWorld(draft([]));
  tls.world.origin.answer({ body: "whole" });
  const viewer = secure(await shakeHands(tls.port, { servername: OWN }));
  viewer.socket.allowHalfOpen = true;
  viewer.socket.end(`GET / HTTP/1.1\r\nHost: ${OWN}\r\n\r\n`);
  let text = "";
  viewer.socket.setEncoding("latin1").on("data", (piece: string) => (text += piece));
  await once(viewer.socket, "end");
  viewer.socket.destroy();
  assert(text.endsWith("whole"), text);
});

test("an answer that breaks off ends its connection, without a last chunk", async () => {
  await using tls = await openTlsWorld(draft([]));
  tls.world.origin.answer((_request, response) => {
    response.write("part", () => setImmediate(() => response.destroy()));
  });
  for (const version of ["1.0", "1.1"]) {
    const viewer = secure(await shakeHands(tls.port, { servername: OWN }));
    let text = "";
    viewer.socket.on("data", (piece: Buffer) => (text += piece.toString("latin1")));
    viewer.socket.on("error", () => undefined);
    viewer.socket.write(`GET /${version} HTTP/${version}\r\nHost: ${OWN}\r\n\r\n`);
    await new Promise((resolve) => viewer.socket.on("close", resolve));
    assert.match(text, version === "1.0" ? /\r\n\r\npart$/ : /4\r\npart\r\n$/);
  }
});

test("a handshake that comes byte by byte is as good as any, and its request too", async () => {
  await using tls = await openTlsWorld(draft([]));
  tls.world.origin.answer({ body: "whole" });
  // Between viewer and edge: whatever the viewer sends arrives a few bytes at a time.
  const chop = async (viewer: Socket, edge: Socket): Promise<void> => {
    for await (const chunk of viewer as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += 3) {
        edge.write(chunk.subarray(at, at + 3));
        await turn();
      }
    }
  };
  const relay = createServer((viewer) => {
    const edge = connect({ host: "127.0.0.1", port: tls.port, noDelay: true });
    edge.on("error", () => viewer.destroy()).pipe(viewer);
    chop(viewer, edge).catch(() => edge.destroy());
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  const { port } = relay.address() as AddressInfo;
  for (const maxVersion of ["TLSv1", "TLSv1.2", "TLSv1.3"] as const) {
    const viewer = secure(await shakeHands(port, { servername: OWN, maxVersion }));
    assert.match(await get(viewer.socket, OWN), /whole$/, maxVersion);
  }
  relay.close();
});

test("hellos that are damaged end in an alert or a close, and harm nobody", async () => {
  const hello = await firstBytes();
  await using tls = await openTlsWorld(draft([]), { limits: { viewerHandshakeTimeoutSeconds: 5 } });
  let seed = 20_260_101;
  const draw = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const ends: Promise<unknown>[] = [];
  for (let round = 0; round < 400; round++) {
    const bytes = Buffer.from(hello);
    for (let change = 0; change <= draw(4); change++) bytes[5 + draw(bytes.length - 5)] = draw(256);
    const viewer = connect({ host: "127.0.0.1", port: tls.port });
    viewer.on("error", () => undefined);
    viewer.resume();
    viewer.write(bytes);
    viewer.write(Buffer.from(Array.from({ length: draw(50) }, () => draw(256))));
    ends.push(new Promise((resolve) => viewer.on("close", resolve)));
    if (round % 50 === 49) await turn();
  }
  const healthy = secure(await shakeHands(tls.port, { servername: OWN }));
  assert.equal(statusOf(await get(healthy.socket, OWN)), 200);
  // Whoever is still waited for has not said enough.
  await turn();
  tls.pass(6);
  tls.pass(60);
  await waitFor(() => {
    tls.listener.sweep();
    return tls.listener.connections() === 0;
  });
  await Promise.all(ends);
});

test("two thousand handshakes leave no connection and hardly any memory behind", async () => {
  await using tls = await openTlsWorld(draft([]));
  const round = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done += 20) {
      const sockets: TLSSocket[] = [];
      for (const shaken of await Promise.all(
        Array.from({ length: 20 }, () => shakeHands(tls.port, { servername: OWN, ciphers: undefined })),
      )) {
        sockets.push(secure(shaken).socket);
      }
      await Promise.all(sockets.map((socket) => get(socket, OWN)));
    }
  };
  tls.world.origin.answer({ headers: { "Cache-Control": "max-age=600" }, body: "x".repeat(100) });
  await round(400);
  const before = process.memoryUsage().rss;
  await round(1600);
  await waitFor(() => tls.listener.connections() === 0);
  const grown = process.memoryUsage().rss - before;
  assert(grown < 64 * 1_048_576, `${Math.round(grown / 1_048_576)} MB more`);
});
