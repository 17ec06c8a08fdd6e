// Origins over TLS: the name is sent and verified, and what does not hold gets no request.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import { list, openWorld, type DistributionDraft, type Got } from "./harness.ts";

const read = (name: string): string => readFileSync(new URL(`certificates/${name}`, import.meta.url), "utf8");
const certificate = read("origin.cert.pem");

interface Asked {
  readonly serverName: unknown;
  readonly protocol: string | null;
}

async function askOverTls(
  draft: DistributionDraft,
  trusts: boolean,
  scheme: "http" | "https" = "http",
): Promise<[Got, readonly Asked[]]> {
  const asked: Asked[] = [];
  const server = createServer({ key: read("origin.key.pem"), cert: certificate }, (request, response) => {
    const socket = request.socket as TLSSocket & { readonly servername?: unknown };
    asked.push({ serverName: socket.servername, protocol: socket.getProtocol() });
    response.end("over tls");
  });
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
          OriginSslProtocols: list("TLSv1.2"),
          OriginReadTimeout: 30,
          OriginKeepaliveTimeout: 5,
        },
        ...draft.origin,
      },
    });
    return [await world.ask({ target: "/a", scheme }), asked];
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
