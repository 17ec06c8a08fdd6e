// IAM's codes as far as they are given here, with their statuses. [IAMAPI UploadServerCertificate] and its neighbors

import type { NeighborFailure } from "../neighbor-outcome.ts";

const STATUS = {
  ConcurrentModification: 409,
  DeleteConflict: 409,
  EntityAlreadyExists: 409,
  InvalidInput: 400,
  KeyPairMismatch: 400,
  LimitExceeded: 409,
  MalformedCertificate: 400,
  NoSuchEntity: 404,
  ValidationError: 400,
} as const;

export type IamErrorCode = keyof typeof STATUS;

export function iamFailure(code: IamErrorCode, message: string): NeighborFailure {
  return { kind: "failure", code, status: STATUS[code], message };
}
