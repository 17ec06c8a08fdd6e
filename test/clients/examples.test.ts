// The examples as their READMEs print them: each command of a README in a shell, in a copy of its folder, against a service of its own; and
// what the README says that it prints.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { clientEnvironment, startService } from "../support/running-service.ts";
import { clearedEnvironment, findEachAws, findPrograms, runProgram } from "./program.ts";
import { findTerraform } from "./terraform-workspace.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));
const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));
const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

const EACH_AWS = await findEachAws();
const AWS = EACH_AWS[0]?.program;
const TERRAFORM = findTerraform();
const [bash] = findPrograms("bash");
const PYTHON = await findPythonWithBoto3();

async function findPythonWithBoto3(): Promise<string | undefined> {
  for (const program of findPrograms("python3", "/usr/bin")) {
    // Not in the temporary folder: Python reads modules of whoever has put some there.
    const given = { environment: clearedEnvironment(tmpdir()), folder: EXAMPLES, timeoutSeconds: 60 };
    const { status } = await runProgram(program, ["-c", "import boto3"], given);
    if (status === 0) return program;
  }
  return undefined;
}

/** The README's blocks, in order: the commands, or what they print. */
function blocksOf(name: string): readonly string[] {
  const text = readFileSync(join(EXAMPLES, name, "README.md"), "utf8");
  return [...text.matchAll(/(?:^ {4}.*\n)+/gm)].map(([block]) => block.replaceAll(/^ {4}/gm, ""));
}

interface Run {
  readonly out: string;
  readonly commands: string;
}

/** Runs commands of an example; `changes` are what is written there and what it is here. */
async function play(
  name: string,
  commands: string,
  given: {
    readonly changes?: readonly (readonly [string, string])[];
    readonly environment?: Record<string, string>;
    /** Its folder is looked through first. */
    readonly program?: string;
  } = {},
): Promise<Run> {
  await using service = await startService();
  const home = mkdtempSync(join(tmpdir(), "warmfront-example-"));
  using stack = new DisposableStack();
  stack.defer(() => rmSync(home, { recursive: true, force: true }));
  const folder = join(home, name);
  cpSync(join(EXAMPLES, name), folder, { recursive: true });
  symlinkSync(MODULES, join(home, "node_modules"));
  let here = commands;
  for (const [written, changed] of given.changes ?? []) {
    assert.ok(here.includes(written), `examples/${name}/README.md does not say ${written}`);
    here = here.replaceAll(written, changed);
  }
  const { status, out, err } = await runProgram(
    bash ?? "/bin/bash",
    ["-euc", here.replaceAll(":7480", `:${service.edgePort}`)],
    {
      environment: {
        ...clearedEnvironment(home),
        ...clientEnvironment(service),
        WARMFRONT_EDGE_HTTP_PORT: String(service.edgePort),
        PATH: [dirname(given.program ?? (name === "python" ? PYTHON : AWS) ?? ""), process.env["PATH"] ?? ""].join(
          delimiter,
        ),
        ...given.environment,
      },
      folder,
      timeoutSeconds: 240,
    },
  );
  assert.equal(status, 0, err + out);
  return { out, commands: here };
}

for (const { name, skip, changes } of [
  { name: "aws-cli", skip: AWS === undefined && "there is no AWS CLI on this machine", changes: [] },
  { name: "python", skip: PYTHON === undefined && "python3-boto3 is not installed", changes: [] },
  // Its packages are the project's own here.
  { name: "javascript", skip: false, changes: [["npm install", ":"]] },
] as const) {
  test(`examples/${name} does what its README says`, { skip, timeout: 120_000 }, async () => {
    const [commands = "", printed = ""] = blocksOf(name);
    // Versions of the AWS CLI differ in which private keys they can read.
    for (const { program } of name === "aws-cli" ? EACH_AWS : [{ program: undefined }]) {
      const { out } = await play(name, commands, { changes, ...(program !== undefined && { program }) });
      assert.ok(out.endsWith(printed), `${out}\nends otherwise than\n${printed}`);
    }
  });
}

const noTerraform = typeof TERRAFORM === "string" && TERRAFORM;

test("examples/terraform does what its README says", { skip: noTerraform, timeout: 300_000 }, async (t) => {
  assert(typeof TERRAFORM !== "string");
  const settings = join(mkdtempSync(join(tmpdir(), "warmfront-terraform-")), "settings.tfrc");
  t.after(() => rmSync(dirname(settings), { recursive: true, force: true }));
  writeFileSync(
    settings,
    `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(TERRAFORM.plugins)}\n  }\n}\n`,
  );
  const [making = "", asking = "", removing = ""] = blocksOf("terraform");
  const planning = "terraform plan -detailed-exitcode >/dev/null\n"; // 2 is a plan with changes: there have to be none
  const { out } = await play("terraform", making + planning + asking + removing, {
    changes: [["node ../../bin/warmfront.js", `"${process.execPath}" "${MAIN}"`]],
    environment: {
      TF_CLI_CONFIG_FILE: settings,
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
      TF_VAR_bucket: "example-of-test",
    },
  });
  assert.match(out, /<h1>Welcome<\/h1>[^]*^403\n[^]*<h1>Members only<\/h1>[^]*Destroy complete/m);
});
