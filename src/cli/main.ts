// The command line: finds the verb, reads settings, runs it, and turns its outcome into an exit code. 0 is done, 1 is
// could not, 2 is not understood.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nearest, flagOf, readSettings, SETTINGS, type SettingName, type Settings } from "../service/settings.ts";
import { parseArguments, type Arguments } from "./arguments.ts";
import { accessKeys } from "./access-keys.ts";
import { diffKey, explain } from "./explain.ts";
import { keyPairs } from "./key-pairs.ts";
import { describeVerb, helpText, type Verb } from "./help.ts";
import { reload } from "./reload.ts";
import { sign } from "./sign.ts";
import { start } from "./start.ts";
import { VERSION } from "./version.ts";

/** What a verb works with, and how to read the settings again; it answers with the exit code. */
type VerbProgram = (given: Arguments, settings: Settings, readAgain: () => Settings | string) => Promise<number>;

const SETTINGS_FILE = "warmfront.json";

const VIEWER_FLAGS = {
  "--method": "GET unless given; -X for short.",
  "--header": "A header of the request, as 'Name: value'; -H for short. May be repeated.",
  "--from": "Address that the viewer comes from, where its country counts; 127.0.0.1 unless given.",
  "--server-name": "With https: the name in the viewer's handshake, where that is not the URL's host; '' for none.",
  "--json": "Prints the answer as JSON.",
};

/** As curl has them, of the verbs that ask as a viewer. */
const SHORT_FLAGS: Readonly<Record<string, string>> = { "-X": "--method", "-H": "--header" };

const VERBS: Readonly<Record<string, Verb & { readonly run: VerbProgram }>> = {
  start: {
    usage: "start",
    about: "Runs the management API and the edge until Ctrl-C.",
    flags: {},
    async run({ operands }, settings, readAgain) {
      if (operands.length === 0) return start(settings, readAgain);
      return fault(`start takes flags only, found ${JSON.stringify(operands.join(" "))}`, 2);
    },
  },
  reload: {
    usage: "reload",
    about:
      "Has the server on this data directory replace its edge workers one by one, which read the settings file, certificates and databases again. No request is lost.",
    flags: {},
    run: reload,
  },
  "access-keys": {
    usage: "access-keys create|list|delete",
    about: "Makes, shows and removes the access keys that callers sign with. Works with and without a running server.",
    flags: {
      "--account": "The account, twelve digits. With list: only this one's.",
      "--access": "With create: full (the default) or read-only.",
      "--user": "With create: name of the user that the key stands for; the account's name for it unless given.",
      "--id": "With delete: the access key id.",
    },
    run: accessKeys,
  },
  "key-pairs": {
    usage: "key-pairs create|import FILE|list|activate ID|deactivate ID|delete ID",
    about: "The key pairs by which your account signs URLs and cookies, in a running server (docs/key-pairs.md).",
    flags: { "--out": "With create: the file for the private key, which must not be there yet; printed unless given." },
    run: keyPairs,
  },
  sign: {
    usage: "sign URL",
    about:
      "Makes a signed URL, or signed cookies, for behaviors with TrustedSigners or TrustedKeyGroups. Works offline.",
    flags: {
      "--key-id": "Key-Pair-Id: APKA… of a key pair, K… of a public key.",
      "--private-key": "File with the private key in PEM: RSA, or ECDSA on P-256.",
      "--expires": "When it ends: +1h (s, m, h, d), a date like 2027-01-31T12:00:00Z, or seconds since 1970.",
      "--not-before": "When it begins, likewise. With this and the next two the policy is a custom one.",
      "--ip": "The IPv4 address or range of the viewers.",
      "--resource": "The URLs that it is good for, with * and ?; the URL alone unless given.",
      "--policy": "File with a whole custom policy in JSON, instead of the four above.",
      "--hash": "sha1 (unless given) or sha256.",
      "--cookies": 'Prints a Cookie header instead of a URL: curl -H "$(warmfront sign … --cookies)" URL',
    },
    run: sign,
  },
  explain: {
    usage: "explain [METHOD] URL",
    about:
      "Tells what the edge would do with a request, and why; of a miss its nearest cause. Asks no origin and changes nothing. With two URLs it is diff-key.",
    flags: VIEWER_FLAGS,
    run: explain,
  },
  "diff-key": {
    usage: "diff-key URL1 URL2",
    about:
      "Tells whether two URLs would find the same stored response, and if not which part of the cache key differs and which setting makes it count.",
    flags: VIEWER_FLAGS,
    run: diffKey,
  },
};

/** Runs a command line, without the program's own name. */
export async function main(argv: readonly string[]): Promise<number> {
  const [verbName = "help", ...rest] = argv;
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
  if (given.kind === "failure") return fault(given.message, 2);
  if (given.wantsHelp) {
    process.stdout.write(describeVerb(verb));
    return 0;
  }
  const settings = gatherSettings(given);
  if (typeof settings === "string") return fault(settings, 2);
  return verb.run(given, settings, () => gatherSettings(given));
}

/** Of the table itself: `warmfront constructor` is no command. */
function verbNamed(name: string): (typeof VERBS)[string] | undefined {
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
