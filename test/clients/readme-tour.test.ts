// The tour of the README, pasted into a shell: every command from the first to the AWS CLI to the last, in order. What starts
// servers stands for itself there and is left out; ports, folders and the web server are those of the test.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { startService } from "../support/running-service.ts";
import { clearedEnvironment, findAws, findPrograms, runProgram } from "./program.ts";

const README = new URL("../../README.md", import.meta.url);
const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** What is run beforehand in a terminal of its own, or by another test, or changes what the machine trusts. */
const LEFT_OUT = /npm start|npm run example|certutil/;

function commandsOfTour(): string {
  const [, tour = ""] = /^## A tour in five minutes$(.*?)^## /ms.exec(readFileSync(README, "utf8")) ?? [];
  const blocks = [...tour.matchAll(/(?:^ {4}.*\n(?:\n(?= {4}))?)+/gm)].map(([block]) => block.replace(/^ {4}/gm, ""));
  return blocks.filter((block) => !LEFT_OUT.test(block)).join("\n");
}

const AWS = await findAws();
const [curl] = findPrograms("curl");
const [bash] = findPrograms("bash");
const skip = AWS === undefined ? "there is no AWS CLI on this machine" : curl === undefined && "curl is not installed";

test("the commands of the README's tour do what it says", { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-tour-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await using service = await startService();
  const pages = join(folder, "site/node_modules/paper/dist/docs");
  mkdirSync(join(pages, "classes"), { recursive: true });
  for (const page of ["index.html", "classes/Path.html"]) writeFileSync(join(pages, page), `<h1>${page}</h1>`);
  const site = createServer((request, response) => response.end(`page ${request.url}`));
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    site.closeAllConnections();
    site.close();
  });
  let commands = commandsOfTour();
  for (const [written, here] of [
    // The test's own web server: one that is started in the shell may be later than the first question.
    ["python3 -m http.server 3000 --bind 127.0.0.1 --directory docs &", ":"],
    ["http://localhost:3000", `http://localhost:${(site.address() as AddressInfo).port}`],
    ["npm run --silent warmfront --", `"${process.execPath}" "${MAIN}"`],
    [":7480", `:${service.edgePort}`],
    [":7443", `:${service.edgeHttpsPort}`],
    // What is uploaded there comes from npm; here it need not be as much.
    ["mkdir -p /tmp/site && npm install --prefix /tmp/site --no-save paper@0.12", ":"],
    ["/tmp/site/", `${join(folder, "site")}/`],
    ["/tmp/policy.json", join(folder, "policy.json")],
    ["http://127.0.0.1:7400", service.apiUrl],
    [".warmfront/authority/cloudfront.localhost/root.pem", service.rootFile],
    ["/tmp/distribution.json", join(folder, "distribution.json")],
    ["npm run warmfront --", `"${process.execPath}" "${MAIN}"`],
  ] as const) {
    assert.ok(commands.includes(written), `the tour does not say ${written}`);
    commands = commands.replaceAll(written, here);
  }
  const environment = {
    ...clearedEnvironment(folder),
    PATH: [dirname(AWS ?? ""), process.env["PATH"] ?? ""].join(delimiter),
    AWS_EC2_METADATA_DISABLED: "true",
    WARMFRONT_DATA_DIR: service.dataDirectory,
    WARMFRONT_API_PORT: String(service.apiPort),
  };
  const { status, out, err } = await runProgram(bash ?? "/bin/bash", ["-euc", commands], {
    environment,
    folder,
    timeoutSeconds: 55,
  });
  assert.equal(status, 0, err + out);
  const said = out
    .split("\n")
    .map((line) => line.trim().toLowerCase())
    .filter((line) => /^x-cache:|^\d{3}$|^bucket-access|^verdict:/.test(line))
    .map((line) => line.replaceAll(/ +/g, " "));
  assert.deepEqual(said, [
    "x-cache: miss from cloudfront",
    "x-cache: hit from cloudfront",
    "verdict: miss",
    "403",
    "x-cache: miss from cloudfront",
    "x-cache: hit from cloudfront",
    "403",
    "bucket-access 403 accessdenied",
    "verdict: 403 accessdenied",
    "x-cache: error from cloudfront",
  ]);
});
