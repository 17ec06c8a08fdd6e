// The command line: finds the verb, reads settings, runs it, and turns its outcome into an exit code. 0 is done, 1 is
// could not, 2 is not understood; a command that has more says so in its help. The commands are a table, in verbs.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nearest, flagOf, readSettings, SETTINGS, type SettingName, type Settings } from "../service/settings.ts";
import { parseArguments, type Arguments } from "./arguments.ts";
import { describeVerb, helpText, introduction, type VerbRow } from "./help.ts";
import { SHORT_FLAGS, VERBS, VIEWER_FLAGS } from "./verbs.ts";
import { VERSION } from "./version.ts";

const SETTINGS_FILE = "warmfront.json";

/** Runs a command line, without the program's own name. */
export async function main(argv: readonly string[]): Promise<number> {
  const [verbName, ...rest] = argv;
  if (verbName === undefined) {
    process.stdout.write(introduction(VERBS));
    return 0;
  }
  if (["help", "--help", "-h"].includes(verbName)) {
    const [of] = rest;
    const verb = of === undefined ? undefined : verbNamed(of);
    if (of !== undefined && verb === undefined && !["help", "version"].includes(of)) return noSuchCommand(of);
    process.stdout.write(verb === undefined ? helpText(VERBS) : describeVerb(verb));
    return 0;
  }
  if (["version", "--version", "-v"].includes(verbName)) {
    process.stdout.write(`warmfront ${VERSION}\n`);
    return 0;
  }
  const verb = verbNamed(verbName);
  if (verb === undefined) return noSuchCommand(verbName);
  const shortened = verb.flags === VIEWER_FLAGS ? rest.map((word) => SHORT_FLAGS[word] ?? word) : rest;
  const given = parseArguments(shortened, Object.keys(verb.flags));
  if (given.kind === "failure") return misused(verb, given.message);
  if (given.wantsHelp) {
    process.stdout.write(describeVerb(verb));
    return 0;
  }
  const settings = gatherSettings(given);
  if (typeof settings === "string") return fault(settings, 2);
  const status = await verb.run(given, settings, () => gatherSettings(given));
  return status === 2 ? misused(verb) : status;
}

/** Says how it is typed, below what was wrong with how it was. */
function misused({ usage }: VerbRow, message?: string): 2 {
  if (message !== undefined) process.stderr.write(`warmfront: ${message}\n`);
  const [name] = usage.split(" ");
  process.stderr.write(`Usage: warmfront ${usage}   (warmfront help ${name} tells more)\n`);
  return 2;
}

/** Of the table itself: `warmfront constructor` is no command. */
function verbNamed(name: string): VerbRow | undefined {
  return Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
}

function noSuchCommand(name: string): number {
  const near = nearest(name, Object.keys(VERBS));
  const guess = near ? `; did you mean ${near}?` : "";
  return fault(`there is no command ${JSON.stringify(name)}${guess} (warmfront help lists all)`, 2);
}

function gatherSettings(given: Arguments): Settings | string {
  const flags = new Map<string, string>();
  for (const [flag, value] of given.settingFlags) {
    const name = [...SETTINGS.keys()].find((setting: SettingName) => flagOf(setting) === flag);
    if (name !== undefined) flags.set(name, value);
  }
  const file = readSettingsFile(given.configFile);
  if (typeof file === "string") return file;
  const read = readSettings({ flags, environment: process.env, ...(file === undefined ? {} : { file }) });
  return read.kind === "ok" ? read.settings : read.message;
}

/** The file in the working directory may be missing; one that was asked for may not. */
function readSettingsFile(asked: string | undefined): { path: string; content: unknown } | undefined | string {
  const path = asked ?? join(process.cwd(), SETTINGS_FILE);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    return isMissing && asked === undefined ? undefined : `cannot read the settings file: ${(error as Error).message}`;
  }
  try {
    return { path, content: JSON.parse(text) as unknown };
  } catch (error) {
    return `the settings file ${path} is not JSON: ${(error as Error).message}`;
  }
}

function fault(message: string, status: number): number {
  process.stderr.write(`warmfront: ${message}\n`);
  return status;
}

process.exitCode = await main(process.argv.slice(2));
