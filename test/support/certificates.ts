// Certificates in tests of the management plane: requests to IAM and ACM, distributions that show certificates, and
// certificates of every fault.

import assert from "node:assert/strict";
import type { ApiResponse } from "../../src/callers/message.ts";
import { makeLeaf, makeRoot, type MadeCertificate } from "../../src/service/make-certificate.ts";
import type { EpochMs } from "../../src/vocabulary/time.ts";
import { addSeconds, seconds } from "../../src/vocabulary/time.ts";
import type { Asked, ControlHarness, Signer } from "./control-harness.ts";

/** What ACM answers; the tests say which members they expect. */
export interface AcmAnswer {
  // oxlint-disable-next-line typescript/no-explicit-any -- JSON of many shapes; each test asserts on what it reads.
  readonly [member: string]: any;
}

/** A request of ACM's JSON protocol, for a harness to sign and send. */
export function acmRequest(operation: string, input: object): Asked {
  return {
    method: "POST",
    target: "/",
    service: "acm",
    fields: [
      ["X-Amz-Target", `CertificateManager.${operation}`],
      ["Content-Type", "application/x-amz-json-1.1"],
    ],
    body: JSON.stringify(input),
  };
}

export function sendAcm(
  harness: ControlHarness,
  operation: string,
  input: object,
  as: { readonly signer?: Signer; readonly region?: string } = {},
): Promise<ApiResponse> {
  return harness.ask({ ...acmRequest(operation, input), ...as });
}

/** An operation that has to succeed. */
export async function askAcm(
  harness: ControlHarness,
  operation: string,
  input: object,
  as: { readonly signer?: Signer; readonly region?: string } = {},
): Promise<AcmAnswer> {
  const { status, body } = await sendAcm(harness, operation, input, as);
  assert.equal(status, 200, `${operation}: ${body}`);
  return body === "" ? {} : (JSON.parse(body) as AcmAnswer);
}

export function sendIam(
  harness: ControlHarness,
  action: string,
  members: Readonly<Record<string, string>>,
  signer?: Signer,
): Promise<ApiResponse> {
  return harness.ask({
    method: "POST",
    target: "/",
    service: "iam",
    fields: [["Content-Type", "application/x-www-form-urlencoded"]],
    body: new URLSearchParams({ Action: action, Version: "2010-05-08", ...members }).toString(),
    ...(signer && { signer }),
  });
}

export async function askIam(
  harness: ControlHarness,
  action: string,
  members: Readonly<Record<string, string>>,
  signer?: Signer,
): Promise<string> {
  const { status, body } = await sendIam(harness, action, members, signer);
  assert.equal(status, 200, `${action}: ${body}`);
  return body;
}

let references = 0;

/** Creates a distribution with the certificate and the aliases. */
export function sendShownBy(
  harness: ControlHarness,
  certificate: { readonly IAMCertificateId?: string; readonly ACMCertificateArn?: string },
  aliases: readonly string[],
  signer?: Signer,
): Promise<ApiResponse> {
  const [member, id] = Object.entries(certificate)[0] ?? ["", ""];
  const items = aliases.map((alias) => `<CNAME>${alias}</CNAME>`).join("");
  const list = aliases.length === 0 ? "" : `<Items>${items}</Items>`;
  const body = `<DistributionConfig xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">
    <CallerReference>${++references}</CallerReference>
    <Aliases><Quantity>${aliases.length}</Quantity>${list}</Aliases>
    <Origins><Quantity>1</Quantity><Items><Origin><Id>o</Id><DomainName>origin.example.net</DomainName><CustomOriginConfig>
      <HTTPPort>80</HTTPPort><HTTPSPort>443</HTTPSPort><OriginProtocolPolicy>http-only</OriginProtocolPolicy>
    </CustomOriginConfig></Origin></Items></Origins>
    <DefaultCacheBehavior><TargetOriginId>o</TargetOriginId><ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy><MinTTL>0</MinTTL>
      <ForwardedValues><QueryString>false</QueryString><Cookies><Forward>none</Forward></Cookies></ForwardedValues></DefaultCacheBehavior>
    <Comment/><Enabled>false</Enabled>
    <ViewerCertificate><${member}>${id}</${member}><SSLSupportMethod>sni-only</SSLSupportMethod></ViewerCertificate>
  </DistributionConfig>`;
  return harness.ask({ method: "POST", target: "/2020-05-31/distribution", body, ...(signer && { signer }) });
}

/** Its id. */
export async function createShownBy(...given: Parameters<typeof sendShownBy>): Promise<string> {
  const { status, body } = await sendShownBy(...given);
  assert.equal(status, 201, body);
  return /<Id>(E\w+)<\/Id>/.exec(body)?.[1] ?? "";
}

export interface Suite {
  readonly root: MadeCertificate;
  leaf(names: readonly string[], keyType?: "ec" | "rsa"): MadeCertificate;
}

/** An authority and its leaves, good for a month. */
export function certificateSuite(now: EpochMs): Suite {
  const lifespan = { from: addSeconds(now, seconds(-3600)), to: addSeconds(now, seconds(30 * 86_400)) };
  const root = makeRoot(undefined, lifespan);
  return { root, leaf: (names, keyType = "ec") => makeLeaf(names, lifespan, root, keyType) };
}

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
