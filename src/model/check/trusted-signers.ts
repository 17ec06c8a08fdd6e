// Who may sign URLs for a behavior or a streaming distribution. Whether an account or a key group exists is the store's to
// say. [CFMODEL TrustedSigners], [CFMODEL TrustedKeyGroups]

import { parseAccountId, parseResourceId } from "../../vocabulary/ids.ts";
import type { Limits } from "../../vocabulary/limits.ts";
import type { TrustedSigners } from "../distribution.ts";
import { fail, type ApiFailure } from "../errors.ts";
import { quoted } from "../sent-value.ts";

export function checkTrustedSigners(signers: TrustedSigners, place: string, limits: Limits): ApiFailure | undefined {
  const accounts = signers.Items ?? [];
  const mismatch = checkEnabled(signers, `TrustedSigners of ${place}`);
  if (mismatch !== undefined) return mismatch;
  if (accounts.length > limits.trustedSignersPerBehaviorMax) {
    return fail(
      "TooManyTrustedSigners",
      `The parameter TrustedSigners of ${place} has ${accounts.length} accounts; at most ${limits.trustedSignersPerBehaviorMax} are allowed.`,
    );
  }
  const unfit = accounts.find((account) => account !== "self" && parseAccountId(account) === undefined);
  return unfit === undefined
    ? undefined
    : fail(
        "InvalidArgument",
        `The parameter TrustedSigners of ${place} has ${quoted(unfit)}: an account is self or twelve digits.`,
      );
}

/** That a group exists is the store's to say; what cannot be the id of one is as one that does not. */
export function checkTrustedKeyGroups(groups: TrustedSigners, place: string, limits: Limits): ApiFailure | undefined {
  const ids = groups.Items ?? [];
  const mismatch = checkEnabled(groups, `TrustedKeyGroups of ${place}`);
  if (mismatch !== undefined) return mismatch;
  if (ids.length > limits.keyGroupsPerBehaviorMax) {
    return fail(
      "TooManyKeyGroupsAssociatedToDistribution",
      `The parameter TrustedKeyGroups of ${place} has ${ids.length} key groups; at most ${limits.keyGroupsPerBehaviorMax} are allowed.`,
    );
  }
  return ids.every((id) => parseResourceId(id) !== undefined) ? undefined : fail("TrustedKeyGroupDoesNotExist");
}

/** Enabled without anyone would let nobody in; someone without Enabled would protect nothing. */
function checkEnabled({ Enabled, Quantity }: TrustedSigners, name: string): ApiFailure | undefined {
  if (Enabled === Quantity > 0) return undefined;
  return fail(
    "InvalidArgument",
    Enabled
      ? `The parameter ${name} is enabled: it must have at least one item.`
      : `The parameter ${name} is not enabled: its Quantity must be 0.`,
  );
}
