/**
 * RequestCertificate [ACMAPI]: issued at once by the installation's own authority, whatever the way of validation: who may
 * call is trusted with the names, and nobody outside trusts the authority. [D-0019]
 */
import type { KeyAlgorithm } from "../../model/read-certificate.ts";
import { readPemCertificates, lifeOf } from "../../model/read-certificate.ts";
import type { CertificateRequest } from "../../model/server-certificate.ts";
import { epochMs, secondsBetween } from "../../vocabulary/time.ts";
import type { WireDocument } from "../../wire/shape.ts";
import { certificateClaims, listCertificates, type Certificate } from "../certificates.ts";
import { textOf, type Control, type NeighborContext } from "../context.ts";
import { isFailure, type NeighborOutcome } from "../neighbor-outcome.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import { createCertificate } from "./create-certificate.ts";
import { acmFailure } from "./failures.ts";
import { readTags } from "./tags.ts";

/** How long a token stands for the certificate that was requested with it. [ACMAPI RequestCertificate] */
const TOKEN_SECONDS = 3600;

export async function requestCertificate(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const { limits } = context.control;
  const tags = readTags(input, limits);
  if (isFailure(tags)) return tags;
  const domainName = textOf(input, "DomainName").toLowerCase();
  const others = (input["SubjectAlternativeNames"] ?? []) as readonly string[];
  const names = [...new Set([domainName, ...others.map((name) => name.toLowerCase())])];
  const tooLong = names.find((name) => name.length > 253);
  if (tooLong !== undefined)
    return acmFailure("ValidationException", `The name ${tooLong} has more than 253 characters.`);
  if (names.length > limits.acmNamesPerCertificateMax) {
    return acmFailure(
      "LimitExceededException",
      `The certificate would be for ${names.length} names: it can be for at most ${limits.acmNamesPerCertificateMax}.`,
    );
  }
  const options = (input["Options"] ?? {}) as WireDocument;
  if (options["Export"] === "ENABLED") {
    return acmFailure(
      "InvalidParameterException",
      "Options.Export cannot be ENABLED: no certificate can be exported here.",
    );
  }
  const request: CertificateRequest = {
    DomainName: domainName,
    SubjectAlternativeNames: names,
    ValidationMethod: input["ValidationMethod"] === "DNS" ? "DNS" : "EMAIL",
    IdempotencyToken: textOf(input, "IdempotencyToken"),
    IssuedAt: context.now,
    TransparencyLogging: options["CertificateTransparencyLoggingPreference"] === "DISABLED" ? "DISABLED" : "ENABLED",
  };
  const keyAlgorithm = (textOf(input, "KeyAlgorithm") || "RSA_2048") as KeyAlgorithm;
  return once(request, keyAlgorithm, context, async () => {
    const issued = await issue(context.control, names, keyAlgorithm, context.now);
    const { Names, ...rest } = { ...issued, Names: names };
    return createCertificate(
      { ...rest, Names, Source: "acm", Name: "", Path: "", Type: "AMAZON_ISSUED", Request: request },
      tags,
      context,
    );
  });
}

/** Requests with a token that are being carried out: a client that tries again must not be given a second certificate. */
const underWay = new WeakMap<Control, Map<string, Promise<NeighborOutcome>>>();

/** The same token for the same certificate within the hour answers with the same ARN. */
async function once(
  request: CertificateRequest,
  keyAlgorithm: KeyAlgorithm,
  { control, caller, region, now }: NeighborContext,
  make: () => Promise<NeighborOutcome>,
): Promise<NeighborOutcome> {
  const { IdempotencyToken: token } = request;
  if (token === "") return make();
  const digest = digestOf(request, keyAlgorithm);
  const all = await listCertificates(control, caller.account, "acm");
  const earlier = all.find(
    ({ config }) =>
      config.Request?.IdempotencyToken === token &&
      config.Arn.includes(`:${region}:`) &&
      secondsBetween(epochMs(config.Request.IssuedAt), now) < TOKEN_SECONDS &&
      digestOf(config.Request, config.KeyAlgorithm) === digest,
  );
  if (earlier !== undefined) return { kind: "ok", output: { CertificateArn: earlier.config.Arn } };
  let ofControl = underWay.get(control);
  if (ofControl === undefined) underWay.set(control, (ofControl = new Map()));
  const key = `${caller.account} ${region} ${token} ${digest}`;
  let made = ofControl.get(key);
  if (made === undefined) {
    made = make().finally(() => ofControl.delete(key));
    ofControl.set(key, made);
  }
  return made;
}

function digestOf(request: CertificateRequest, keyAlgorithm: KeyAlgorithm): string {
  const { DomainName, SubjectAlternativeNames, ValidationMethod, TransparencyLogging } = request;
  return JSON.stringify([DomainName, SubjectAlternativeNames, ValidationMethod, TransparencyLogging, keyAlgorithm]);
}

/** Members of the config that come with a certificate. */
async function issue(
  control: Pick<Control, "issueCertificate">,
  names: readonly string[],
  keyAlgorithm: KeyAlgorithm,
  now: EpochMs,
) {
  const { certificate, chain, key } = await control.issueCertificate(names, keyAlgorithm, now);
  const [leaf] = readPemCertificates(certificate) ?? [];
  if (leaf === undefined) throw new Error("the authority issued what cannot be read");
  const { notBefore, notAfter } = lifeOf(leaf);
  return {
    CertificateBody: certificate,
    CertificateChain: chain,
    PrivateKey: key,
    KeyAlgorithm: keyAlgorithm,
    NotBefore: notBefore,
    NotAfter: notAfter,
    SuppliedAt: now,
  };
}

/** A new certificate and key for the same names under the same ARN. `false`: it has been changed or deleted meanwhile. */
export async function renew(
  control: Pick<Control, "store" | "limits" | "issueCertificate">,
  certificate: Certificate,
  now: EpochMs,
): Promise<boolean> {
  const { KeyAlgorithm, Names } = certificate.config;
  const config = { ...certificate.config, ...(await issue(control, Names, KeyAlgorithm, now)) };
  const claims = certificateClaims(config, control.limits);
  return (await control.store.resources.update(certificate, { config, claims }, now)).kind === "updated";
}
