// Identities, keys and buckets in a real browser: made, shown, deleted, and refused in the API's words.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, test } from "node:test";
import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { bucketClient } from "../support/bucket-client.ts";
import { newAccessKey } from "../support/new-access-key.ts";
import { CHROMIUM, openConsoleWorld, openPage, signIn, type ConsoleWorld } from "./console-browser.ts";
import { askRaw, ownFields, rawSignIn } from "./raw-console.ts";

const options = CHROMIUM === undefined ? { skip: "there is no chromium here" } : {};
let world: ConsoleWorld;

before(async () => {
  if (CHROMIUM !== undefined) world = await openConsoleWorld();
});
after(async () => world?.[Symbol.asyncDispose]());

test("an identity and an access control are made, and deleted after a question", options, async () => {
  const opened = await openPage(world);
  const { page, context, complaints } = opened;
  await signIn(opened, `${world.url}/identities`);
  await page.getByRole("button", { name: "New identity" }).click();
  await page.getByLabel("Comment").fill("for the shop");
  await page.keyboard.press("Enter");
  await page.getByRole("cell", { name: "for the shop", exact: true }).waitFor();
  await page.getByText(/^arn:aws:iam::cloudfront:user\/CloudFront Origin Access Identity E/).waitFor();
  await page.getByRole("button", { name: "New access control" }).click();
  await page.getByLabel("Name").fill("shop");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("cell", { name: "shop", exact: true }).waitFor();
  await page.getByRole("button", { name: /^Delete\s*for the shop/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("for the shop is deleted.").waitFor();
  await page.getByRole("cell", { name: "for the shop", exact: true }).waitFor({ state: "hidden" });
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a key that is none is refused; one that is in a group is not deleted", options, async () => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const opened = await openPage(world);
  const { page, context } = opened;
  await signIn(opened, `${world.url}/keys`);
  await page.getByRole("button", { name: "New public key" }).click();
  await page.getByLabel("Name").fill("signer");
  await page.getByLabel("Public key", { exact: true }).fill("nothing of the kind");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await page.getByLabel("Public key", { exact: true }).fill(publicKey.export({ type: "spki", format: "pem" }));
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("cell", { name: "signer", exact: true }).waitFor();
  await page.getByRole("button", { name: "New key group" }).click();
  await page.getByLabel("Name").fill("members");
  await page.getByRole("checkbox", { name: /signer/ }).check();
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("cell", { name: "members", exact: true }).waitFor();
  await page.getByRole("button", { name: /^Delete\s*signer/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await context.close();
});

test("a bucket is shown by folders, page by page, with its policy; to nobody else", options, async () => {
  const { service, url } = world;
  const client = bucketClient(service);
  await client.send(new CreateBucketCommand({ Bucket: "shown" }));
  const keys = [
    "index.html",
    "a b/ü+%.txt",
    "a b/deep/x",
    ...Array.from({ length: 210 }, (_, index) => `many/${1000 + index}`),
  ];
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket: "shown", Key, Body: "12345" }));
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "cloudfront.amazonaws.com" },
        Action: "s3:GetObject",
        Resource: "arn:aws:s3:::shown/index.html",
        Condition: { StringEquals: { "AWS:SourceArn": "arn:aws:cloudfront::000000000000:distribution/E1" } },
      },
    ],
  });
  await client.send(new PutBucketPolicyCommand({ Bucket: "shown", Policy }));
  client.destroy();
  const opened = await openPage(world);
  const { page, context, complaints } = opened;
  await signIn(opened, `${url}/buckets`);
  await page.getByRole("link", { name: "shown" }).click();
  await page.getByText('"arn:aws:s3:::shown/index.html"').waitFor();
  await page.getByRole("cell", { name: "index.html" }).waitFor();
  await page.getByRole("link", { name: "a b/" }).click();
  await page.getByRole("cell", { name: "ü+%.txt" }).waitFor();
  await page.getByRole("cell", { name: "5 B" }).waitFor();
  await page.getByRole("link", { name: "deep/" }).click();
  await page.getByRole("cell", { name: "x", exact: true }).waitFor();
  await page.getByRole("navigation", { name: "Prefix" }).getByRole("link", { name: "shown" }).click();
  await page.getByRole("link", { name: "many/" }).click();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("cell", { name: "1209" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "More" }).count(), 0);
  assert.deepEqual(complaints, []);
  await context.close();

  const key = newAccessKey(service, "555555555555");
  const cookie = await rawSignIn(service.apiPort, { accessKeyId: key.accessKeyId, secretAccessKey: key.secret });
  for (const [path, body, status] of [
    ["bucket-objects", { bucket: "shown", prefix: "" }, 403],
    ["bucket-policy", { bucket: "shown" }, 403],
    ["bucket-policy", { bucket: "absent" }, 404],
    ["bucket-policy", { bucket: "../x" }, 400],
    ["bucket-objects", { bucket: "shown", prefix: 7 }, 400],
    ["buckets", {}, 200],
  ] as const) {
    const answer = await askRaw(service.apiPort, {
      method: "POST",
      path: `/_warmfront/console/${path}`,
      fields: ownFields(service.apiPort, cookie),
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, status, `${path} ${answer.body}`);
    assert.doesNotMatch(answer.body, /index\.html/);
  }
});
