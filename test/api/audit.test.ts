// What the audit log says of calls to the management API, of every protocol on its port, and that no secret of any request or answer
// is in it: the lines are those that the service writes.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { openAuditLog } from "../../src/service/audit-log.ts";
import { makeLeaf, makeRoot } from "../../src/service/make-certificate.ts";
import { identifySigner } from "../../src/service/identify-caller.ts";
import { answerOwnPath } from "../../src/service/own-paths.ts";
import { addSeconds, seconds } from "../../src/vocabulary/time.ts";
import { signRequest } from "../../src/wire/sigv4-sign.ts";
import { acmRequest } from "../support/certificates.ts";
import { movableClock, openControlHarness, type Asked, type ControlHarness } from "../support/control-harness.ts";

type Line = Readonly<Record<string, unknown>>;

interface Audited {
  readonly harness: ControlHarness;
  readonly lines: () => readonly Line[];
  readonly text: () => string;
}

async function withAudit(hasReads: boolean, body: (audited: Audited) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-audit-"));
  const path = join(folder, "audit.log");
  const log = openAuditLog({ path, hasReads, unknownCallersMax: 100, clock: movableClock(), log: () => assert.fail() });
  try {
    const harness = await openControlHarness({ audit: log.write });
    const text = (): string => readFileSync(path, "utf8");
    const lines = (): readonly Line[] =>
      text()
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line);
    await body({ harness, lines, text });
    assert.deepEqual(harness.faults, []);
  } finally {
    log.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const identity = (reference: string): Asked => ({
  method: "POST",
  target: "/2020-05-31/origin-access-identity/cloudfront",
  body: `<CloudFrontOriginAccessIdentityConfig xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><CallerReference>${reference}</CallerReference><Comment/></CloudFrontOriginAccessIdentityConfig>`,
});
const read: Asked = { method: "GET", target: "/2020-05-31/distribution" };

function form(service: string, members: Record<string, string>): Asked {
  const fields = [["Content-Type", "application/x-www-form-urlencoded"]] as const;
  return { method: "POST", target: "/", service, fields, body: new URLSearchParams(members).toString() };
}

test("a change has a line with who, what, when and how it ended; a read has none", async () => {
  await withAudit(false, async ({ harness, lines }) => {
    const { fields } = await harness.ask(identity("one"));
    await harness.ask(read);
    await harness.ask({ method: "DELETE", target: "/2020-05-31/distribution/E123" });
    const [created, refused, ...others] = lines();
    assert.deepEqual(others, []);
    const { created: id, ...rest } = created ?? {};
    assert.match(String(id), /^E[0-9A-Z]+$/);
    assert.deepEqual(rest, {
      time: "2026-11-20T00:00:00.000Z",
      account: "000000000000",
      accessKeyId: "test",
      user: "test",
      operation: "cloudfront:CreateCloudFrontOriginAccessIdentity",
      resource: "arn:aws:cloudfront::000000000000:origin-access-identity/*",
      method: "POST",
      outcome: "done",
      status: 201,
      requestId: fields.find(([name]) => name === "x-amzn-RequestId")?.[1],
    });
    const { operation, resource, outcome, status, code } = refused ?? {};
    assert.deepEqual(
      { operation, resource, outcome, status, code },
      {
        operation: "cloudfront:DeleteDistribution",
        resource: "arn:aws:cloudfront::000000000000:distribution/E123",
        outcome: "refused",
        status: 404,
        code: "NoSuchDistribution",
      },
    );
  });
});

test("reads have lines where they are wanted", async () => {
  await withAudit(true, async ({ harness, lines }) => {
    await harness.ask(read);
    assert.deepEqual(
      lines().map(({ operation, outcome }) => [operation, outcome]),
      [["cloudfront:ListDistributions", "done"]],
    );
  });
});

test("who could not be authenticated has a line without an account, and with the key only if it looks like one", async () => {
  await withAudit(false, async ({ harness, lines }) => {
    const ask = (accessKeyId: string) => harness.ask({ ...identity("x"), signer: { accessKeyId, secret: "wrong" } });
    await ask("AKIAIOSFODNN7EXAMPLE");
    await ask("wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY");
    await harness.askRaw({
      method: "POST",
      rawPath: "/",
      rawQuery: "",
      fields: [],
      body: new Uint8Array(0),
      endpoint: "",
    });
    assert.deepEqual(
      lines().map(({ account, claimedKey, outcome, code }) => [account, claimedKey, outcome, code]),
      [
        [undefined, "AKIAIOSFODNN7EXAMPLE", "refused", "InvalidClientTokenId"],
        [undefined, undefined, "refused", "InvalidClientTokenId"],
        [undefined, undefined, "refused", "MissingAuthenticationToken"],
      ],
    );
  });
});

test("no secret of a request or of its answer is in the log, whichever operation it went to", async () => {
  await withAudit(true, async ({ harness, lines, text }) => {
    const now = harness.clock.now();
    const aYear = { from: now, to: addSeconds(now, seconds(365 * 86_400)) };
    const root = makeRoot(undefined, aYear);
    const { certificate, key } = makeLeaf(["www.example.com"], aYear, root);
    const encode = (pem: string): string => Buffer.from(pem).toString("base64");
    const secrets = [
      "the-origin-s-own-password",
      ...key.split("\n").filter((line) => line.length > 20 && !line.includes("KEY")),
      encode(key).slice(100, 140),
    ];
    const origin = `<Origins><Quantity>1</Quantity><Items><Origin><Id>o</Id><DomainName>origin.example</DomainName><CustomHeaders><Quantity>1</Quantity><Items><OriginCustomHeader><HeaderName>X-Password</HeaderName><HeaderValue>the-origin-s-own-password</HeaderValue></OriginCustomHeader></Items></CustomHeaders><CustomOriginConfig><HTTPPort>80</HTTPPort><HTTPSPort>443</HTTPSPort><OriginProtocolPolicy>http-only</OriginProtocolPolicy></CustomOriginConfig></Origin></Items></Origins>`;
    const behavior = `<DefaultCacheBehavior><TargetOriginId>o</TargetOriginId><ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy><MinTTL>0</MinTTL><ForwardedValues><QueryString>false</QueryString><Cookies><Forward>none</Forward></Cookies></ForwardedValues></DefaultCacheBehavior>`;
    const config = (inner: string): string =>
      `<DistributionConfig xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><CallerReference>r</CallerReference>${inner}<Comment/><Enabled>false</Enabled></DistributionConfig>`;
    const create = (body: string): Asked => ({ method: "POST", target: "/2020-05-31/distribution", body });
    const statuses: number[] = [];
    const ask = async (asked: Asked): Promise<string> => {
      const { status, body } = await harness.ask(asked);
      statuses.push(status);
      return body;
    };
    await ask(create(config(origin + behavior)));
    await ask(create(config(origin))); // refused
    await ask(
      acmRequest("ImportCertificate", {
        Certificate: encode(certificate),
        PrivateKey: encode(key),
        CertificateChain: encode(root.certificate),
      }),
    );
    await ask(acmRequest("DescribeCertificate", { CertificateArn: key })); // in the wrong place
    await ask(
      form("iam", {
        Action: "UploadServerCertificate",
        Version: "2010-05-08",
        ServerCertificateName: "one",
        CertificateBody: certificate,
        PrivateKey: key,
      }),
    );
    await ask(form("iam", { Action: key, Version: "2010-05-08" }));
    const session = await ask(form("sts", { Action: "GetSessionToken", Version: "2011-06-15" }));
    const [, secret = ""] = /<SecretAccessKey>(.+?)</.exec(session) ?? [];
    const [, token = ""] = /<SessionToken>(.+?)</.exec(session) ?? [];
    assert.ok(secret !== "" && token !== "");
    await ask(read);
    assert.deepEqual(statuses, [201, 400, 200, 400, 200, 400, 200, 200]);

    const unsigned = {
      method: "POST",
      rawPath: "/_warmfront/key-pairs",
      rawQuery: "",
      fields: [["Host", "localhost"] as const],
      body: new Uint8Array(0),
    };
    const signer = { accessKeyId: "test", secret: "test", region: "us-east-1", service: "cloudfront" };
    const fields = signRequest(unsigned, signer, { at: harness.clock.now() });
    const made = await answerOwnPath({ ...unsigned, fields, endpoint: "http://localhost" }, harness.control, {
      identify: identifySigner(harness.control),
      explain: async () => ({ kind: "unanswered", why: "nobody asks" }),
      explainBucket: () => assert.fail(),
      explainLog: () => undefined,
      metrics: { read: () => assert.fail(), readiness: () => assert.fail() },
      metricsFor: "off",
    });
    assert.equal(made.status, 201);
    const { privateKey } = JSON.parse(made.body) as { privateKey: string };
    const signature = /Signature=(\w+)/.exec(fields.find(([name]) => name === "Authorization")?.[1] ?? "")?.[1] ?? "";
    assert.ok(signature !== "");
    const own = privateKey.split("\n").filter((line) => line.length > 20 && !line.includes("KEY"));
    assert.ok(own.length > 5);

    const written = text();
    for (const each of [...secrets, secret, token, signature, ...own]) assert.ok(!written.includes(each), each);
    assert.deepEqual(
      lines().map(({ operation, code }) => [operation, code]),
      [
        ["cloudfront:CreateDistribution", undefined],
        ["cloudfront:CreateDistribution", "MalformedXML"],
        ["acm:ImportCertificate", undefined],
        ["acm:DescribeCertificate", "InvalidArnException"],
        ["iam:UploadServerCertificate", undefined],
        [undefined, "InvalidAction"],
        ["sts:GetSessionToken", undefined],
        ["cloudfront:ListDistributions", undefined],
        ["warmfront:CreateKeyPair", undefined],
      ],
    );
  });
});
