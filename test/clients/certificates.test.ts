// Certificates as the clients that people have make them: the AWS CLI, boto3 and Terraform against the whole service, and
// curl as the viewer who sees which one is shown.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { makeLeaf, makeRoot, type MadeCertificate } from "../../src/service/make-certificate.ts";
import { A_WHILE } from "../support/tls-world.ts";
import { smallConfig } from "../support/distribution.ts";
import { clientEnvironment, startService, type RunningService } from "../support/running-service.ts";
import { openTestOrigin, type TestOrigin } from "../support/test-origin.ts";
import { clearedEnvironment, findEachAws, findPrograms, runProgram, type Ended } from "./program.ts";
import { findTerraform, openWorkspace } from "./terraform-workspace.ts";

const CLIS = await findEachAws();
const [curl] = findPrograms("curl");
const PYTHON = "/usr/bin/python3";
const terraform = findTerraform();
const ROOT = makeRoot(undefined, A_WHILE);

interface Answer {
  // oxlint-disable-next-line typescript/no-explicit-any -- JSON of many shapes; each test asserts on what it reads.
  readonly [member: string]: any;
}

describe("certificates", { concurrency: 1 }, () => {
  let service: RunningService;
  let origin: TestOrigin;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "warmfront-certificates-"));
    service = await startService();
    origin = await openTestOrigin((path) => ({ headers: { "Cache-Control": "max-age=300" }, body: `page ${path}` }));
    writeFileSync(join(folder, "root.pem"), ROOT.certificate);
  });
  after(async () => {
    await origin?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  function run(program: string, words: readonly string[], timeoutSeconds = 55): Promise<Ended> {
    const environment = { ...clearedEnvironment(folder), ...clientEnvironment(service) };
    return runProgram(program, words, { environment, folder, timeoutSeconds });
  }

  function leaf(name: string, host: string): MadeCertificate {
    const made = makeLeaf([host], A_WHILE, ROOT, "rsa");
    writeFileSync(join(folder, `${name}.pem`), made.certificate);
    writeFileSync(join(folder, `${name}.key`), made.key);
    return made;
  }

  /** The page, by a viewer who trusts `root` for the host. */
  async function view(host: string, root: string): Promise<string> {
    assert(curl !== undefined);
    const port = service.edgeHttpsPort;
    const words = ["-sS", "--cacert", root, "--resolve", `${host}:${port}:127.0.0.1`, `https://${host}:${port}/a`];
    const { status, out, err } = await run(curl, words);
    return status === 0 ? out : err;
  }

  function config(host: string, certificate: object): string {
    const path = join(folder, `${host}.json`);
    const ViewerCertificate = { ...certificate, SSLSupportMethod: "sni-only", MinimumProtocolVersion: "TLSv1.2_2021" };
    const Aliases = { Quantity: 1, Items: [host] };
    writeFileSync(path, JSON.stringify({ ...smallConfig(origin.port), Aliases, ViewerCertificate }));
    return `file://${path}`;
  }

  for (const [index, { program }] of CLIS.entries()) {
    test(`${program}: a certificate is uploaded, one imported, one requested, and viewers see each`, async () => {
      const aws = async (...words: string[]): Promise<Answer> => {
        const { status, out, err } = await run(program, [
          ...words,
          "--endpoint-url",
          service.apiUrl,
          "--output",
          "json",
        ]);
        assert.equal(status, 0, `aws ${words.join(" ")}: ${err}`);
        return out.trim() === "" ? {} : (JSON.parse(out) as Answer);
      };
      const refused = async (...words: string[]): Promise<string> =>
        (await run(program, [...words, "--endpoint-url", service.apiUrl])).err;
      const deploy = async (host: string, certificate: object): Promise<string> => {
        const made = await aws("cloudfront", "create-distribution", "--distribution-config", config(host, certificate));
        return made["Distribution"].Id;
      };
      const host = (name: string): string => `${name}${index}.example.com`;

      leaf("iam", host("iam"));
      const files = [
        "--certificate-body",
        "file://iam.pem",
        "--private-key",
        "file://iam.key",
        "--certificate-chain",
        "file://root.pem",
      ];
      const named = ["--server-certificate-name", `www${index}`];
      const uploaded = await aws("iam", "upload-server-certificate", ...named, "--path", "/cloudfront/", ...files);
      const iam = uploaded["ServerCertificateMetadata"];
      const viaIam = await deploy(host("iam"), { IAMCertificateId: iam.ServerCertificateId });
      assert.equal(await view(host("iam"), "root.pem"), "page /a");
      assert.match(
        await refused("iam", "delete-server-certificate", ...named),
        /\(DeleteConflict\).* currently in use by arn:aws:cloudfront/,
      );
      const listed = await aws("iam", "list-server-certificates", "--path-prefix", "/cloudfront/");
      assert(listed["ServerCertificateMetadataList"].some((one: Answer) => one["Arn"] === iam.Arn));

      leaf("acm", host("acm"));
      const acmFiles = [
        "--certificate",
        "fileb://acm.pem",
        "--private-key",
        "fileb://acm.key",
        "--certificate-chain",
        "fileb://root.pem",
      ];
      const { CertificateArn: arn } = await aws("acm", "import-certificate", ...acmFiles);
      await deploy(host("acm"), { ACMCertificateArn: arn });
      assert.equal(await view(host("acm"), "root.pem"), "page /a");
      const { Certificate: first } = await aws("acm", "describe-certificate", "--certificate-arn", arn);
      const successor = leaf("acm", host("acm"));
      await aws("acm", "import-certificate", "--certificate-arn", arn, ...acmFiles);
      assert.equal(await view(host("acm"), "root.pem"), "page /a");
      const { Certificate: second, ...chain } = await aws("acm", "get-certificate", "--certificate-arn", arn);
      assert.equal(second, successor.certificate);
      assert.equal(chain["CertificateChain"], ROOT.certificate);
      const { Certificate: later } = await aws("acm", "describe-certificate", "--certificate-arn", arn);
      assert.notEqual(later.Serial, first.Serial);
      assert.match(
        await refused("acm", "delete-certificate", "--certificate-arn", arn),
        /\(ResourceInUseException\).* is in use\./,
      );

      const request = [
        "--domain-name",
        host("requested"),
        "--validation-method",
        "DNS",
        "--idempotency-token",
        `t${index}`,
      ];
      const { CertificateArn: requested } = await aws("acm", "request-certificate", ...request);
      await run(program, [
        "acm",
        "wait",
        "certificate-validated",
        "--certificate-arn",
        requested,
        "--endpoint-url",
        service.apiUrl,
      ]);
      await deploy(host("requested"), { ACMCertificateArn: requested });
      const { CertificateChain: root } = await aws("acm", "get-certificate", "--certificate-arn", requested);
      writeFileSync(join(folder, "requested.pem"), root);
      assert.equal(await view(host("requested"), "requested.pem"), "page /a");
      // Nobody trusts it who was not told to.
      assert.match(await view(host("requested"), "root.pem"), /certificate/);
      assert.match(
        await refused("acm", "request-certificate", "--domain-name", "localhost"),
        /\(ValidationException\).*'domainName'/,
      );
      assert.match(
        await refused("acm", "export-certificate", "--certificate-arn", requested, "--passphrase", "fileb://root.pem"),
        /\(ValidationException\)/,
      );

      // Freed, it goes.
      const { ETag: etag, DistributionConfig: was } = await aws(
        "cloudfront",
        "get-distribution-config",
        "--id",
        viaIam,
      );
      writeFileSync(join(folder, "off.json"), JSON.stringify({ ...was, Enabled: false }));
      const change = ["--id", viaIam, "--if-match", etag, "--distribution-config", "file://off.json"];
      const off = await aws("cloudfront", "update-distribution", ...change);
      await aws("cloudfront", "wait", "distribution-deployed", "--id", viaIam);
      await aws("cloudfront", "delete-distribution", "--id", viaIam, "--if-match", off["ETag"]);
      await aws("iam", "delete-server-certificate", ...named);
      assert.match(await refused("iam", "get-server-certificate", ...named), /\(NoSuchEntity\)/);
    });
  }

  test("boto3 gets through the life of both kinds, with its waiter, paginators and exceptions", async (t) => {
    const has = await run(PYTHON, ["-W", "ignore", "-c", "import boto3"]).catch(() => undefined);
    if (has?.status !== 0) return t.skip("python3-boto3 is not installed");
    leaf("boto", "boto.example.com");
    const program = `
import boto3, os
of = lambda name: boto3.client(name, endpoint_url=os.environ["AWS_ENDPOINT_URL"])
acm, iam = of("acm"), of("iam")
body, key, chain = (open(name).read() for name in ("boto.pem", "boto.key", "root.pem"))
arn = acm.import_certificate(Certificate=body, PrivateKey=key, CertificateChain=chain, Tags=[{"Key": "a", "Value": "1"}])["CertificateArn"]
assert acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
asked = acm.request_certificate(DomainName="boto.example.com", ValidationMethod="DNS")["CertificateArn"]
acm.get_waiter("certificate_validated").wait(CertificateArn=asked, WaiterConfig={"MaxAttempts": 1})
pages = acm.get_paginator("list_certificates").paginate(PaginationConfig={"PageSize": 1})
arns = [one["CertificateArn"] for page in pages for one in page["CertificateSummaryList"]]
assert arn in arns and asked in arns, arns
assert acm.describe_certificate(CertificateArn=asked)["Certificate"]["NotAfter"].year == acm.describe_certificate(CertificateArn=asked)["Certificate"]["CreatedAt"].year + 1
acm.delete_certificate(CertificateArn=arn)
try: acm.describe_certificate(CertificateArn=arn); raise SystemExit("it is there")
except acm.exceptions.ResourceNotFoundException: pass
try: acm.import_certificate(Certificate=body, PrivateKey=chain); raise SystemExit("taken")
except acm.exceptions.ClientError as error: assert error.response["Error"]["Code"] == "ValidationException", error
for name in ("b", "a"): iam.upload_server_certificate(ServerCertificateName=name, CertificateBody=body, PrivateKey=key)
try: iam.upload_server_certificate(ServerCertificateName="A", CertificateBody=body, PrivateKey=key); raise SystemExit("taken")
except iam.exceptions.EntityAlreadyExistsException: pass
pages = iam.get_paginator("list_server_certificates").paginate(PathPrefix="/", PaginationConfig={"PageSize": 1})
names = [one["ServerCertificateName"] for page in pages for one in page["ServerCertificateMetadataList"]]
assert [name for name in names if name in "ab"] == ["a", "b"], names
for name in "ab": iam.delete_server_certificate(ServerCertificateName=name)
try: iam.get_server_certificate(ServerCertificateName="a"); raise SystemExit("it is there")
except iam.exceptions.NoSuchEntityException: pass
assert iam.get_user()["User"]["Arn"] == "arn:aws:iam::000000000000:user/test"
assert iam.list_roles(MaxItems=1)["Roles"] == []
print("done")
`;
    const { out, err } = await run(PYTHON, ["-W", "ignore", "-c", program]);
    assert.equal(out, "done\n", err);
  });

  test(
    "Terraform requests, imports and uploads, finds it unchanged, and takes it away",
    { skip: typeof terraform === "string" && terraform },
    async () => {
      assert(typeof terraform !== "string");
      leaf("terraform", "terraform.example.com");
      const variables = {
        endpoint: service.apiUrl,
        certificate: readFileSync(join(folder, "terraform.pem"), "utf8"),
        private_key: readFileSync(join(folder, "terraform.key"), "utf8"),
        chain: ROOT.certificate,
        origin_port: String(origin.port),
      };
      using workspace = await openWorkspace(terraform, service, { files: ["certificates.tf"], variables });
      await workspace.apply();
      await workspace.findNothingToDo();
      assert.equal(await view("terraform.example.com", "root.pem"), "page /a");
      assert.match(await workspace.succeed("destroy", "-auto-approve", "-input=false"), /Destroy complete!/);
    },
  );
});
