import { rowsOf, many, type Row } from "../../../test/refusal-rows.ts";
import { DEFAULT_LIMITS } from "../../vocabulary/limits.ts";
import { acceptInvalidationBatch } from "../accept-config.ts";
import { withMember } from "../../../test/sample-config.ts";

const BATCH = { CallerReference: "r", Paths: { Quantity: 1, Items: ["/a"] } };
const INVALID = "Your request contains one or more invalid invalidation paths.";

const ROWS: readonly Row[] = [
  ["Paths.Items", ["/", "/*", "/a/b*", "/a?b=c&d", "/%C3%A4", "/a/b*"], "ok"],
  ["Paths.Items", many(3000, (index) => `/${index}`), "ok"],
  [
    "Paths.Items",
    many(3001, (index) => `/${index}`),
    ["BatchTooLarge", "The invalidation has 3001 paths; at most 3000 are allowed."],
  ],
  ["Paths.Items", [`/${"a".repeat(3999)}`], "ok"],
  ["Paths.Items", [`/${"a".repeat(4000)}`], ["InvalidArgument", INVALID]],
  ["Paths.Items", [], ["InvalidArgument", /^The parameter Paths is required/]],
  ["Paths.Items", [""], ["InvalidArgument", INVALID]],
  ["Paths.Items", ["a"], ["InvalidArgument", INVALID]],
  ["Paths.Items", ["*"], ["InvalidArgument", INVALID]],
  ["Paths.Items", ["/a*/b"], ["InvalidArgument", INVALID]],
  ["Paths.Items", ["/a**"], ["InvalidArgument", INVALID]],
  ["Paths.Items", ["/a b"], ["InvalidArgument", INVALID]],
  ["Paths.Items", ["/ä"], ["InvalidArgument", INVALID]],
  ["Paths.Items", ["/a\n"], ["InvalidArgument", INVALID]],
  ["Paths.Items", ["/ok", "not"], ["InvalidArgument", INVALID]],
  [
    "Paths",
    { Quantity: 1, Items: ["/a", "/b"] },
    ["InconsistentQuantities", "The specified quantity of Paths (1) does not match the actual quantity supplied (2)"],
  ],
  ["CallerReference", "", ["InvalidArgument", /^The parameter CallerReference is required/]],
  ["CallerReference", "r".repeat(129), ["InvalidArgument", "The parameter CallerReference is too big."]],
];

rowsOf(ROWS, (member, value) => acceptInvalidationBatch(withMember(BATCH, member, value), DEFAULT_LIMITS));
