// Identities, keys and buckets in a real browser: made, shown, changed, deleted, and refused in the API's words.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, test } from "node:test";
import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { bucketClient } from "../support/bucket-client.ts";
import { newAccessKey } from "../support/new-access-key.ts";
import {
  CHROMIUM,
  openConsoleWorld,
  openPage,
  saveRefused,
  saveReviewed,
  signIn,
  type ConsoleWorld,
} from "./console-browser.ts";
import { askRaw, callOperation, ownFields, rawSignIn } from "./raw-console.ts";

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

test("an identity is changed by keyboard alone, after a look at the lines", options, async () => {
  const { apiPort } = world.service;
  const cookie = await rawSignIn(apiPort);
  const { CloudFrontOriginAccessIdentity: made } = await callOperation<{
    CloudFrontOriginAccessIdentity: { Id: string };
  }>(apiPort, cookie, "CreateCloudFrontOriginAccessIdentity", {
    CloudFrontOriginAccessIdentityConfig: { CallerReference: "by keyboard", Comment: "as it was" },
  });
  const opened = await openPage(world);
  const { page, context, complaints } = opened;
  await signIn(opened, `${world.url}/identities`);
  const row = page.getByRole("button", { name: /^Edit\s*as it was/ });
  await row.focus();
  await page.keyboard.press("Enter");
  const comment = page.getByRole("dialog", { name: "Edit this identity" }).getByLabel("Comment");
  await comment.and(page.locator(":focus")).waitFor();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("as it is");
  await page.keyboard.press("Enter");
  const review = page.getByRole("dialog", { name: "Save these changes?" });
  await review.getByText("1 line added, 1 removed").waitFor();
  await page.keyboard.press("Escape");
  await review.waitFor({ state: "hidden" });
  assert.equal(await comment.inputValue(), "as it is");
  await comment.press("Enter");
  await review.getByRole("button", { name: "Save" }).press("Enter");
  await page.getByText("The identity is saved.").waitFor();
  await page.getByRole("cell", { name: "as it is", exact: true }).waitFor();
  const stored = await callOperation<{ CloudFrontOriginAccessIdentityConfig: object }>(
    apiPort,
    cookie,
    "GetCloudFrontOriginAccessIdentityConfig",
    { Id: made.Id },
  );
  assert.deepEqual(stored.CloudFrontOriginAccessIdentityConfig, {
    CallerReference: "by keyboard",
    Comment: "as it is",
  });
  assert.deepEqual(complaints, []);
  await context.close();
});

test("what was typed into a dialog is not dropped by Esc or its cross before one has said so", options, async () => {
  const opened = await openPage(world);
  const { page, context, complaints } = opened;
  await signIn(opened, `${world.url}/identities`);
  const asked: string[] = [];
  let isDropped = false;
  page.on("dialog", (question) => {
    asked.push(question.message());
    void (isDropped ? question.accept() : question.dismiss());
  });
  const dialog = page.getByRole("dialog", { name: "New identity" });
  await page.getByRole("button", { name: "New identity" }).click();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  assert.deepEqual(asked, [], "nothing was typed");

  await page.getByRole("button", { name: "New identity" }).click();
  await dialog.getByLabel("Comment").fill("half a thought");
  for (let time = 0; time < 4; time++) {
    await page.keyboard.press("Escape");
    assert.equal(await dialog.getByLabel("Comment").inputValue(), "half a thought");
  }
  await dialog.getByRole("button", { name: "Close" }).click();
  assert.equal(await dialog.getByLabel("Comment").inputValue(), "half a thought");
  isDropped = true;
  await dialog.getByRole("button", { name: "Close" }).click();
  await dialog.waitFor({ state: "hidden" });
  assert.deepEqual(asked, Array(6).fill("Leave without saving what you have changed?"));
  assert.deepEqual(complaints, []);
  await context.close();
});

test("of a public key the comment alone is changed; what a group may not be stands at its field", options, async () => {
  const { apiPort } = world.service;
  const cookie = await rawSignIn(apiPort);
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const EncodedKey = publicKey.export({ type: "spki", format: "pem" });
  const ids: string[] = [];
  for (const Name of ["first-key", "second-key"]) {
    const made = await callOperation<{ PublicKey: { Id: string } }>(apiPort, cookie, "CreatePublicKey", {
      PublicKeyConfig: { CallerReference: Name, Name, EncodedKey },
    });
    ids.push(made.PublicKey.Id);
  }
  const [first = "", second = ""] = ids;
  const { KeyGroup } = await callOperation<{ KeyGroup: { Id: string } }>(apiPort, cookie, "CreateKeyGroup", {
    KeyGroupConfig: { Name: "the-group", Items: [first] },
  });
  const opened = await openPage(world);
  const { page, context, complaints } = opened;
  await signIn(opened, `${world.url}/keys`);

  await page.getByRole("button", { name: /^Edit\s*first-key/ }).click();
  const keyDialog = page.getByRole("dialog", { name: "Edit this public key" });
  assert.equal(await keyDialog.getByLabel("Name").isEditable(), false);
  assert.equal(await keyDialog.getByLabel("Public key", { exact: true }).isEditable(), false);
  assert.equal(await keyDialog.getByRole("button", { name: "Review and save …" }).isDisabled(), true);
  await keyDialog.getByLabel("Comment").fill("x".repeat(129));
  await saveRefused(page);
  assert.equal(await keyDialog.getByLabel("Comment").getAttribute("aria-invalid"), "true");
  await keyDialog.getByLabel("Comment").fill("since spring");
  await saveReviewed(page);
  await page.getByRole("cell", { name: "since spring" }).waitFor();

  await page.getByRole("button", { name: /^Edit\s*the-group/ }).click();
  const dialog = page.getByRole("dialog", { name: "Edit this key group" });
  await dialog.getByRole("checkbox", { name: /first-key/ }).uncheck();
  await dialog.getByLabel("Name").fill("renamed");
  await saveRefused(page, /keyGroupConfig\.items/);
  await dialog.getByRole("group", { name: "Keys" }).getByRole("alert").waitFor();
  await dialog.getByRole("checkbox", { name: /second-key/ }).check();
  await dialog.getByLabel("Comment").fill("two of them");
  await saveReviewed(page);
  await page.getByRole("cell", { name: "renamed", exact: true }).waitFor();
  const stored = await callOperation<{ KeyGroupConfig: object }>(apiPort, cookie, "GetKeyGroupConfig", {
    Id: KeyGroup.Id,
  });
  assert.deepEqual(stored.KeyGroupConfig, { Name: "renamed", Items: [second], Comment: "two of them" });
  assert.deepEqual(complaints, []);
  await context.close();
});

test(
  "who has begun on an access control that another one saves meanwhile is refused, and begins again",
  options,
  async () => {
    const { apiPort } = world.service;
    const cookie = await rawSignIn(apiPort);
    const config = {
      Name: "raced",
      Description: "",
      SigningProtocol: "sigv4",
      SigningBehavior: "always",
      OriginAccessControlOriginType: "s3",
    };
    const { ETag, OriginAccessControl } = await callOperation<{ ETag: string; OriginAccessControl: { Id: string } }>(
      apiPort,
      cookie,
      "CreateOriginAccessControl",
      { OriginAccessControlConfig: config },
    );
    const { Id } = OriginAccessControl;
    const opened = await openPage(world);
    const { page, context } = opened;
    await signIn(opened, `${world.url}/identities`);
    await page.getByRole("button", { name: /^Edit\s*raced/ }).click();
    const dialog = page.getByRole("dialog", { name: "Edit this access control" });
    await dialog.getByLabel("Description").fill("mine");
    await callOperation(apiPort, cookie, "UpdateOriginAccessControl", {
      Id,
      IfMatch: ETag,
      OriginAccessControlConfig: { ...config, Description: "theirs" },
    });
    const review = page.getByRole("dialog", { name: "Save these changes?" });
    await dialog.getByRole("button", { name: "Review and save …" }).click();
    await review.getByRole("button", { name: "Save" }).click();
    await review.getByRole("alert").waitFor();
    await review.getByRole("button", { name: "Go on editing" }).click();
    await dialog.getByText("Somebody has changed this access control since you began.").waitFor();
    assert.equal(await dialog.getByLabel("Description").inputValue(), "mine");
    await dialog.getByRole("button", { name: "Begin again" }).click();
    assert.equal(await dialog.getByLabel("Description").inputValue(), "theirs");
    assert.equal(await dialog.getByRole("alert").count(), 0);
    await dialog.getByLabel("The edge signs").selectOption("no-override");
    await dialog.getByRole("button", { name: "Review and save …" }).click();
    await review.getByRole("button", { name: "Save" }).click();
    await page.getByText("The access control is saved.").waitFor();
    const stored = await callOperation<{ OriginAccessControlConfig: object }>(
      apiPort,
      cookie,
      "GetOriginAccessControlConfig",
      { Id },
    );
    const expected = { ...config, Description: "theirs", SigningBehavior: "no-override" };
    assert.deepEqual(stored.OriginAccessControlConfig, expected);
    await context.close();
  },
);

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
