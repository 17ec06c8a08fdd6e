// A certificate of ACM's by its ARN. ACM is regional: a certificate is where it was made, by the region of the signature.

import { readCertificateArn } from "../../model/server-certificate.ts";
import { parseResourceId } from "../../vocabulary/ids.ts";
import type { WireDocument } from "../../wire/shape.ts";
import type { Certificate } from "../certificates.ts";
import { textOf, type NeighborContext } from "../context.ts";
import type { NeighborFailure } from "../neighbor-outcome.ts";
import { acmFailure } from "./failures.ts";

/** Another account's certificate is as absent as one of another region. */
export async function findCertificate(
  input: WireDocument,
  { control, caller, region }: NeighborContext,
): Promise<Certificate | NeighborFailure> {
  const arn = textOf(input, "CertificateArn");
  const named = readCertificateArn(arn);
  const id = named && parseResourceId(named.id);
  if (named === undefined || id === undefined) {
    return acmFailure(
      "InvalidArnException",
      `${JSON.stringify(arn.slice(0, 200))} is not the ARN of a certificate: expected arn:aws:acm:REGION:ACCOUNT:certificate/ID.`,
    );
  }
  const isHere = named.account === caller.account && named.region === region;
  const found = isHere ? await control.store.resources.get("server-certificate", caller.account, id) : undefined;
  return found?.config.Arn === arn
    ? found
    : acmFailure(
        "ResourceNotFoundException",
        `Could not find certificate ${arn}${named.region === region ? "." : `: the request is signed for ${region}.`}`,
      );
}
