// Certificates that a distribution can name: the caller's of IAM and of ACM, by what they are named as. Those in the operator's folder are
// in no list: who knows the name of one writes it.

import { listCertificates } from "../../control/certificates.ts";
import { nameCertificate } from "../../model/check/viewer-certificate.ts";
import type { Question } from "./answered.ts";

/** `whyUnusable` is the end of a sentence; absent for what can be shown to viewers. Never a key. */
export const listOwnCertificates: Question = async (_asked, { account }, { control }) => {
  const now = control.clock.now();
  const found = [
    ...(await listCertificates(control, account, "acm")),
    ...(await listCertificates(control, account, "iam")),
  ];
  const certificates = found.map(({ id, config }) => {
    const named = nameCertificate(config, now);
    const why = named.kind === "of-store" ? named.whyUnusable : undefined;
    return {
      id: config.Source === "acm" ? config.Arn : id,
      source: config.Source,
      name: config.Name,
      hosts: config.Names,
      notAfter: new Date(config.NotAfter).toISOString(),
      ...(why !== undefined && { whyUnusable: why }),
    };
  });
  return { kind: "ok", answer: { certificates } };
};
