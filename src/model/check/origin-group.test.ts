import { distributionRows, many, type Row } from "../../../test/refusal-rows.ts";
import { SAMPLE_DISTRIBUTION, SAMPLE_S3_ORIGIN, withMember } from "../../../test/sample-config.ts";
import type { WireDocument, WireValue } from "../../wire/shape.ts";

function group(Id: string, members: readonly string[], codes: readonly number[] = [500]): WireDocument {
  return {
    Id,
    FailoverCriteria: { StatusCodes: { Quantity: codes.length, Items: codes } },
    Members: { Quantity: members.length, Items: members.map((OriginId) => ({ OriginId })) },
  };
}

const GROUPED = withMember(
  withMember(SAMPLE_DISTRIBUTION, "Origins.Items", [
    { Id: "o", DomainName: "one.example.com", CustomOriginConfig: custom() },
    { Id: "p", DomainName: "two.example.com", CustomOriginConfig: custom() },
    { ...SAMPLE_S3_ORIGIN, Id: "s" },
  ]),
  "OriginGroups.Items",
  [group("g", ["o", "p"])],
);

function custom(): WireDocument {
  return { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "http-only" };
}

const ALL: WireValue = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"];
const G = "OriginGroups.Items";
const D = "DefaultCacheBehavior";

const ROWS: readonly Row[] = [
  [G, [group("g", ["p", "o"])], "ok"],
  [G, [group("g", ["o", "s"])], "ok"],
  [G, [group("g", ["o", "p"], [400, 403, 404, 416, 500, 502, 503, 504])], "ok"],
  [G, many(10).map((id) => group(id, ["o", "p"])), "ok"],
  [G, many(11).map((id) => group(id, ["o", "p"])), ["TooManyOriginGroupsPerDistribution", /./]],
  [
    G,
    [group("g", ["o"])],
    ["InvalidArgument", /^The parameter Members of the origin group "g" has 1 origins, and must have 2/],
  ],
  [G, [group("g", [])], ["InvalidArgument", /has 0 origins/]],
  [G, [group("g", ["o", "p", "s"])], ["InvalidArgument", /has 3 origins/]],
  [G, [group("g", ["o", "o"])], ["InvalidArgument", /has "o" more than once/]],
  [G, [group("g", ["o", "elsewhere"])], ["NoSuchOrigin", /origin groups/]],
  [G, [group("g", ["o", "g"])], ["NoSuchOrigin", /./]],
  [G, [group("g", ["o", "p"], [])], ["InvalidArgument", /has no code, and must have one or more of 400, 403/]],
  [G, [group("g", ["o", "p"], [500, 200])], ["InvalidArgument", /has 200, and must/]],
  [
    G,
    [group("g", ["o", "p"], [500, 500])],
    ["InvalidArgument", /StatusCodes of the origin group "g" has "500" more than once/],
  ],
  [G, [group("", ["o", "p"])], ["InvalidArgument", /must have 1 to 128 characters/]],
  [G, [group("x".repeat(129), ["o", "p"])], ["InvalidArgument", /must have 1 to 128 characters/]],
  [G, [group("o", ["o", "p"])], ["InvalidArgument", /OriginGroups has "o" more than once/]],
  [G, [group("g", ["o", "p"]), group("g", ["o", "p"])], ["InvalidArgument", /OriginGroups has "g" more than once/]],
  [`${D}.TargetOriginId`, "g", "ok"],
  [`${D}.TargetOriginId`, "h", ["NoSuchOrigin", /./]],
];

distributionRows(ROWS, GROUPED);

// A behavior that goes to a group changes nothing at its origins, and what it forwards is right for both of them.
distributionRows(
  [
    [`${D}.AllowedMethods.Items`, ["GET", "HEAD", "OPTIONS"], "ok"],
    [
      `${D}.AllowedMethods.Items`,
      ALL,
      [
        "InvalidArgument",
        "The parameter AllowedMethods cannot include POST, PUT, PATCH, or DELETE for a cached behavior associated with an origin group.",
      ],
    ],
    [G, [group("g", ["o", "s"])], "ok"],
  ],
  withMember(GROUPED, `${D}.TargetOriginId`, "g"),
);
distributionRows(
  [[G, [group("g", ["o", "s"])], ["InvalidHeadersForS3Origin", /cannot be forwarded to an S3 origin/]]],
  withMember(withMember(GROUPED, `${D}.TargetOriginId`, "g"), `${D}.ForwardedValues.Headers.Items`, ["Host"]),
);
