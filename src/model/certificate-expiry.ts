// When a certificate is to be renewed, and when its owner is to be told of its end. [ACMUG managed-renewal]

import { epochMs, seconds, secondsBetween, type EpochMs, type Seconds } from "../vocabulary/time.ts";
import type { ServerCertificateConfig } from "./server-certificate.ts";

const DAY = 86_400;

/** What is issued here is renewed so long before its end, while it is in use. */
const RENEWED_BEFORE: Seconds = seconds(60 * DAY);
/** Days left at which there is a warning; 0 is the end itself. */
const WARNED_AT_DAYS = [0, 1, 7, 30] as const;
export type WarnedAt = (typeof WARNED_AT_DAYS)[number];

export function isRenewalDue(
  { Type, NotAfter }: Pick<ServerCertificateConfig, "Type" | "NotAfter">,
  now: EpochMs,
): boolean {
  return Type === "AMAZON_ISSUED" && secondsBetween(now, epochMs(NotAfter)) <= RENEWED_BEFORE;
}

/** The last warning that is due by now; `undefined`: none yet. Each is given once. */
export function warningDue(notAfter: EpochMs, now: EpochMs): WarnedAt | undefined {
  return WARNED_AT_DAYS.find((days) => secondsBetween(now, notAfter) <= days * DAY);
}
