// Bounds of the bucket store are the operator's: what is just within a lowered one is taken, what is one beyond it refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LimitName } from "../../src/vocabulary/limits.ts";
import { openBucketStage, textsOf, type Asking } from "./bucket-stage.ts";

const keys = (...names: string[]): string =>
  `<Delete>${names.map((name) => `<Object><Key>${name}</Key></Object>`).join("")}</Delete>`;
const policyOf = (bytes: number): string => {
  const statement = { Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::shop/*" };
  const text = (id: string): string => JSON.stringify({ Id: id, Statement: statement });
  return text("x".repeat(bytes - text("").length));
};

test("each bound holds where it was set", async (t) => {
  const rows: readonly {
    readonly limit: LimitName;
    readonly to: number;
    readonly line: (over: number) => string;
    readonly asking: (over: number) => Asking;
    readonly refusal: string;
  }[] = [
    {
      limit: "bucketKeyBytesMax",
      to: 4,
      line: (over) => `PUT /shop/${"%C3%A9".repeat(2)}${"x".repeat(over)}`,
      asking: () => ({ body: "b" }),
      refusal: "KeyTooLongError",
    },
    {
      limit: "bucketMetadataBytesMax",
      to: 8,
      line: () => "PUT /shop/key",
      asking: (over) => ({ body: "b", fields: { "x-amz-meta-name": "x".repeat(4 + over) } }),
      refusal: "MetadataTooLarge",
    },
    {
      limit: "bucketPolicyBytesMax",
      to: 1024,
      line: () => "PUT /shop?policy",
      asking: (over) => ({ body: policyOf(1024 + over) }),
      refusal: "MalformedPolicy",
    },
    {
      limit: "bucketDeletesAtOnceMax",
      to: 2,
      line: () => "POST /shop?delete",
      asking: (over) => ({ body: keys("a", "b", ...Array<string>(over).fill("c")) }),
      refusal: "MalformedXML",
    },
  ];
  for (const { limit, to, line, asking, refusal } of rows) {
    const { ask } = await openBucketStage(t, { [limit]: to });
    await ask("PUT /shop");
    const within = await ask(line(0), asking(0));
    assert.ok(within.status < 300, `${limit}: ${within.text}`);
    assert.equal((await ask(line(1), asking(1))).code, refusal, limit);
  }
});

test("parts have numbers up to the bound, to put and to read", async (t) => {
  const { ask } = await openBucketStage(t, { uploadPartsMax: 2 });
  await ask("PUT /shop");
  const [id = ""] = textsOf((await ask("POST /shop/key?uploads")).text, "UploadId");
  assert.equal((await ask(`PUT /shop/key?uploadId=${id}&partNumber=2`, { body: "b" })).status, 200);
  assert.equal((await ask(`PUT /shop/key?uploadId=${id}&partNumber=3`, { body: "b" })).code, "InvalidArgument");
  await ask("PUT /shop/other", { body: "b" });
  assert.equal((await ask("GET /shop/other?partNumber=3")).code, "InvalidArgument");
});
