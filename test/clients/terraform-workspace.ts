// Terraform with its AWS provider, if both are on this machine: neither is in a package registry, and nothing is
// downloaded. A workspace is a folder with some of the files in terraform/, a state of its own and no settings but ours.

import assert from "node:assert/strict";
import { copyFileSync, cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { clientEnvironment, type RunningService } from "../support/running-service.ts";
import { clearedEnvironment, findPrograms, runProgram, type Ended } from "./program.ts";

const SOURCES = fileURLToPath(new URL("terraform/", import.meta.url));

/** Of one command: each starts the provider, which is large. */
const TIMEOUT_SECONDS = 240;

export interface Terraform {
  readonly program: string;
  /** Folder with the provider, laid out as `terraform providers mirror` and `-plugin-dir` have it. */
  readonly plugins: string;
}

export interface Workspace extends Disposable {
  /** Runs a command with these variables; whatever its exit code. */
  run(command: string, ...words: string[]): Promise<Ended>;
  /** Runs one that has to succeed; what it prints. */
  succeed(command: string, ...words: string[]): Promise<string>;
  apply(...words: string[]): Promise<string>;
  /** Plans once more: there has to be nothing to do. */
  findNothingToDo(...words: string[]): Promise<void>;
  /** Adds a file, or takes its place. */
  use(file: string, as?: string): void;
}

/** A sentence says what is missing. The provider is looked for where WARMFRONT_TERRAFORM_PLUGINS says, else in the usual places. */
export function findTerraform(): Terraform | string {
  const [program] = findPrograms("terraform");
  if (program === undefined) return "there is no terraform on this machine";
  const plugins = pluginFolders().find(hasAwsProvider);
  return plugins === undefined
    ? "there is no folder with Terraform's AWS provider: WARMFRONT_TERRAFORM_PLUGINS can name one"
    : { program, plugins };
}

function pluginFolders(): readonly string[] {
  const named = process.env["WARMFRONT_TERRAFORM_PLUGINS"];
  if (named !== undefined) return [named];
  const home = homedir();
  return [
    ...configuredMirrors(process.env["TF_CLI_CONFIG_FILE"] ?? join(home, ".terraformrc")),
    join(home, ".terraform.d/plugins"),
    join(home, ".local/share/terraform/plugins"),
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    ...globSync("/opt/*/registry.terraform.io").map((folder) => join(folder, "..")),
  ];
}

/** The folders of `filesystem_mirror { path = "…" }`. */
function configuredMirrors(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  return [...readFileSync(file, "utf8").matchAll(/^\s*path\s*=\s*"([^"]+)"/gm)].map(([, path = ""]) => path);
}

/** Unpacked, or as the archive that Terraform unpacks itself. */
function hasAwsProvider(folder: string): boolean {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const platform = `${os}_${process.arch === "x64" ? "amd64" : process.arch}`;
  const layouts = [`*/${platform}`, `terraform-provider-aws_*_${platform}.zip`];
  return layouts.some(
    (layout) => globSync(`registry.terraform.io/hashicorp/aws/${layout}`, { cwd: folder }).length > 0,
  );
}

/** Copies the files and initializes. Ended, it is removed, with its state. */
export async function openWorkspace(
  { program, plugins }: Terraform,
  service: Pick<RunningService, "apiUrl">,
  given: {
    readonly files: readonly string[];
    readonly variables: Readonly<Record<string, string>>;
    /** A whole configuration, with a provider of its own, instead of files of this folder. */
    readonly example?: string;
  },
): Promise<Workspace> {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-terraform-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const settings = join(folder, "settings.tfrc");
  writeFileSync(settings, "");
  const { AWS_ENDPOINT_URL = "", ...keys } = clientEnvironment(service);
  const variables = Object.entries(given.variables).map(([name, value]) => [`TF_VAR_${name}`, value]);
  const environment = {
    ...clearedEnvironment(folder),
    ...keys,
    ...(Object.fromEntries(variables) as Record<string, string>),
    TF_CLI_CONFIG_FILE: settings,
    TF_IN_AUTOMATION: "1",
    CHECKPOINT_DISABLE: "1",
  };
  const use = (file: string, as = file): void => copyFileSync(join(SOURCES, file), join(folder, as));
  const run = (command: string, ...words: string[]): Promise<Ended> => {
    // A workspace tells its provider in one way only where the service is.
    const provider = join(folder, "provider.tf");
    const isTold = existsSync(provider) && readFileSync(provider, "utf8").includes("endpoints {");
    return runProgram(program, [command, "-no-color", ...words], {
      environment: isTold ? environment : { ...environment, AWS_ENDPOINT_URL },
      folder,
      timeoutSeconds: TIMEOUT_SECONDS,
    });
  };
  try {
    for (const file of given.files) use(file);
    if (given.example === undefined) use("provider-endpoints.tf", "provider.tf");
    else cpSync(given.example, folder, { recursive: true });
    const { status, err } = await run("init", "-input=false", `-plugin-dir=${plugins}`);
    if (status !== 0) throw new Error(`terraform init failed: ${err}`);
  } catch (error) {
    remove();
    throw error;
  }
  const succeed = async (command: string, ...words: string[]): Promise<string> => {
    const { status, out, err } = await run(command, ...words);
    assert.equal(status, 0, `terraform ${command} ended with ${status}: ${err}${out}`);
    return out;
  };
  return {
    run,
    succeed,
    apply: (...words) => succeed("apply", "-auto-approve", "-input=false", ...words),
    async findNothingToDo(...words) {
      // Exit code 2 is a plan with changes.
      const out = await succeed("plan", "-input=false", "-detailed-exitcode", ...words);
      assert(out.includes("No changes. Your infrastructure matches the configuration."), out);
    },
    use,
    [Symbol.dispose]: remove,
  };
}
