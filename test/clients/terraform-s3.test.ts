// Terraform's resources of S3 against the whole service: made, found unchanged, changed in place, found unchanged again,
// destroyed. The provider reads some fifteen settings of each bucket and takes any unexpected answer for an error. Skipped
// where Terraform or the provider is not installed.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startService, type RunningService } from "../support/running-service.ts";
import { findTerraform, openWorkspace } from "./terraform-workspace.ts";

const terraform = findTerraform();
const skip = typeof terraform === "string" && terraform;
const PREFIX = "warmfront-terraform";

describe("terraform and buckets", { skip }, () => {
  assert(typeof terraform !== "string");
  let service: RunningService;
  before(async () => {
    service = await startService();
  });
  after(async () => {
    await service?.[Symbol.asyncDispose]();
  });

  test("buckets and their settings are made, found unchanged, changed in place, and destroyed", async () => {
    const { apiUrl } = service;
    const read = async (bucket: string, key: string): Promise<readonly [number, string]> => {
      const response = await fetch(`${apiUrl}/${PREFIX}-${bucket}/${key}`);
      const text = await response.text();
      return [response.status, response.ok ? text : (/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? text)];
    };
    using workspace = await openWorkspace(terraform, service, {
      files: ["buckets.tf"],
      variables: { endpoint: apiUrl, prefix: PREFIX },
    });
    await workspace.apply();
    await workspace.findNothingToDo();
    assert.deepEqual(await read("private", "pages/index.html"), [403, "AccessDenied"]);
    assert.deepEqual(await read("site", "index.html"), [200, "home"]);
    assert.deepEqual(await read("site", "nothing.html"), [403, "AccessDenied"]);

    workspace.use("provider-environment.tf", "provider.tf");
    await workspace.findNothingToDo();

    const changes = [
      '-var=grants=["s3:GetObject","s3:PutObject"]',
      "-var=versioning=Suspended",
      "-var=cors_age=120",
      "-var=body=second",
      '-var=tags={Name="private",Owner="web"}',
      "-var=acl=public-read",
    ];
    const changed = await workspace.apply(...changes);
    assert.match(changed, /Apply complete! Resources: 0 added, 6 changed, 0 destroyed\./);
    await workspace.findNothingToDo(...changes);

    await workspace.apply("-destroy", ...changes);
    for (const bucket of ["private", "site"]) assert.deepEqual(await read(bucket, "index.html"), [404, "NoSuchBucket"]);
    assert.equal(await workspace.succeed("show"), "The state file is empty. No resources are represented.\n");
  });

  test("what is not carried out is refused by the name of the setting", async () => {
    using workspace = await openWorkspace(terraform, service, {
      files: ["refused-bucket.tf"],
      variables: { endpoint: service.apiUrl, prefix: PREFIX },
    });
    const { status, err } = await workspace.run("apply", "-auto-approve", "-input=false");
    assert.equal(status, 1);
    const said = err.replaceAll(/[\s│]+/g, " ");
    assert(said.includes("is not implemented by this server, which keeps no keys; AES256 is."), err);
    await workspace.apply("-destroy");
  });
});
