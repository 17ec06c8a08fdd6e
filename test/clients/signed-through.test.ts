// Private content with the whole service: keys and groups through the API, `warmfront sign` for the viewer, curl as the viewer
// over both protocols, and `warmfront explain` where it was refused.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  CreateKeyGroupCommand,
  CreatePublicKeyCommand,
  GetKeyGroupCommand,
  UpdateKeyGroupCommand,
} from "@aws-sdk/client-cloudfront";
import { cloudFrontClient } from "../support/distribution.ts";
import { startService } from "../support/running-service.ts";
import { newRsaKey } from "../support/viewer-signing.ts";
import { openFronted } from "./fronted.ts";
import { clearedEnvironment, findPrograms, runProgram } from "./program.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const [curl] = findPrograms("curl");

test(
  "a page behind a key group is for those whom warmfront sign lets in",
  { skip: curl === undefined && "there is no curl" },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "warmfront-signed-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    await using service = await startService();
    const client = cloudFrontClient(service);
    const key = newRsaKey("");
    const keyFile = join(folder, "key.pem");
    writeFileSync(keyFile, key.privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    const created = await client.send(
      new CreatePublicKeyCommand({ PublicKeyConfig: { CallerReference: "1", Name: "key", EncodedKey: key.pem } }),
    );
    const keyId = created.PublicKey?.Id ?? "";
    const group = await client.send(new CreateKeyGroupCommand({ KeyGroupConfig: { Name: "group", Items: [keyId] } }));
    const groupId = group.KeyGroup?.Id ?? "";
    await using site = await openFronted(
      service,
      (request, response) => response.writeHead(200, { "Cache-Control": "max-age=600" }).end(`private ${request.url}`),
      { behavior: { TrustedKeyGroups: { Enabled: true, Quantity: 1, Items: [groupId] } } },
    );

    const given = { environment: clearedEnvironment(folder), folder, timeoutSeconds: 30 };
    const warmfront = async (...words: readonly string[]): Promise<string> => {
      const { status, out, err } = await runProgram(process.execPath, [MAIN, ...words], given);
      assert.equal(status, 0, err);
      return out.trim();
    };
    const view = async (url: string, ...words: readonly string[]): Promise<string> => {
      // The name is the distribution's own, which leads to loopback by itself.
      const to = ["--resolve", `${new URL(url).hostname}:${new URL(url).port}:127.0.0.1`, "--cacert", service.rootFile];
      const { out, err } = await runProgram(curl ?? "", ["-sS", "-w", " %{http_code}", ...to, ...words, url], given);
      assert.equal(err, "");
      return out;
    };
    const by = ["--key-id", keyId, "--private-key", keyFile];

    for (const base of [site.http, site.https]) {
      const plain = `${base}/a.jpg`;
      assert.match(await view(plain), /<Code>MissingKey<\/Code>.* 403$/);
      const url = await warmfront("sign", plain, ...by, "--expires", "+1h");
      assert.equal(await view(url), "private /a.jpg 200");
      const [, cookies = ""] = (
        await warmfront(
          "sign",
          plain,
          ...by,
          "--expires",
          "+1h",
          "--resource",
          `${base}/*`,
          "--hash",
          "sha256",
          "--cookies",
        )
      ).split("Cookie: ");
      assert.equal(await view(`${base}/b.jpg`, "-H", `Cookie: ${cookies}`), "private /b.jpg 200");
      assert.match(await view(`${url}&size=1`), /<Code>AccessDenied<\/Code>.* 403$/);
      const told = await warmfront("explain", `${url}&size=1`, "--api-port", String(service.apiPort));
      assert.match(told, /size=1 was added after it was signed/);
    }
    assert.deepEqual(
      site.asked.map(({ url, headers }) => `${url} ${headers.cookie}`),
      ["/a.jpg undefined", "/b.jpg undefined"],
    );

    // Who is taken out of the group has lost access with the change, whatever is stored or remembered.
    const url = await warmfront("sign", `${site.http}/a.jpg`, ...by, "--expires", "+1h");
    assert.equal(await view(url), "private /a.jpg 200");
    const { ETag } = await client.send(new GetKeyGroupCommand({ Id: groupId }));
    const other = await client.send(
      new CreatePublicKeyCommand({
        PublicKeyConfig: { CallerReference: "2", Name: "other", EncodedKey: newRsaKey("").pem },
      }),
    );
    const Items = [other.PublicKey?.Id ?? ""];
    await client.send(
      new UpdateKeyGroupCommand({ Id: groupId, IfMatch: ETag, KeyGroupConfig: { Name: "group", Items } }),
    );
    let got = "";
    for (let tries = 0; tries < 100 && !got.endsWith("403"); tries++) got = await view(url);
    assert.match(got, /<Code>InvalidKey<\/Code>.* 403$/);
  },
);
