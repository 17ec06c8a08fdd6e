// Certificates of ACM in the whole service: who shows whose, over real sockets, while they are replaced, and after a start
// with the same data.

import assert from "node:assert/strict";
import {
  CloudFrontClient,
  CreateDistributionCommand,
  waitUntilDistributionDeployed,
  type DistributionConfig,
} from "@aws-sdk/client-cloudfront";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { makeLeaf, makeRoot, type MadeCertificate } from "../../src/service/make-certificate.ts";
import { systemClock } from "../../src/vocabulary/time.ts";
import { startServiceWithAccounts, type TestAccount } from "../clients/accounts.ts";
import { smallConfig } from "../support/distribution.ts";
import { startService, type RunningService } from "../support/running-service.ts";
import { askServiceAcm } from "../support/service-acm.ts";
import { openTestOrigin } from "../support/test-origin.ts";
import { A_WHILE, get, shakeHands } from "../support/tls-world.ts";

const ROOT = makeRoot(undefined, A_WHILE);
const DEFAULT: TestAccount = { account: "000000000000", accessKeyId: "test", secretAccessKey: "test" };

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const leaf = (host: string): MadeCertificate => makeLeaf([host], A_WHILE, ROOT);
const serialOf = ({ certificate }: MadeCertificate): string => new X509Certificate(certificate).serialNumber;

function importInto(service: RunningService, as: TestAccount, made: MadeCertificate, arn?: string): Promise<string> {
  return askServiceAcm(service, as, "ImportCertificate", {
    ...(arn !== undefined && { CertificateArn: arn }),
    Certificate: base64(made.certificate),
    PrivateKey: base64(made.key),
    CertificateChain: base64(ROOT.certificate),
  });
}

async function deploy(
  service: RunningService,
  { accessKeyId, secretAccessKey }: TestAccount,
  originPort: number,
  shown?: { readonly host: string; readonly arn: string },
): Promise<string> {
  const credentials = { accessKeyId, secretAccessKey };
  const client = new CloudFrontClient({ endpoint: service.apiUrl, region: "us-east-1", credentials, maxAttempts: 1 });
  const config: DistributionConfig = {
    ...smallConfig(originPort),
    ...(shown && {
      Aliases: { Quantity: 1, Items: [shown.host] },
      ViewerCertificate: {
        ACMCertificateArn: shown.arn,
        SSLSupportMethod: "sni-only",
        MinimumProtocolVersion: "TLSv1.2_2021",
      },
    }),
  };
  const { Distribution } = await client.send(new CreateDistributionCommand({ DistributionConfig: config }));
  const { Id: id = "", DomainName: domain = "" } = Distribution ?? {};
  await waitUntilDistributionDeployed({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { Id: id });
  return domain;
}

async function view(service: RunningService, name: string, host = name): Promise<{ serial: string; answer: string }> {
  const shaken = await shakeHands(service.edgeHttpsPort, { servername: name });
  assert(shaken.kind === "secure", shaken.kind === "failed" ? shaken.why : "");
  const { serialNumber: serial } = shaken.certificate;
  return { serial, answer: await get(shaken.socket, host) };
}

test("a certificate is shown for its account's names, and another account's distribution is not served over it", async () => {
  await using origin = await openTestOrigin(() => ({ body: "page" }));
  await using running = await startServiceWithAccounts(["alice", "bob"]);
  const { service } = running;
  const [alice, bob] = [running.accountOf("alice"), running.accountOf("bob")];
  // For the same host: an account's certificate is for its own distributions.
  const [hers, his] = [leaf("www.example.com"), leaf("www.example.com")];
  const arn = await importInto(service, alice, hers);
  await importInto(service, bob, his);
  await deploy(service, alice, origin.port, { host: "www.example.com", arn });
  const bobs = await deploy(service, bob, origin.port);

  const shown = await view(service, "www.example.com");
  assert.equal(shown.serial, serialOf(hers));
  assert.match(shown.answer, /^HTTP\/1\.1 200 /);
  assert.match((await view(service, "www.example.com", bobs)).answer, /^HTTP\/1\.1 421 /);
  assert.match((await view(service, bobs)).answer, /^HTTP\/1\.1 200 /);
});

test("viewers who come while a certificate is replaced all get one, the newest once the answer is there", async () => {
  await using origin = await openTestOrigin(() => ({ body: "page", headers: { "Cache-Control": "max-age=60" } }));
  await using service = await startService();
  let newest = leaf("www.example.com");
  const arn = await importInto(service, DEFAULT, newest);
  await deploy(service, DEFAULT, origin.port, { host: "www.example.com", arn });
  const serials = new Set([serialOf(newest)]);
  const replaced = new AbortController();
  let viewed = 0;
  const viewer = async (): Promise<void> => {
    while (!replaced.signal.aborted) {
      const { serial, answer } = await view(service, "www.example.com");
      assert.match(answer, /^HTTP\/1\.1 200 /);
      assert(serials.has(serial));
      viewed++;
    }
  };
  const viewers = Promise.all(Array.from({ length: 6 }, viewer));
  for (let round = 0; round < 12; round++) {
    newest = leaf("www.example.com");
    serials.add(serialOf(newest));
    await importInto(service, DEFAULT, newest, arn);
  }
  replaced.abort();
  await viewers;
  assert(viewed >= 12, `${viewed} handshakes`);
  // The edge follows the feed by itself: at once is within a moment of the answer.
  const deadline = systemClock.now() + 5000;
  let last = await view(service, "www.example.com");
  while (last.serial !== serialOf(newest) && systemClock.now() < deadline)
    last = await view(service, "www.example.com");
  assert.equal(last.serial, serialOf(newest));
  assert.equal(service.errors(), "");
});

test("after a start with the same data it is shown again, and its key has been its owner's only", async (t) => {
  await using origin = await openTestOrigin(() => ({ body: "page" }));
  const dataDirectory = mkdtempSync(join(tmpdir(), "warmfront-certificates-"));
  t.after(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const made = leaf("www.example.com");
  {
    await using service = await startService([], { dataDirectory });
    const arn = await importInto(service, DEFAULT, made);
    await deploy(service, DEFAULT, origin.port, { host: "www.example.com", arn });
    await askServiceAcm(service, DEFAULT, "RequestCertificate", {
      DomainName: "a.example.com",
      KeyAlgorithm: "EC_prime256v1",
    });
    await service.end();
  }
  for (const file of ["store.sqlite", "authority/requested/root.key"]) {
    assert.equal((statSync(join(dataDirectory, file)).mode & 0o777).toString(8), "600", file);
  }
  await using service = await startService([], { dataDirectory });
  assert.equal((await view(service, "www.example.com")).serial, serialOf(made));
});
