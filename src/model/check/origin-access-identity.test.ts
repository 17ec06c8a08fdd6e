import { rowsOf } from "../../../test/refusal-rows.ts";
import { DEFAULT_LIMITS } from "../../vocabulary/limits.ts";
import { acceptOriginAccessIdentityConfig } from "../accept-config.ts";

const STORED = { CallerReference: "r", Comment: "" };

rowsOf(
  [
    ["Comment", "c".repeat(128), "ok"],
    ["Comment", "c".repeat(129), ["InvalidArgument", "The parameter Comment is too big."]],
    ["CallerReference", "", ["InvalidArgument", /^The parameter CallerReference is required/]],
    ["CallerReference", "r".repeat(129), ["InvalidArgument", "The parameter CallerReference is too big."]],
  ],
  (member, value) =>
    acceptOriginAccessIdentityConfig({ ...STORED, [member]: value }, { version: "2014-05-31", limits: DEFAULT_LIMITS }),
);

rowsOf(
  [
    ["Comment", "changed", "ok"],
    ["CallerReference", "other", ["IllegalUpdate", "You cannot update Origin or CallerReference."]],
  ],
  (member, value) =>
    acceptOriginAccessIdentityConfig(
      { ...STORED, [member]: value },
      { version: "2014-05-31", limits: DEFAULT_LIMITS, stored: STORED },
    ),
);
