import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { beforeEach, test } from "node:test";
import { openControlHarness, type ControlHarness } from "../../test/support/control-harness.ts";
import { askAcm, createShownBy } from "../../test/support/certificates.ts";
import type { AccountId, ResourceId } from "../vocabulary/ids.ts";
import { addSeconds, seconds } from "../vocabulary/time.ts";
import { makeLeaf, makeRoot } from "./make-certificate.ts";
import { openCertificateWatch } from "./watch-certificates.ts";

const ACCOUNT = "000000000000" as AccountId;
const DAY = 86_400;

let harness: ControlHarness;
let lines: string[];
const log = (level: string, _component: string, message: string): void => void lines.push(`${level} ${message}`);

beforeEach(async () => {
  harness = await openControlHarness();
  lines = [];
});

async function serialOf(arn: string): Promise<string> {
  const id = arn.slice(arn.lastIndexOf("/") + 1) as ResourceId;
  const found = await harness.store.resources.get("server-certificate", ACCOUNT, id);
  return new X509Certificate(found?.config.CertificateBody ?? "").serialNumber;
}

test("what was requested renews itself 60 days before its end while it is in use, under its ARN", async () => {
  const request = { DomainName: "www.example.com", KeyAlgorithm: "EC_prime256v1" };
  const { CertificateArn: used } = await askAcm(harness, "RequestCertificate", request);
  const { CertificateArn: unused } = await askAcm(harness, "RequestCertificate", request);
  const distribution = await createShownBy(harness, { ACMCertificateArn: used }, ["www.example.com"]);
  const before = [await serialOf(used), await serialOf(unused)];
  const watch = openCertificateWatch(harness.control, () => [], log);
  harness.clock.advance(334 * DAY);
  await watch.look();
  assert.deepEqual([await serialOf(used), await serialOf(unused)], before);
  harness.clock.advance(2 * DAY);
  await watch.look();
  assert.notEqual(await serialOf(used), before[0]);
  assert.equal(await serialOf(unused), before[1]);
  assert.deepEqual(lines, [`info ${used} was renewed; shown by distribution ${distribution}`]);
  const { Certificate: shown } = await askAcm(harness, "DescribeCertificate", { CertificateArn: used });
  assert.equal(shown.RenewalSummary.RenewalStatus, "SUCCESS");
  assert.equal(shown.RenewalEligibility, "ELIGIBLE");
  await watch.look();
  assert.equal(lines.length, 1, "renewed once");
});

test("an authority that fails is logged, and the end is warned of all the same", async () => {
  const { CertificateArn: arn } = await askAcm(harness, "RequestCertificate", {
    DomainName: "www.example.com",
    KeyAlgorithm: "EC_prime256v1",
  });
  const id = await createShownBy(harness, { ACMCertificateArn: arn }, ["www.example.com"]);
  const issueCertificate = (): Promise<never> => Promise.reject(new Error("the disk is full"));
  const watch = openCertificateWatch({ ...harness.control, issueCertificate }, () => [], log);
  harness.clock.advance(390 * DAY);
  await watch.look();
  const failed = `error ${arn} could not be renewed: Error: the disk is full`;
  assert.deepEqual(lines, [
    failed,
    `warn certificate ${arn} for www.example.com expires within 7 days, at 2027-12-20T00:00:00.000Z; shown by distribution ${id}`,
  ]);
});

test("each warning is given once, and names the distributions", async () => {
  const from = harness.clock.now();
  const root = makeRoot(undefined, { from, to: addSeconds(from, seconds(400 * DAY)) });
  const lifespan = { from, to: addSeconds(from, seconds(31 * DAY)) };
  const { certificate, key } = makeLeaf(["www.example.com"], lifespan, root);
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const { CertificateArn: arn } = await askAcm(harness, "ImportCertificate", {
    Certificate: base64(certificate),
    PrivateKey: base64(key),
    CertificateChain: base64(root.certificate),
  });
  const folder = [{ account: ACCOUNT, id: "shop", names: ["shop.example.com"], chain: certificate }];
  const watch = openCertificateWatch(harness.control, () => folder, log);
  await watch.look();
  assert.deepEqual(lines, []);
  const id = await createShownBy(harness, { ACMCertificateArn: arn }, ["www.example.com"]);
  const said: string[][] = [];
  for (let day = 1; day <= 32; day++) {
    lines = [];
    harness.clock.advance(DAY);
    await watch.look();
    said.push(lines);
  }
  const end = "2026-12-21T00:00:00.000Z";
  const linesOf = (what: string, users: string): readonly (readonly [day: number, line: string])[] => [
    [1, `warn certificate ${what} expires within 30 days, at ${end}; ${users}`],
    [24, `warn certificate ${what} expires within 7 days, at ${end}; ${users}`],
    [30, `warn certificate ${what} expires within a day, at ${end}; ${users}`],
    [31, `error certificate ${what} has expired: it was good until ${end}; ${users}`],
  ];
  const expected = Array.from({ length: 32 }, (): string[] => []);
  for (const [day, line] of [
    ...linesOf(`${arn} for www.example.com`, `shown by distribution ${id}`),
    ...linesOf(`shop of account ${ACCOUNT} in the folder for shop.example.com`, "distributions show it for its names"),
  ]) {
    expected[day - 1]?.push(line);
  }
  assert.deepEqual(said, expected);
});
