// ACM's codes as far as they are given here: the status of all of them is 400. [ACMAPI ImportCertificate] and its neighbors

import type { NeighborFailure } from "../neighbor-outcome.ts";

export type AcmErrorCode =
  | "ConflictException"
  | "InvalidArnException"
  | "InvalidParameterException"
  | "InvalidTagException"
  | "LimitExceededException"
  | "ResourceInUseException"
  | "ResourceNotFoundException"
  | "TooManyTagsException"
  | "ValidationException";

export function acmFailure(code: AcmErrorCode, message: string): NeighborFailure {
  return { kind: "failure", code, status: 400, message };
}

export function changedMeanwhile(arn: string): NeighborFailure {
  return acmFailure("ConflictException", `Certificate ${arn} is being changed by another request.`);
}
