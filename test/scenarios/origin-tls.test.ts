// Origins over TLS: the name is sent and verified, and what does not hold gets no request.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { SecureContextOptions, SecureVersion, TLSSocket } from "node:tls";
import type { EdgeEvent } from "../../src/edge/edge.ts";
import type { CustomOriginConfig } from "../../src/model/distribution.ts";
import { list, openWorld, type DistributionDraft, type Got } from "./harness.ts";

const read = (name: string): string => readFileSync(new URL(`certificates/${name}`, import.meta.url), "utf8");
const certificate = read("origin.cert.pem");
const expired = read("expired.cert.pem");

type SslProtocol = NonNullable<CustomOriginConfig["OriginSslProtocols"]["Items"]>[number];

interface Asked {
  readonly serverName: unknown;
  readonly protocol: string | null;
}

async function askOverTls(
  draft: DistributionDraft,
  trusts: boolean | readonly string[],
  given: {
    readonly server?: SecureContextOptions;
    readonly protocols?: readonly SslProtocol[];
    readonly host?: string;
  } = {},
): Promise<[Got, readonly Asked[], readonly EdgeEvent[]]> {
  const authorities = trusts === true ? [certificate] : trusts === false ? [] : trusts;
  const asked: Asked[] = [];
  const server = createServer(
    { key: read("origin.key.pem"), cert: certificate, ...given.server },
    (request, response) => {
      const socket = request.socket as TLSSocket & { readonly servername?: unknown };
      asked.push({ serverName: socket.servername, protocol: socket.getProtocol() });
      response.end("over tls");
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await using world = await openWorld(
      {},
      { settings: authorities.length > 0 ? { originAuthorities: authorities } : {} },
    );
    world.publish({
      ...draft,
      origin: {
        CustomOriginConfig: {
          HTTPPort: world.origin.port,
          HTTPSPort: port,
          OriginProtocolPolicy: "https-only",
          OriginSslProtocols: list(...(given.protocols ?? ["TLSv1.2" as const])),
          OriginReadTimeout: 30,
          OriginKeepaliveTimeout: 5,
        },
        ...draft.origin,
      },
    });
    const ask = { target: "/a", ...(given.host === undefined ? {} : { host: given.host }) };
    return [await world.ask(ask), asked, world.events];
  } finally {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

test("an origin with a certificate that holds is asked by its name", async () => {
  const [got, asked] = await askOverTls({}, true);
  assert.equal(got.body, "over tls");
  assert.deepEqual(asked, [{ serverName: "origin.localhost", protocol: "TLSv1.3" }]);
});

test("a certificate that nobody trusts is a 502, and the origin gets no request", async () => {
  const [got, asked] = await askOverTls({}, false);
  assert.equal(got.status, 502);
  assert.equal(got.result, "Error");
  assert.deepEqual(asked, []);
});

test("a certificate is for the origin's domain name or for the Host that is forwarded: either will do [CFDG http-502-bad-gateway]", async () => {
  const [other, notAsked] = await askOverTls({ origin: { DomainName: "other.localhost" } }, true);
  assert.equal(other.status, 502);
  assert.deepEqual(notAsked, []);
  const forwarded = { behavior: { ForwardedValues: { Headers: list("Host") } } };
  const [got, asked] = await askOverTls(forwarded, true);
  assert.equal(got.status, 200);
  assert.deepEqual(asked, [{ serverName: "d1.cloudfront.localhost", protocol: "TLSv1.3" }]);
  const alias = { config: { Aliases: list("origin.localhost") }, origin: { DomainName: "other.localhost" } };
  const [byHost] = await askOverTls({ ...forwarded, ...alias }, true, { host: "origin.localhost" });
  assert.equal(byHost.status, 200);
  const [neither] = await askOverTls({ ...forwarded, origin: { DomainName: "other.localhost" } }, true);
  assert.equal(neither.status, 502);
});

// What is wrong with the origin, what the log says; viewers see a 502.
const FAULT_ROWS: readonly (readonly [
  what: string,
  given: { readonly server?: SecureContextOptions },
  draft: DistributionDraft,
  trusts: readonly string[],
  why: RegExp,
])[] = [
  ["a certificate that has expired", { server: { cert: expired } }, {}, [expired], /has expired/],
  ["a self-signed certificate", {}, {}, [], /is self-signed; originAuthorities may name it/],
  [
    "a certificate of another name",
    {},
    { origin: { DomainName: "other.localhost" } },
    [certificate],
    /its certificate is for DNS:origin\.localhost.*, not for other\.localhost$/,
  ],
  [
    "no version in common",
    { server: { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } },
    {},
    [certificate],
    /no version of TLS that OriginSslProtocols allows/,
  ],
  [
    "no cipher in common",
    { server: { maxVersion: "TLSv1.2", ciphers: "PSK-AES128-CBC-SHA" } },
    {},
    [certificate],
    /no cipher in common/,
  ],
];

for (const [what, given, draft, trusts, why] of FAULT_ROWS) {
  test(`an origin with ${what} is a 502, and the log says so`, async () => {
    const [got, asked, events] = await askOverTls(draft, trusts, given);
    assert.equal(got.status, 502);
    assert.equal(got.result, "Error");
    assert.deepEqual(asked, []);
    assert.match(events.find(({ event }) => event === "origin-failed")?.why ?? "", why);
  });
}

// What the behavior's origin allows, what the origin speaks, what comes of it.
const PROTOCOL_ROWS: readonly (readonly [readonly SslProtocol[], SecureVersion, SecureVersion, string | undefined])[] =
  [
    [["TLSv1.2"], "TLSv1.2", "TLSv1.2", "TLSv1.2"],
    [["TLSv1", "TLSv1.1", "TLSv1.2"], "TLSv1.2", "TLSv1.3", "TLSv1.3"],
    [["TLSv1", "TLSv1.1", "TLSv1.2"], "TLSv1", "TLSv1", "TLSv1"],
    [["TLSv1.1"], "TLSv1", "TLSv1.3", "TLSv1.1"],
    [["TLSv1"], "TLSv1", "TLSv1.3", "TLSv1"],
    [["TLSv1", "TLSv1.1"], "TLSv1.2", "TLSv1.3", undefined],
    [["TLSv1.2"], "TLSv1", "TLSv1.1", undefined],
    [["TLSv1", "TLSv1.2"], "TLSv1.1", "TLSv1.1", undefined],
    [["TLSv1", "TLSv1.2"], "TLSv1", "TLSv1.1", undefined],
    [["TLSv1", "TLSv1.2"], "TLSv1", "TLSv1", "TLSv1"],
    [["TLSv1", "TLSv1.2"], "TLSv1", "TLSv1.2", "TLSv1.2"],
    [["SSLv3"], "TLSv1", "TLSv1.3", undefined],
    [["SSLv3", "TLSv1"], "TLSv1", "TLSv1.3", "TLSv1"],
  ];

for (const [allowed, minVersion, maxVersion, spoken] of PROTOCOL_ROWS) {
  test(`${allowed.join(", ")} with an origin of ${minVersion} to ${maxVersion} speaks ${spoken ?? "nothing"}`, async () => {
    const server = { minVersion, maxVersion, ciphers: "DEFAULT@SECLEVEL=0" };
    const [got, asked] = await askOverTls({}, true, { server, protocols: allowed });
    assert.equal(got.status, spoken === undefined ? 502 : 200);
    assert.deepEqual(
      asked.map(({ protocol }) => protocol),
      spoken === undefined ? [] : [spoken],
    );
  });
}

test("match-viewer goes to the port of the viewer's scheme, and both fill one stored response", async () => {
  for (const scheme of ["http", "https"] as const) {
    const server = createServer({ key: read("origin.key.pem"), cert: certificate }, (_request, response) => {
      response.end("over tls");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      await using world = await openWorld({}, { settings: { originAuthorities: [certificate] } });
      world.origin.answer({ body: "in clear" });
      const CustomOriginConfig = {
        HTTPPort: world.origin.port,
        HTTPSPort: (server.address() as AddressInfo).port,
        OriginProtocolPolicy: "match-viewer",
        OriginSslProtocols: list("TLSv1.2" as const),
        OriginReadTimeout: 30,
        OriginKeepaliveTimeout: 5,
      } as const;
      world.publish({ origin: { CustomOriginConfig } });
      const body = scheme === "https" ? "over tls" : "in clear";
      const first = await world.ask({ target: "/a", scheme });
      assert.deepEqual([first.result, first.body], ["Miss", body]);
      const other = await world.ask({ target: "/a", scheme: scheme === "http" ? "https" : "http" });
      assert.deepEqual([other.result, other.body], ["Hit", body]);
    } finally {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
  }
});
