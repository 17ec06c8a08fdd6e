import assert from "node:assert/strict";
import { test } from "node:test";
import { openControlHarness, type ControlHarness } from "../../test/support/control-harness.ts";
import { DEFAULT_KEY } from "../callers/default-key.ts";
import type { CallNotes } from "./audit.ts";
import { callWithJson, type JsonOutcome } from "./call-with-json.ts";

function call(
  { control }: ControlHarness,
  name: string,
  input: Readonly<Record<string, unknown>> = {},
  access: "full" | "read-only" = "full",
): Promise<JsonOutcome> {
  const { accessKeyId, account, userName } = DEFAULT_KEY;
  const notes: CallNotes = {};
  const caller = { accessKeyId, account, userName, access, isSession: false };
  return callWithJson(name, input, { caller, control, notes, endpoint: "http://console.localhost" });
}

const CONFIG = {
  CallerReference: "one",
  Comment: "<by hand> & more",
  Enabled: true,
  Origins: {
    Quantity: 1,
    Items: [
      {
        Id: "a",
        DomainName: "example.com",
        CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "http-only" },
      },
    ],
  },
  DefaultCacheBehavior: {
    TargetOriginId: "a",
    ViewerProtocolPolicy: "allow-all",
    MinTTL: 0,
    ForwardedValues: { QueryString: false, Cookies: { Forward: "none" } },
  },
};

test("a distribution is made, read, changed by its revision and deleted, as by the API", async () => {
  const harness = await openControlHarness();
  const made = await call(harness, "CreateDistribution", { DistributionConfig: CONFIG });
  assert.equal(made.kind, "ok", JSON.stringify(made));
  const { Distribution, ETag } = made.kind === "ok" ? (made.output as Made) : assert.fail();
  assert.equal(made.status, 201);
  assert.equal(Distribution.DistributionConfig["Comment"], CONFIG.Comment);
  assert.match(Distribution.LastModifiedTime, /^2026-11-20T00:00:00/);

  const config = { ...Distribution.DistributionConfig, Enabled: false };
  const update = { Id: Distribution.Id, DistributionConfig: config };
  const updated = await call(harness, "UpdateDistribution", { ...update, IfMatch: ETag });
  assert.equal(updated.kind, "ok", JSON.stringify(updated));
  const late = await call(harness, "UpdateDistribution", { ...update, IfMatch: ETag });
  assert.deepEqual([late.kind === "failure" && late.code, late.status], ["PreconditionFailed", 412]);
  await harness.deploy();
  const revision = updated.kind === "ok" ? (updated.output as Made).ETag : "";
  const deleted = await call(harness, "DeleteDistribution", { Id: Distribution.Id, IfMatch: revision });
  assert.deepEqual(deleted, { kind: "ok", status: 200, output: {} });
});

interface Made {
  readonly ETag: string;
  readonly Distribution: {
    readonly Id: string;
    readonly LastModifiedTime: string;
    readonly DistributionConfig: Readonly<Record<string, unknown>>;
  };
}

/** What is sent, the code of the refusal, and what its message says. */
const REFUSED: readonly (readonly [
  operation: string,
  input: Readonly<Record<string, unknown>>,
  code: string,
  says: RegExp,
])[] = [
  ["Nothing", {}, "UnsupportedOperation", /no operation Nothing/],
  ["GetDistribution", {}, "MalformedInput", /Id is missing/],
  ["GetDistribution", { Id: "" }, "MalformedInput", /Id is missing/],
  ["GetDistribution", { Id: "../streaming-distribution" }, "NoSuchDistribution", /./],
  ["GetDistribution", { Id: "E1", Other: 1 }, "MalformedInput", /Unknown member "Other"; known here: Id/],
  ["GetDistribution", { Id: ["E1"] }, "MalformedInput", /Id must be a text/],
  ["CreateDistribution", {}, "MissingBody", /needs a body/],
  [
    "CreateDistribution",
    { DistributionConfig: [] },
    "MalformedInput",
    /DistributionConfig must be an object, found \[\]/,
  ],
  ["CreateDistribution", { DistributionConfig: {} }, "MalformedXML", /'distributionConfig.origins' failed/],
  [
    "CreateDistribution",
    { DistributionConfig: { ...CONFIG, Enabled: 1 } },
    "MalformedInput",
    /DistributionConfig.Enabled must be true or false, found 1/,
  ],
  [
    "CreateDistribution",
    { DistributionConfig: { ...CONFIG, Colour: "red" } },
    "MalformedInput",
    /Unknown member "Colour" in DistributionConfig; known there: /,
  ],
  [
    "CreateDistribution",
    { DistributionConfig: { ...CONFIG, Origins: { Quantity: 1.5, Items: [] } } },
    "MalformedInput",
    /Origins.Quantity must be a whole number/,
  ],
  [
    "CreateDistribution",
    { DistributionConfig: { ...CONFIG, Origins: { Quantity: 1, Items: [7] } } },
    "MalformedInput",
    /Origins.Items\[0\] must be an object/,
  ],
  [
    "CreateDistribution",
    { DistributionConfig: { ...CONFIG, Comment: "\0" } },
    "MalformedInput",
    /Comment holds a character/,
  ],
  [
    "CreateDistribution",
    { DistributionConfig: { ...CONFIG, PriceClass: "PriceClass_1" } },
    "MalformedXML",
    /enum value set/,
  ],
];

for (const [operation, input, code, says] of REFUSED) {
  test(`${operation} ${JSON.stringify(input).slice(0, 60)}… is refused: ${code}`, async () => {
    const outcome = await call(await openControlHarness(), operation, input);
    assert.ok(outcome.kind === "failure", JSON.stringify(outcome));
    assert.equal(outcome.code, code, outcome.message);
    assert.match(outcome.message, says);
    assert.ok(outcome.status >= 400 && outcome.status < 500);
  });
}

test("no distribution takes a name of the console, which would send its cookies to an origin", async () => {
  const harness = await openControlHarness();
  const control = { ...harness.control, consoleNames: new Set(["console.localhost"]) };
  for (const alias of ["console.localhost", "CONSOLE.localhost"]) {
    const config = { ...CONFIG, Aliases: { Quantity: 1, Items: [alias] } };
    const outcome = await call({ ...harness, control }, "CreateDistribution", { DistributionConfig: config });
    assert.ok(outcome.kind === "failure" && outcome.code === "InvalidArgument", JSON.stringify(outcome));
  }
});

test("a key that may only read is refused in the API's words", async () => {
  const outcome = await call(
    await openControlHarness(),
    "CreateDistribution",
    { DistributionConfig: CONFIG },
    "read-only",
  );
  assert.ok(outcome.kind === "failure" && outcome.status === 403);
  assert.match(outcome.message, /not authorized to perform: cloudfront:CreateDistribution/);
});
