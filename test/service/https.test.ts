// HTTPS as users have it: the whole service, and curl and openssl as its clients.

import {
  CreateDistributionCommand,
  UpdateDistributionCommand,
  waitUntilDistributionDeployed,
  type DistributionConfig,
} from "@aws-sdk/client-cloudfront";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { before, after, type TestContext } from "node:test";
import { makeLeaf, makeRoot } from "../../src/service/make-certificate.ts";
import { clearedEnvironment, findPrograms, runProgram, type Ended } from "../clients/program.ts";
import { cloudFrontClient, smallConfig } from "../support/distribution.ts";
import { startService, type RunningService } from "../support/running-service.ts";
import { A_WHILE } from "../support/tls-world.ts";

const [curl] = findPrograms("curl");
const [openssl] = findPrograms("openssl");
const needs = (program: string | undefined, name: string): { skip: string | false } => ({
  skip: program === undefined ? `${name} is not on this machine` : false,
});

const ACCOUNT = "000000000000";
const EXAMPLE = makeRoot("example", A_WHILE);

let service: RunningService;
let folder: string;
let origin: ReturnType<typeof createServer>;
let originPort: number;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "warmfront-https-"));
  const leaf = makeLeaf(["shop.example"], A_WHILE, EXAMPLE);
  mkdirSync(join(folder, "certificates", ACCOUNT), { recursive: true });
  writeFileSync(join(folder, "certificates", ACCOUNT, "shop.pem"), leaf.certificate);
  writeFileSync(join(folder, "certificates", ACCOUNT, "shop.key"), leaf.key);
  writeFileSync(join(folder, "example.pem"), EXAMPLE.certificate);
  service = await startService(["--certificates-dir", join(folder, "certificates")]);
  origin = createServer((request, response) => {
    if (request.url === "/broken") {
      response.write("part", () => setImmediate(() => response.destroy()));
      return;
    }
    response.writeHead(200, { "Cache-Control": "max-age=300" }).end(`page ${request.url}`);
  });
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  originPort = (origin.address() as AddressInfo).port;
});

after(async () => {
  origin.close();
  await service[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

interface Made {
  readonly id: string;
  readonly domain: string;
  readonly revision: string;
  readonly config: DistributionConfig;
}

/** A distribution of the default account, in force when it resolves. */
async function deploy(changes: Partial<DistributionConfig>): Promise<Made> {
  const client = cloudFrontClient(service);
  const config: DistributionConfig = { ...smallConfig(originPort), ...changes };
  const { Distribution, ETag = "" } = await client.send(new CreateDistributionCommand({ DistributionConfig: config }));
  const { Id: id = "", DomainName: domain = "" } = Distribution ?? {};
  await waitUntilDistributionDeployed({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { Id: id });
  return { id, domain, revision: ETag, config };
}

function run(program: string | undefined, ...words: string[]): Promise<Ended> {
  assert(program !== undefined);
  return runProgram(program, words, { environment: clearedEnvironment(folder), folder, timeoutSeconds: 30 });
}

test(
  "a redirect to HTTPS leads to a port that answers, with a certificate that curl checks",
  needs(curl, "curl"),
  async () => {
    const { domain } = await deploy({
      DefaultCacheBehavior: {
        ...smallConfig(originPort).DefaultCacheBehavior,
        TargetOriginId: "site",
        ViewerProtocolPolicy: "redirect-to-https",
      },
    });
    const write = "\n%{http_code} %{http_version} %{num_redirects} %{url_effective}";
    const http = `http://${domain}:${service.edgePort}/a`;
    const led = await run(curl, "-sSL", "--http1.1", "--cacert", service.rootFile, "-w", write, http);
    assert.equal(led.out, `page /a\n200 1.1 1 https://${domain}:${service.edgeHttpsPort}/a`, led.err);
    // HTTP/2 is what such a distribution has unless it is told otherwise.
    const two = await run(
      curl,
      "-sS",
      "--http2",
      "--cacert",
      service.rootFile,
      "-w",
      write,
      `https://${domain}:${service.edgeHttpsPort}/a`,
    );
    assert.equal(two.out, `page /a\n200 2 0 https://${domain}:${service.edgeHttpsPort}/a`, two.err);
    // HTTP/1.0 knows no other end of this body than that of the connection: it must not look as if it were meant.
    const broken = await run(
      curl,
      "-sS",
      "--http1.0",
      "--cacert",
      service.rootFile,
      `https://${domain}:${service.edgeHttpsPort}/broken`,
    );
    assert.deepEqual([broken.status, broken.out], [56, "part"], broken.err);
    // The root is needed: nobody else knows it.
    const untrusting = await run(curl, "-sS", `https://${domain}:${service.edgeHttpsPort}/a`);
    assert.equal(untrusting.status, 60, untrusting.err);
  },
);

test(
  "an alias is served with the certificate of the folder that its distribution names, and by its policy",
  needs(curl, "curl"),
  async () => {
    await assert.rejects(
      deploy({
        ViewerCertificate: {
          IAMCertificateId: "none",
          SSLSupportMethod: "sni-only",
          MinimumProtocolVersion: "TLSv1.2_2021",
        },
      }),
      { name: "InvalidViewerCertificate" },
    );
    const { id, config, revision } = await deploy({
      Aliases: { Quantity: 1, Items: ["shop.example"] },
      ViewerCertificate: {
        IAMCertificateId: "shop",
        SSLSupportMethod: "sni-only",
        MinimumProtocolVersion: "TLSv1.2_2021",
      },
    });
    const port = service.edgeHttpsPort;
    const ask = (...words: string[]): Promise<Ended> =>
      run(
        curl,
        "-sS",
        "--cacert",
        join(folder, "example.pem"),
        "--resolve",
        `shop.example:${port}:127.0.0.1`,
        ...words,
        `https://shop.example:${port}/b`,
      );
    assert.equal((await ask()).out, "page /b");
    const old = await ask("--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-SHA256");
    assert.equal(old.status, 35, old.err);

    // An update is in force for the next handshake once it is deployed.
    const client = cloudFrontClient(service);
    const relaxed = { ...config.ViewerCertificate, MinimumProtocolVersion: "TLSv1.2_2018" as const };
    await client.send(
      new UpdateDistributionCommand({
        Id: id,
        IfMatch: revision,
        DistributionConfig: { ...config, ViewerCertificate: relaxed },
      }),
    );
    await waitUntilDistributionDeployed({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { Id: id });
    assert.equal((await ask("--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-SHA256")).out, "page /b");
  },
);

test(
  "openssl agrees on versions, resumes sessions, and finds the root's limits",
  needs(openssl, "openssl"),
  async (t: TestContext) => {
    const { domain } = await deploy({});
    const at = [
      "s_client",
      "-connect",
      `127.0.0.1:${service.edgeHttpsPort}`,
      "-servername",
      domain,
      "-CAfile",
      service.rootFile,
    ];
    const strict = ["-verify_return_error", "-verify_hostname", domain];
    for (const [flag, protocol] of [
      ["-tls1_2", "TLSv1.2"],
      ["-tls1_3", "TLSv1.3"],
    ] as const) {
      const first = await run(openssl, ...at, ...strict, flag, "-sess_out", "session.pem");
      assert.match(first.out, new RegExp(`New, ${protocol}, Cipher is `), first.err);
      assert.match(first.out, /Verify return code: 0 \(ok\)/);
      if (flag === "-tls1_3") continue; // its tickets come after the handshake, when s_client is gone: resumed in the scenarios
      const again = await run(openssl, ...at, ...strict, flag, "-sess_in", "session.pem");
      assert.match(again.out, new RegExp(`Reused, ${protocol}, Cipher is `), again.err);
    }
    const old = await run(openssl, ...at, "-tls1", "-cipher", "ALL:@SECLEVEL=0");
    if (/unknown option|no protocols available/.test(old.err)) t.diagnostic("this openssl has no TLS 1.0");
    else assert.match(old.out, /, TLSv1(?:\.0)?, Cipher is ECDHE-ECDSA-AES128-SHA/, old.err);

    // A certificate for another name, or for an address, that the root's key has signed.
    const root = {
      certificate: readFileSync(service.rootFile, "utf8"),
      key: readFileSync(join(service.rootFile, "..", "root.key"), "utf8"),
    };
    for (const [name, isGood] of [
      [domain, true],
      ["bank.example", false],
      ["localhost", false],
    ] as const) {
      writeFileSync(join(folder, "leaf.pem"), makeLeaf([name], A_WHILE, root).certificate);
      const verified = await run(
        openssl,
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-CAfile",
        service.rootFile,
        "leaf.pem",
      );
      assert.equal(verified.status === 0, isGood, `${name}: ${verified.out}${verified.err}`);
      if (!isGood) assert.match(verified.out + verified.err, /permitted subtree violation/, name);
    }
  },
);

test("a restart shows the same root, another suffix its own", needs(curl, "curl"), async (t) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "warmfront-https-"));
  t.after(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const roots: string[] = [];
  for (const suffix of ["cloudfront.localhost", "cdn.localhost", "cloudfront.localhost"]) {
    await using started = await startService(["--domain-suffix", suffix], { dataDirectory });
    roots.push(readFileSync(started.rootFile, "utf8"));
    const url = `https://d1.${suffix}:${started.edgeHttpsPort}/`;
    const asked = await run(curl, "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", started.rootFile, url);
    assert.equal(asked.out, "403", asked.err); // nobody's yet
    assert.equal(started.errors(), "");
    await started.end();
  }
  assert.equal(roots[0], roots[2]);
  assert.notEqual(roots[0], roots[1]);
});
