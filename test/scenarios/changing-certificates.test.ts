// Certificates that come through the feed, over real sockets: shown from the change on, replaced and taken away while
// viewers connect. [D-0019]

import assert from "node:assert/strict";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { SECURITY_POLICIES } from "../../src/edge/transport/tls/security-policies.ts";
import { keyAlgorithmOf } from "../../src/model/read-certificate.ts";
import { makeLeaf, makeLeafFor, type MadeCertificate } from "../../src/service/make-certificate.ts";
import type { AccountId, ResourceId } from "../../src/vocabulary/ids.ts";
import {
  A_WHILE,
  EXAMPLE_ROOT,
  get,
  openTlsWorld,
  shakeHands,
  type Shaken,
  type TlsWorld,
} from "../support/tls-world.ts";
import { list, type DistributionDraft } from "./harness.ts";

const A = "111111111111" as AccountId;
const B = "222222222222" as AccountId;
const HOST = "www.shop.example";
const IAM = "ASCA0000000000000001A" as ResourceId;
const ACM = "01234567-89ab-4cde-8f01-23456789abcd" as ResourceId;
const ARN = `arn:aws:acm:us-east-1:${A}:certificate/${ACM}`;

function draft(certificate: object, more: DistributionDraft & { readonly policy?: string } = {}): DistributionDraft {
  const { policy = "TLSv1.2_2021", ...rest } = more;
  const ViewerCertificate = { ...certificate, SSLSupportMethod: "sni-only", MinimumProtocolVersion: policy };
  return { account: A, ...rest, config: { Aliases: list(HOST), ViewerCertificate, ...more.config } };
}

function put(tls: TlsWorld, id: ResourceId, made: MadeCertificate, account = A): void {
  const arn = id === IAM ? `arn:aws:iam::${account}:server-certificate/cloudfront/www` : ARN;
  const { certificate: chain, key } = made;
  tls.world.apply((number) => ({
    kind: "server-certificate",
    number,
    certificate: { id, account, arn, chain, key, names: [HOST] },
  }));
}

const leaf = (): MadeCertificate => makeLeaf([HOST], A_WHILE, EXAMPLE_ROOT);

async function secure(tls: TlsWorld, options: object = {}): Promise<Extract<Shaken, { kind: "secure" }>> {
  const shaken = await shakeHands(tls.port, { servername: HOST, ...options });
  assert(shaken.kind === "secure", shaken.kind === "failed" ? shaken.why : "");
  return shaken;
}

/** The serial number of what is shown now. */
async function shown(tls: TlsWorld): Promise<string> {
  const { socket, certificate } = await secure(tls);
  socket.destroy();
  return certificate.serialNumber;
}

const serialOf = (made: MadeCertificate): string => new X509Certificate(made.certificate).serialNumber;

test("a certificate of the feed is shown by IAM's id and by ACM's ARN", async () => {
  for (const [id, named] of [
    [IAM, { IAMCertificateId: IAM }],
    [ACM, { ACMCertificateArn: ARN }],
  ] as const) {
    await using tls = await openTlsWorld(draft(named));
    const certificate = leaf();
    put(tls, id, certificate);
    assert.equal(await shown(tls), serialOf(certificate));
  }
});

test("a certificate that is replaced is shown to new connections at once; what is open goes on", async () => {
  await using tls = await openTlsWorld(draft({ ACMCertificateArn: ARN }));
  const [first, second] = [leaf(), leaf()];
  put(tls, ACM, first);
  const open = await secure(tls);
  assert.equal(open.certificate.serialNumber, serialOf(first));
  put(tls, ACM, second);
  assert.equal(await shown(tls), serialOf(second));
  assert.match(await get(open.socket, HOST), /^HTTP\/1\.1 200 /);
});

test("a session made with a certificate is not taken up under its successor", async () => {
  await using tls = await openTlsWorld(draft({ ACMCertificateArn: ARN }));
  put(tls, ACM, leaf());
  const sessionOf = async (session?: Buffer): Promise<{ readonly isResumed: boolean; readonly session: Buffer }> => {
    const { socket, isResumed } = await secure(tls, { maxVersion: "TLSv1.2", ...(session && { session }) });
    const next = socket.getSession();
    socket.destroy();
    assert(next !== undefined);
    return { isResumed, session: next };
  };
  const { session } = await sessionOf();
  assert.equal((await sessionOf(session)).isResumed, true);
  put(tls, ACM, leaf());
  assert.equal((await sessionOf(session)).isResumed, false);
});

test("what is taken away, or another account's, is shown to nobody", async () => {
  await using tls = await openTlsWorld(draft({ ACMCertificateArn: ARN }));
  const theirs = leaf();
  put(tls, ACM, theirs, B);
  const shared = await shown(tls);
  assert.notEqual(shared, serialOf(theirs));
  put(tls, ACM, leaf());
  assert.notEqual(await shown(tls), shared);
  tls.world.apply((number) => ({ kind: "removed", number, id: ACM }));
  assert.equal(await shown(tls), shared);
});

test("over one account's certificate another's distribution is a misdirected request", async () => {
  await using tls = await openTlsWorld(draft({ ACMCertificateArn: ARN }));
  put(tls, ACM, leaf());
  tls.world.publish({ account: B, id: "E2", label: "d2" });
  const { socket } = await secure(tls);
  assert.match(await get(socket, "d2.cloudfront.localhost"), /^HTTP\/1\.1 421 /);
});

test("handshakes during replacements all end well, each with a certificate of its moment", async () => {
  await using tls = await openTlsWorld(draft({ ACMCertificateArn: ARN }));
  const made = Array.from({ length: 8 }, leaf);
  const serials = new Set(made.map(serialOf));
  put(tls, ACM, leaf());
  let left = 240;
  let replaced = 0;
  const viewer = async (): Promise<void> => {
    while (left-- > 0) {
      const next = made[replaced++ % made.length];
      if (next !== undefined) put(tls, ACM, next);
      const { socket, certificate } = await secure(tls);
      assert(serials.has(certificate.serialNumber));
      assert.match(await get(socket, HOST), /^HTTP\/1\.1 200 /);
    }
  };
  await Promise.all(Array.from({ length: 16 }, viewer));
  assert.deepEqual(
    tls.events.filter(({ kind }) => kind === "handshake-failed"),
    [],
  );
});

test("every key that a certificate may have is shown under every policy", async () => {
  await using tls = await openTlsWorld(draft({ ACMCertificateArn: ARN }));
  const keys = [
    ...[1024, 2048, 3072, 4096].map((modulusLength) => generateKeyPairSync("rsa", { modulusLength })),
    ...["P-256", "P-384"].map((namedCurve) => generateKeyPairSync("ec", { namedCurve })),
  ];
  for (const pair of keys) {
    put(tls, ACM, makeLeafFor(pair, [HOST], A_WHILE, EXAMPLE_ROOT));
    for (const policy of Object.keys(SECURITY_POLICIES)) {
      tls.world.publish(draft({ ACMCertificateArn: ARN }, { policy }));
      const shaken = await shakeHands(tls.port, { servername: HOST });
      assert.equal(shaken.kind, "secure", `${keyAlgorithmOf(pair.publicKey)} under ${policy}`);
      if (shaken.kind === "secure") shaken.socket.destroy();
    }
  }
});
