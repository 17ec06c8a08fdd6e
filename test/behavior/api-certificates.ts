// Certificates that a scenario wants at an edge that runs elsewhere: uploaded to IAM, which the suite has no SDK for, and
// deleted again.

import type { CloudFront } from "@aws-sdk/client-cloudfront";
import { makeLeaf, makeRoot } from "../../src/service/make-certificate.ts";
import { systemClock } from "../../src/vocabulary/time.ts";
import { signRequest } from "../../src/wire/sigv4-sign.ts";
import { A_WHILE } from "../support/tls-world.ts";

export interface UploadedCertificate {
  /** As the scenario calls it. */
  readonly id: string;
  /** As IAM does. */
  readonly name: string;
  readonly uploadedId: string;
}

/** Refused by whoever wants certificates that browsers trust. */
export class CertificateRefused extends Error {}

let count = 0;

export async function uploadCertificate(
  client: CloudFront,
  api: string | undefined,
  { id, names }: { readonly id: string; readonly names: readonly string[] },
): Promise<UploadedCertificate> {
  const root = makeRoot(undefined, A_WHILE);
  const leaf = makeLeaf(names, A_WHILE, root);
  const name = `behavior-${process.pid}-${++count}-${systemClock.now()}`;
  const answer = await askIam(client, api, {
    Action: "UploadServerCertificate",
    ServerCertificateName: name,
    Path: "/cloudfront/",
    CertificateBody: leaf.certificate,
    PrivateKey: leaf.key,
    CertificateChain: root.certificate,
  });
  return { id, name, uploadedId: /<ServerCertificateId>(\w+)</.exec(answer)?.[1] ?? "" };
}

export async function deleteCertificate(client: CloudFront, api: string | undefined, name: string): Promise<void> {
  await askIam(client, api, { Action: "DeleteServerCertificate", ServerCertificateName: name });
}

async function askIam(client: CloudFront, api: string | undefined, members: Record<string, string>): Promise<string> {
  const url = new URL(api ?? "https://iam.amazonaws.com");
  const body = new TextEncoder().encode(new URLSearchParams({ ...members, Version: "2010-05-08" }).toString());
  const { accessKeyId, secretAccessKey: secret, sessionToken } = await client.config.credentials();
  const unsigned = {
    method: "POST",
    rawPath: "/",
    rawQuery: "",
    fields: [
      ["Host", url.host],
      ["Content-Type", "application/x-www-form-urlencoded"],
    ] as const,
    body,
  };
  const signer = { accessKeyId, secret, sessionToken, region: "us-east-1", service: "iam" };
  const fields = signRequest(unsigned, signer, { at: systemClock.now() });
  const headers = Object.fromEntries(fields.filter(([name]) => name !== "Host"));
  const answer = await fetch(url, { method: "POST", headers, body });
  const text = await answer.text();
  if (!answer.ok) throw new CertificateRefused(/<Message>([^<]*)</.exec(text)?.[1] ?? text.slice(0, 200));
  return text;
}
