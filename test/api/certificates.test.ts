// IAM's server certificates and ACM's certificates through their own protocols: what each operation answers, with which
// code it refuses, and how distributions and they depend on each other.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { openControlHarness, type ControlHarness, type Signer } from "../support/control-harness.ts";
import {
  askAcm,
  askIam,
  base64,
  certificateSuite,
  createShownBy,
  sendAcm,
  sendIam,
  sendShownBy,
  type Suite,
} from "../support/certificates.ts";
import type { AccessKeyId, AccountId } from "../../src/vocabulary/ids.ts";
import { epochMs } from "../../src/vocabulary/time.ts";

const BOB: Signer = { accessKeyId: "AKIABOB", secret: "bob's" };
const READER: Signer = { accessKeyId: "AKIAREADER", secret: "reader's" };

let harness: ControlHarness;
let suite: Suite;

beforeEach(async () => {
  harness = await openControlHarness({ limits: { iamCertificatesPerAccountMax: 2, acmCertificatesPerAccountMax: 2 } });
  suite = certificateSuite(harness.clock.now());
  for (const [{ accessKeyId, secret }, account, access] of [
    [BOB, "444455556666", "full"],
    [READER, "000000000000", "read-only"],
  ] as const) {
    await harness.store.credentials.createKey({
      accessKeyId: accessKeyId as AccessKeyId,
      secret,
      account: account as AccountId,
      userName: "someone",
      access,
      createdAtMs: epochMs(0),
    });
  }
});

function upload(name: string, changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { certificate, key } = suite.leaf(["www.example.com"]);
  return {
    ServerCertificateName: name,
    Path: "/cloudfront/",
    CertificateBody: certificate,
    PrivateKey: key,
    CertificateChain: suite.root.certificate,
    ...changes,
  };
}

function imported(changes: object = {}, names = ["www.example.com"]): object {
  const { certificate, key } = suite.leaf(names);
  return {
    Certificate: base64(certificate),
    PrivateKey: base64(key),
    CertificateChain: base64(suite.root.certificate),
    ...changes,
  };
}

const codeOf = (body: string): string =>
  /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? (JSON.parse(body) as { __type: string }).__type;
const textIn = (element: string, body: string): string =>
  new RegExp(`<${element}>([^<]*)</${element}>`).exec(body)?.[1] ?? "";

test("a server certificate is uploaded, shown, listed, renamed and deleted", async () => {
  const uploaded = await askIam(harness, "UploadServerCertificate", {
    ...upload("www"),
    "Tags.member.1.Key": "stage",
    "Tags.member.1.Value": "test",
  });
  const id = textIn("ServerCertificateId", uploaded);
  assert.match(id, /^ASCA[A-Z0-9]{17}$/);
  assert.match(
    uploaded,
    /^<UploadServerCertificateResponse xmlns="https:\/\/iam.amazonaws.com\/doc\/2010-05-08\/"><UploadServerCertificateResult><ServerCertificateMetadata>/,
  );
  const shown = await askIam(harness, "GetServerCertificate", { ServerCertificateName: "www" });
  assert.equal(textIn("Expiration", shown), "2026-12-20T00:00:00Z");
  assert(shown.includes("<Tags><member><Key>stage</Key><Value>test</Value></member></Tags>"));
  assert.doesNotMatch(shown, /PRIVATE KEY/);

  assert.match(
    await askIam(harness, "UpdateServerCertificate", {
      ServerCertificateName: "www",
      NewPath: "/elb/",
      NewServerCertificateName: "web",
    }),
    /^<UpdateServerCertificateResponse [^>]+><ResponseMetadata>/,
  );
  const listed = async (prefix: string): Promise<string> =>
    textIn("Arn", await askIam(harness, "ListServerCertificates", { PathPrefix: prefix }));
  assert.equal(await listed("/elb/"), "arn:aws:iam::000000000000:server-certificate/elb/web");
  assert.equal(await listed("/cloudfront/"), "");
  await askIam(harness, "DeleteServerCertificate", { ServerCertificateName: "web" });
  assert.equal(await listed("/"), "");
  assert.deepEqual(harness.faults, []);
});

test("lists of server certificates come in pages, in order of name", async () => {
  for (const name of ["b", "a"]) await askIam(harness, "UploadServerCertificate", upload(name));
  const first = await askIam(harness, "ListServerCertificates", { MaxItems: "1" });
  assert.deepEqual([textIn("ServerCertificateName", first), textIn("IsTruncated", first)], ["a", "true"]);
  const second = await askIam(harness, "ListServerCertificates", { MaxItems: "1", Marker: textIn("Marker", first) });
  assert.deepEqual([textIn("ServerCertificateName", second), textIn("IsTruncated", second)], ["b", "false"]);
});

test("server certificates have tags", async () => {
  await askIam(harness, "UploadServerCertificate", upload("www"));
  const www = { ServerCertificateName: "www" };
  await askIam(harness, "TagServerCertificate", {
    ...www,
    "Tags.member.1.Key": "a",
    "Tags.member.1.Value": "1",
    "Tags.member.2.Key": "b",
    "Tags.member.2.Value": "",
  });
  await askIam(harness, "UntagServerCertificate", { ...www, "TagKeys.member.1": "a", "TagKeys.member.2": "c" });
  assert.match(
    await askIam(harness, "ListServerCertificateTags", www),
    /<Tags><member><Key>b<\/Key><Value><\/Value><\/member><\/Tags>/,
  );
});

test("GetUser tells of who asks, and of others of the account by name", async () => {
  assert.equal(textIn("Arn", await askIam(harness, "GetUser", {})), "arn:aws:iam::000000000000:user/test");
  assert.equal(textIn("UserName", await askIam(harness, "GetUser", { UserName: "someone" })), "someone");
  assert.match(await askIam(harness, "ListRoles", { MaxItems: "1" }), /<Roles><\/Roles>/);
});

test("what IAM refuses, and its codes", async () => {
  await askIam(harness, "UploadServerCertificate", upload("www"));
  const other = suite.leaf(["www.example.com"]).key;
  const rows: readonly [action: string, members: Record<string, string>, status: number, code: string][] = [
    ["UploadServerCertificate", upload("WWW"), 409, "EntityAlreadyExists"],
    ["UploadServerCertificate", upload("a", { CertificateBody: "no" }), 400, "MalformedCertificate"],
    ["UploadServerCertificate", upload("a", { PrivateKey: other }), 400, "KeyPairMismatch"],
    ["UploadServerCertificate", upload("a", { CertificateBody: "" }), 400, "ValidationError"],
    ["UploadServerCertificate", upload("a b"), 400, "ValidationError"],
    ["UploadServerCertificate", upload("a", { Path: "cloudfront" }), 400, "ValidationError"],
    ["UploadServerCertificate", upload("a", { Colour: "red" }), 400, "ValidationError"],
    ["UploadServerCertificate", upload("a", { CertificateBody: "x".repeat(16_385) }), 400, "ValidationError"],
    [
      "UploadServerCertificate",
      upload("a", { "Tags.member.1.Key": "aws:x", "Tags.member.1.Value": "" }),
      400,
      "InvalidInput",
    ],
    ["GetServerCertificate", { ServerCertificateName: "no" }, 404, "NoSuchEntity"],
    ["DeleteServerCertificate", { ServerCertificateName: "no" }, 404, "NoSuchEntity"],
    ["UpdateServerCertificate", { ServerCertificateName: "no" }, 404, "NoSuchEntity"],
    [
      "TagServerCertificate",
      { ServerCertificateName: "no", "Tags.member.1.Key": "a", "Tags.member.1.Value": "" },
      404,
      "NoSuchEntity",
    ],
    ["TagServerCertificate", { ServerCertificateName: "www" }, 400, "ValidationError"],
    ["UntagServerCertificate", { ServerCertificateName: "no", "TagKeys.member.1": "a" }, 404, "NoSuchEntity"],
    ["ListServerCertificateTags", { ServerCertificateName: "no" }, 404, "NoSuchEntity"],
    ["ListServerCertificates", { MaxItems: "0" }, 400, "ValidationError"],
    ["ListServerCertificates", { MaxItems: "many" }, 400, "ValidationError"],
    ["ListServerCertificates", { Marker: "guessed" }, 400, "ValidationError"],
    ["GetUser", { UserName: "nobody" }, 404, "NoSuchEntity"],
    ["CreateUser", { UserName: "nobody" }, 400, "InvalidAction"],
    ["constructor", {}, 400, "InvalidAction"],
  ];
  for (const [action, members, status, code] of rows) {
    const answer = await sendIam(harness, action, members);
    assert.deepEqual(
      [answer.status, codeOf(answer.body)],
      [status, code],
      `${action} ${JSON.stringify(members).slice(0, 80)}`,
    );
  }
  await askIam(harness, "UploadServerCertificate", upload("second"));
  const rename = await sendIam(harness, "UpdateServerCertificate", {
    ServerCertificateName: "second",
    NewServerCertificateName: "Www",
  });
  assert.deepEqual([rename.status, codeOf(rename.body)], [409, "EntityAlreadyExists"]);
  const third = await sendIam(harness, "UploadServerCertificate", upload("third"));
  assert.deepEqual([third.status, codeOf(third.body)], [409, "LimitExceeded"]);
  assert.deepEqual(harness.faults, []);
});

test("a certificate is imported, imported again under its ARN, described and deleted", async () => {
  const { CertificateArn: arn } = await askAcm(
    harness,
    "ImportCertificate",
    imported({ Tags: [{ Key: "a", Value: "1" }] }),
  );
  assert.match(arn, /^arn:aws:acm:us-east-1:000000000000:certificate\/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  const { Certificate: first } = await askAcm(harness, "DescribeCertificate", { CertificateArn: arn });
  assert.deepEqual(
    [first.DomainName, first.Type, first.Status, first.KeyAlgorithm, first.RenewalEligibility, first.InUseBy],
    ["www.example.com", "IMPORTED", "ISSUED", "EC_prime256v1", "INELIGIBLE", []],
  );
  assert.equal(first.NotAfter, Date.UTC(2026, 11, 20) / 1000);
  assert.deepEqual(first.KeyUsages, [{ Name: "DIGITAL_SIGNATURE" }]);
  harness.clock.advance(60);
  const again = await askAcm(
    harness,
    "ImportCertificate",
    imported({ CertificateArn: arn }, ["www.example.com", "example.com"]),
  );
  assert.equal(again["CertificateArn"], arn);
  const { Certificate: second } = await askAcm(harness, "DescribeCertificate", { CertificateArn: arn });
  assert.notEqual(second.Serial, first.Serial);
  assert.deepEqual(second.SubjectAlternativeNames, ["www.example.com", "example.com"]);
  assert.equal(second.ImportedAt, first.ImportedAt + 60);
  assert.equal(second.CreatedAt, first.CreatedAt);

  const got = await askAcm(harness, "GetCertificate", { CertificateArn: arn });
  assert.match(got["Certificate"], /^-----BEGIN CERTIFICATE-----\n/);
  assert.equal(got["CertificateChain"], suite.root.certificate);
  await askAcm(harness, "AddTagsToCertificate", {
    CertificateArn: arn,
    Tags: [{ Key: "b" }, { Key: "c", Value: "3" }],
  });
  await askAcm(harness, "RemoveTagsFromCertificate", {
    CertificateArn: arn,
    Tags: [{ Key: "a" }, { Key: "c", Value: "4" }],
  });
  assert.deepEqual(await askAcm(harness, "ListTagsForCertificate", { CertificateArn: arn }), {
    Tags: [
      { Key: "b", Value: "" },
      { Key: "c", Value: "3" },
    ],
  });
  await askAcm(harness, "DeleteCertificate", { CertificateArn: arn });
  const gone = await sendAcm(harness, "DescribeCertificate", { CertificateArn: arn });
  assert.equal(codeOf(gone.body), "ResourceNotFoundException");
});

test("a requested certificate is issued at once, once per token, and renews on demand", async () => {
  const request = {
    DomainName: "WWW.example.com",
    SubjectAlternativeNames: ["example.com", "*.example.com", "example.com"],
    ValidationMethod: "DNS",
    IdempotencyToken: "once",
    KeyAlgorithm: "EC_secp384r1",
  };
  // At the same time, too: a client that lost the answer tries again.
  const arns = await Promise.all([1, 2, 3].map(() => askAcm(harness, "RequestCertificate", request)));
  const arn: string = arns[0]?.["CertificateArn"];
  assert.equal(new Set(arns.map((answer) => answer["CertificateArn"])).size, 1);
  const { Certificate: shown } = await askAcm(harness, "DescribeCertificate", { CertificateArn: arn });
  assert.deepEqual([shown.Status, shown.Type, shown.DomainName], ["ISSUED", "AMAZON_ISSUED", "www.example.com"]);
  assert.deepEqual(shown.SubjectAlternativeNames, ["www.example.com", "example.com", "*.example.com"]);
  const records = shown.DomainValidationOptions.map(
    (one: { ResourceRecord: { Name: string } }) => one.ResourceRecord.Name,
  );
  assert.equal(records[1], records[2], "a wildcard shares the record of the name that it is below");
  assert.match(records[0], /^_[\da-f]{32}\.www\.example\.com\.$/);

  harness.clock.advance(3601);
  const later = await askAcm(harness, "RequestCertificate", request);
  assert.notEqual(later["CertificateArn"], arn, "after an hour a token is forgotten");

  await askAcm(harness, "RenewCertificate", { CertificateArn: arn });
  const { Certificate: renewed } = await askAcm(harness, "DescribeCertificate", { CertificateArn: arn });
  assert.notEqual(renewed.Serial, shown.Serial);
  assert.equal(renewed.RenewalSummary.RenewalStatus, "SUCCESS");
  const options = { CertificateTransparencyLoggingPreference: "DISABLED" };
  await askAcm(harness, "UpdateCertificateOptions", { CertificateArn: arn, Options: options });
  const { Certificate: changed } = await askAcm(harness, "DescribeCertificate", { CertificateArn: arn });
  assert.deepEqual(changed.Options, options);
});

test("lists of ACM have key types, states and pages", async () => {
  const { CertificateArn: ec } = await askAcm(harness, "ImportCertificate", imported());
  harness.clock.advance(1);
  const { CertificateArn: rsa } = await askAcm(harness, "RequestCertificate", { DomainName: "example.com" });
  const list = async (input: object): Promise<readonly string[]> =>
    (await askAcm(harness, "ListCertificates", input))["CertificateSummaryList"].map(
      (one: { CertificateArn: string }) => one.CertificateArn,
    );
  assert.deepEqual(await list({}), [rsa], "RSA only, as documented");
  const all = { Includes: { keyTypes: ["RSA_2048", "EC_prime256v1"] } };
  assert.deepEqual(await list(all), [ec, rsa]);
  assert.deepEqual(await list({ ...all, SortBy: "CREATED_AT", SortOrder: "DESCENDING" }), [rsa, ec]);
  assert.deepEqual(await list({ ...all, CertificateStatuses: ["EXPIRED"] }), []);
  assert.deepEqual(await list({ Includes: { ...all.Includes, keyUsage: ["KEY_ENCIPHERMENT"] } }), [rsa]);
  assert.deepEqual(await list({ Includes: { ...all.Includes, extendedKeyUsage: ["CODE_SIGNING"] } }), []);
  const first = await askAcm(harness, "ListCertificates", { ...all, MaxItems: 1 });
  assert.deepEqual(await list({ ...all, MaxItems: 1, NextToken: first["NextToken"] }), [rsa]);
  harness.clock.advance(31 * 86_400);
  assert.deepEqual(await list({ ...all, CertificateStatuses: ["EXPIRED"] }), [ec]);
});

test("what ACM refuses, and its codes", async () => {
  const { CertificateArn: arn } = await askAcm(harness, "ImportCertificate", imported());
  const { CertificateArn: issued } = await askAcm(harness, "RequestCertificate", {
    DomainName: "example.com",
    KeyAlgorithm: "EC_prime256v1",
  });
  const absent = arn.replace(/.{12}$/, "000000000000");
  const bundle = base64(suite.leaf(["a.example"]).certificate + suite.root.certificate);
  const rsa = suite.leaf(["www.example.com"], "rsa");
  const rows: readonly [operation: string, input: object, code: string][] = [
    ["ImportCertificate", {}, "ValidationException"],
    ["ImportCertificate", imported({ Certificate: 1 }), "SerializationException"],
    ["ImportCertificate", imported({ Certificate: "%" }), "SerializationException"],
    ["ImportCertificate", imported({ Certificate: bundle }), "ValidationException"],
    ["ImportCertificate", imported({ CertificateChain: undefined }), "ValidationException"],
    ["ImportCertificate", imported({ Colour: "red" }), "SerializationException"],
    ["ImportCertificate", imported({ Tags: [{ Key: "aws:x" }] }), "InvalidTagException"],
    [
      "ImportCertificate",
      imported({ Tags: Array.from({ length: 51 }, (_, at) => ({ Key: `${at}` })) }),
      "TooManyTagsException",
    ],
    ["ImportCertificate", imported({ CertificateArn: "arn:aws:acm:us-east-1:x" }), "InvalidArnException"],
    ["ImportCertificate", imported({ CertificateArn: absent }), "ResourceNotFoundException"],
    ["ImportCertificate", imported({ CertificateArn: issued }), "InvalidParameterException"],
    ["ImportCertificate", imported({ CertificateArn: arn, Tags: [{ Key: "a" }] }), "InvalidParameterException"],
    [
      "ImportCertificate",
      imported({ CertificateArn: arn, Certificate: base64(rsa.certificate), PrivateKey: base64(rsa.key) }),
      "ValidationException",
    ],
    ["ImportCertificate", imported({ CertificateArn: arn }, ["other.example"]), "ValidationException"],
    ["ImportCertificate", imported(), "LimitExceededException"],
    ["RequestCertificate", {}, "ValidationException"],
    ["RequestCertificate", { DomainName: "localhost" }, "ValidationException"],
    ["RequestCertificate", { DomainName: "a.example", ValidationMethod: "HTTP" }, "ValidationException"],
    ["RequestCertificate", { DomainName: "a.example", KeyAlgorithm: "RSA_4096" }, "ValidationException"],
    ["RequestCertificate", { DomainName: "a.example", ManagedBy: "CLOUDFRONT" }, "SerializationException"],
    ["RequestCertificate", { DomainName: "a.example", Options: { Export: "ENABLED" } }, "InvalidParameterException"],
    [
      "RequestCertificate",
      { DomainName: "a.example", SubjectAlternativeNames: Array.from({ length: 10 }, (_, at) => `${at}.a.example`) },
      "LimitExceededException",
    ],
    ["RequestCertificate", { DomainName: "a.example", KeyAlgorithm: "EC_prime256v1" }, "LimitExceededException"],
    ["DescribeCertificate", { CertificateArn: absent }, "ResourceNotFoundException"],
    ["GetCertificate", { CertificateArn: absent }, "ResourceNotFoundException"],
    ["DeleteCertificate", { CertificateArn: "x".repeat(20) }, "InvalidArnException"],
    ["ListTagsForCertificate", { CertificateArn: absent }, "ResourceNotFoundException"],
    ["AddTagsToCertificate", { CertificateArn: arn, Tags: [] }, "ValidationException"],
    ["RenewCertificate", { CertificateArn: arn }, "ValidationException"],
    ["UpdateCertificateOptions", { CertificateArn: arn, Options: {} }, "ValidationException"],
    ["UpdateCertificateOptions", { CertificateArn: issued, Options: { Export: "ENABLED" } }, "ValidationException"],
    ["ExportCertificate", { CertificateArn: issued, Passphrase: base64("secret") }, "ValidationException"],
    ["ListCertificates", { SortBy: "CREATED_AT" }, "ValidationException"],
    ["ListCertificates", { NextToken: "guessed" }, "ValidationException"],
    ["GetAccountConfiguration", {}, "UnknownOperationException"],
  ];
  for (const [operation, input, code] of rows) {
    const answer = await sendAcm(harness, operation, input);
    assert.deepEqual(
      [answer.status, codeOf(answer.body)],
      [400, code],
      `${operation} ${JSON.stringify(input).slice(0, 90)}: ${answer.body}`,
    );
  }
  assert.deepEqual(harness.faults, []);
});

test("ACM is regional, and a distribution takes certificates of us-east-1", async () => {
  const { CertificateArn: arn } = await askAcm(harness, "ImportCertificate", imported(), { region: "eu-west-1" });
  assert.match(arn, /^arn:aws:acm:eu-west-1:/);
  assert.equal(
    codeOf((await sendAcm(harness, "DescribeCertificate", { CertificateArn: arn })).body),
    "ResourceNotFoundException",
  );
  await askAcm(harness, "DescribeCertificate", { CertificateArn: arn }, { region: "eu-west-1" });
  const refused = await sendShownBy(harness, { ACMCertificateArn: arn }, []);
  assert.equal(codeOf(refused.body), "InvalidViewerCertificate");
  assert.match(refused.body, /it is in eu-west-1: sign the request to ACM for us-east-1/);
  const odd = await sendAcm(harness, "ImportCertificate", imported(), { region: "some where" });
  assert.equal(odd.status, 400);
});

test("a certificate in use is not deleted, tells who uses it, and is free afterwards", async () => {
  const { CertificateArn: arn } = await askAcm(harness, "ImportCertificate", imported());
  const uploaded = await askIam(harness, "UploadServerCertificate", upload("www"));
  const iam = textIn("ServerCertificateId", uploaded);
  const viaAcm = await createShownBy(harness, { ACMCertificateArn: arn }, ["www.example.com"]);
  const viaIam = await createShownBy(harness, { IAMCertificateId: iam }, []);
  const { Certificate: shown } = await askAcm(harness, "DescribeCertificate", { CertificateArn: arn });
  assert.deepEqual(shown.InUseBy, [`arn:aws:cloudfront::000000000000:distribution/${viaAcm}`]);
  const acmRefusal = await sendAcm(harness, "DeleteCertificate", { CertificateArn: arn });
  assert.equal(
    acmRefusal.body,
    `{"__type":"ResourceInUseException","message":"Certificate ${arn} in account 000000000000 is in use."}`,
  );
  const www = { ServerCertificateName: "www" };
  const iamRefusal = await sendIam(harness, "DeleteServerCertificate", www);
  assert.equal(iamRefusal.status, 409);
  assert.match(
    iamRefusal.body,
    new RegExp(
      `<Code>DeleteConflict</Code><Message>Certificate: ${iam} is currently in use by arn:aws:cloudfront::000000000000:distribution/${viaIam}. Please remove it first before deleting it from IAM.<`,
    ),
  );
  const moved = await sendIam(harness, "UpdateServerCertificate", { ...www, NewPath: "/elb/" });
  assert.equal(codeOf(moved.body), "InvalidInput");
  await askIam(harness, "UpdateServerCertificate", { ...www, NewServerCertificateName: "web" });

  await harness.deploy();
  for (const id of [viaAcm, viaIam]) {
    const { fields } = await harness.ask({ method: "GET", target: `/2020-05-31/distribution/${id}` });
    const etag = fields.find(([name]) => name === "ETag")?.[1] ?? "";
    const deleted = await harness.ask({
      method: "DELETE",
      target: `/2020-05-31/distribution/${id}`,
      fields: [["If-Match", etag]],
    });
    assert.equal(deleted.status, 204, deleted.body);
  }
  await askAcm(harness, "DeleteCertificate", { CertificateArn: arn });
  await askIam(harness, "DeleteServerCertificate", { ServerCertificateName: "web" });
});

test("a certificate covers the aliases of its distribution, and is the account's own", async () => {
  const { CertificateArn: arn } = await askAcm(harness, "ImportCertificate", imported());
  const uncovered = await sendShownBy(harness, { ACMCertificateArn: arn }, ["www.example.com", "shop.example.com"]);
  assert.match(
    uncovered.body,
    /<Code>InvalidViewerCertificate<\/Code><Message>The certificate that is attached to your distribution doesn't cover the alternate domain name/,
  );
  const uploaded = await askIam(harness, "UploadServerCertificate", upload("www"));
  for (const certificate of [
    { ACMCertificateArn: arn },
    { IAMCertificateId: textIn("ServerCertificateId", uploaded) },
  ]) {
    const answer = await sendShownBy(harness, certificate, [], BOB);
    assert.match(
      answer.body,
      /<Code>InvalidViewerCertificate<\/Code><Message>The specified SSL certificate doesn't exist/,
    );
  }
  for (const [operation, input] of [
    ["DescribeCertificate", {}],
    ["GetCertificate", {}],
    ["DeleteCertificate", {}],
    ["ImportCertificate", imported()],
  ] as const) {
    const answer = await sendAcm(harness, operation, { ...input, CertificateArn: arn }, { signer: BOB });
    assert.equal(codeOf(answer.body), "ResourceNotFoundException", operation);
  }
  assert.deepEqual(
    (await askAcm(harness, "ListCertificates", { Includes: { keyTypes: ["EC_prime256v1"] } }, { signer: BOB }))[
      "CertificateSummaryList"
    ],
    [],
  );
  assert.equal((await sendIam(harness, "GetServerCertificate", { ServerCertificateName: "www" }, BOB)).status, 404);
});

test("a read-only key may Get, List and Describe", async () => {
  const { CertificateArn: arn } = await askAcm(harness, "ImportCertificate", imported());
  await askIam(harness, "UploadServerCertificate", upload("www"));
  await askAcm(harness, "DescribeCertificate", { CertificateArn: arn }, { signer: READER });
  await askIam(harness, "GetServerCertificate", { ServerCertificateName: "www" }, READER);
  const iam = await sendIam(harness, "DeleteServerCertificate", { ServerCertificateName: "www" }, READER);
  assert.equal(iam.status, 403);
  assert.match(
    iam.body,
    /User: arn:aws:iam::000000000000:user\/someone is not authorized to perform: iam:DeleteServerCertificate on resource: arn:aws:iam::000000000000:server-certificate\/www because/,
  );
  const acm = await sendAcm(harness, "DeleteCertificate", { CertificateArn: arn }, { signer: READER });
  assert.deepEqual([acm.status, codeOf(acm.body)], [400, "AccessDeniedException"]);
  assert.match(acm.body, new RegExp(`acm:DeleteCertificate on resource: ${arn} because`));
});

test("who cannot be told apart is refused in the protocol that was spoken", async () => {
  for (const [signer, code] of [
    [{ accessKeyId: "AKIANOBODY", secret: "x" }, "UnrecognizedClientException"],
    [{ ...BOB, secret: "x" }, "InvalidSignatureException"],
  ] as const) {
    const { status, fields, body } = await sendAcm(harness, "ListCertificates", {}, { signer });
    assert.deepEqual([status, codeOf(body)], [400, code]);
    assert(fields.some(([name, value]) => name === "Content-Type" && value === "application/x-amz-json-1.1"));
  }
});
