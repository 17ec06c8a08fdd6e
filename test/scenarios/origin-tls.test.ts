// Origins over TLS: the name is sent and verified, and what does not hold gets no request.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { SecureContextOptions, SecureVersion, TLSSocket } from "node:tls";
import type { CustomOriginConfig } from "../../src/model/distribution.ts";
import { list, openWorld, type DistributionDraft, type Got } from "./harness.ts";

const read = (name: string): string => readFileSync(new URL(`certificates/${name}`, import.meta.url), "utf8");
const certificate = read("origin.cert.pem");

type SslProtocol = NonNullable<CustomOriginConfig["OriginSslProtocols"]["Items"]>[number];

interface Asked {
  readonly serverName: unknown;
  readonly protocol: string | null;
}

async function askOverTls(
  draft: DistributionDraft,
  trusts: boolean,
  given: { readonly server?: SecureContextOptions; readonly protocols?: readonly SslProtocol[] } = {},
): Promise<[Got, readonly Asked[]]> {
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
    await using world = await openWorld({}, { settings: trusts ? { originAuthorities: [certificate] } : {} });
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
    return [await world.ask("GET /a"), asked];
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

test("a certificate of another name is a 502: that of the origin, or of the Host that is forwarded", async () => {
  for (const draft of [
    { origin: { DomainName: "other.localhost" } },
    { behavior: { ForwardedValues: { Headers: list("Host") } } },
  ]) {
    const [got, asked] = await askOverTls(draft, true);
    assert.equal(got.status, 502);
    assert.deepEqual(asked, []);
  }
});

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
