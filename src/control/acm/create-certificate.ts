// Puts a certificate of ACM's into the store, under a new ARN of the request's region.

import type { ServerCertificateConfig } from "../../model/server-certificate.ts";
import type { Tag } from "../../store/tags.ts";
import { newUuid, type ResourceId } from "../../vocabulary/ids.ts";
import { storeCertificate } from "../certificates.ts";
import type { NeighborContext } from "../context.ts";
import type { NeighborOutcome } from "../neighbor-outcome.ts";
import { acmFailure } from "./failures.ts";

export async function createCertificate(
  given: Omit<ServerCertificateConfig, "Arn">,
  tags: readonly Tag[],
  context: NeighborContext,
): Promise<NeighborOutcome> {
  const { control, caller, region } = context;
  if (!/^[a-z][a-z0-9-]{1,30}$/.test(region)) {
    return acmFailure(
      "ValidationException",
      `The request is signed for ${JSON.stringify(region.slice(0, 50))}, which is not the name of a region.`,
    );
  }
  const id = newUuid(control.random) as ResourceId;
  const config = { ...given, Arn: `arn:aws:acm:${region}:${caller.account}:certificate/${id}` };
  const created = await storeCertificate(id, config, tags, context);
  return created.kind === "created"
    ? { kind: "ok", output: { CertificateArn: config.Arn } }
    : acmFailure(
        "LimitExceededException",
        `You have reached the maximum number of certificates: ${control.limits.acmCertificatesPerAccountMax}. Delete certificates that are not in use.`,
      );
}
