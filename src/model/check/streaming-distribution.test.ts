import { many, streamingRows } from "../../../test/refusal-rows.ts";

streamingRows([
  ["S3Origin.DomainName", "bucket.s3-eu-west-1.amazonaws.com", "ok"],
  [
    "S3Origin.DomainName",
    "www.example.com",
    ["InvalidOrigin", "The specified origin server does not exist or is not valid."],
  ],
  ["S3Origin.OriginAccessIdentity", "origin-access-identity/cloudfront/E1", "ok"],
  ["S3Origin.OriginAccessIdentity", "E1", ["InvalidOriginAccessIdentity", /./]],
  ["Aliases.Items", ["s.example.com"], "ok"],
  [
    "Aliases.Items",
    ["s_.*"],
    ["InvalidArgument", "The parameter CNAME contains one or more parameters that are not valid."],
  ],
  ["Aliases.Items", many(101, (index) => `a${index}.example.com`), ["TooManyStreamingDistributionCNAMEs", /./]],
  [
    "Aliases",
    { Quantity: 2, Items: ["s.example.com"] },
    ["InconsistentQuantities", "The specified quantity of Aliases (2) does not match the actual quantity supplied (1)"],
  ],
  ["Logging", { Enabled: true, Bucket: "logs.s3.amazonaws.com", Prefix: "rtmp/" }, "ok"],
  [
    "Logging",
    { Enabled: true, Bucket: "logs", Prefix: "" },
    ["InvalidArgument", "The parameter Logging Bucket does not refer to a valid S3 bucket."],
  ],
  [
    "Logging",
    { Enabled: true, Bucket: "logs.s3.amazonaws.com", Prefix: "p".repeat(257) },
    ["InvalidArgument", /^The parameter Logging Prefix must have at most 256 characters/],
  ],
  ["Comment", "c".repeat(129), ["InvalidArgument", "The parameter Comment is too big."]],
  ["CallerReference", "r".repeat(129), ["InvalidArgument", "The parameter CallerReference is too big."]],
  ["TrustedSigners", { Enabled: true, Quantity: 1, Items: ["self"] }, "ok"],
  [
    "TrustedSigners",
    { Enabled: true, Quantity: 1, Items: ["me"] },
    [
      "InvalidArgument",
      'The parameter TrustedSigners of the streaming distribution has "me": an account is self or twelve digits.',
    ],
  ],
  [
    "TrustedSigners",
    { Enabled: true, Quantity: 6, Items: many(6, (index) => `12345678901${index}`) },
    ["TooManyTrustedSigners", /./],
  ],
]);
