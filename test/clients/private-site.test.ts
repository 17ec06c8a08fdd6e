// The example of a private site in Terraform, as it stands in examples/: one file makes bucket, identity, grant and
// distribution; the bucket is closed to everybody else; a second plan finds nothing to do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";
import { findTerraform, openWorkspace } from "./terraform-workspace.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/private-site", import.meta.url));
const terraform = findTerraform();

test(
  "the private site of examples/ is made by Terraform and served to viewers only",
  {
    skip: typeof terraform === "string" && terraform,
  },
  async () => {
    assert(typeof terraform !== "string");
    await using service = await startService();
    using site = await openWorkspace(terraform, service, {
      files: [],
      example: EXAMPLE,
      variables: { bucket: "private-site-of-test" },
    });
    await site.apply();
    const host = (await site.succeed("output", "-raw", "domain")).trim();
    const direct = await fetch(`${service.apiUrl}/private-site-of-test/index.html`);
    assert.equal(direct.status, 403);
    for (const [path, title] of [
      ["/", "A private site"],
      ["/notes/index.html", "Notes"],
    ] as const) {
      const { status, body } = await view(service.edgePort, host, path);
      assert.equal(status, 200, body);
      assert.match(body, new RegExp(`<title>${title}</title>`));
    }
    await site.findNothingToDo();
    await site.succeed("destroy", "-auto-approve", "-input=false");
  },
);
