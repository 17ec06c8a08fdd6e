// What `help` prints, made from the tables of verbs and settings.

import { allowedValues, flagOf, SETTINGS, variableOf, type Setting, type Settings } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";

export interface Verb {
  readonly usage: string;
  readonly about: string;
  /** How it is typed, and what it then prints, or begins with. */
  readonly example: string;
  readonly prints: string;
  /** What its first operand may be, where that is one of few. */
  readonly words?: readonly string[];
  /** The same where each takes words of its own: how it is typed, and what it does in one sentence. */
  readonly actions?: Readonly<Record<string, string>>;
  /** Its own flags, each with one sentence. */
  readonly flags: Readonly<Record<string, string>>;
}

/** What a verb works with, and how to read the settings again; it answers with the exit code. */
export type VerbProgram = (
  given: Arguments,
  settings: Settings,
  readAgain: () => Settings | string,
) => Promise<number> | number;

export type VerbRow = Verb & { readonly run: VerbProgram };

/** What its first operand may be. */
export function wordsOf({ words, actions }: Verb): readonly string[] | undefined {
  if (actions === undefined) return words;
  return [...new Set(Object.keys(actions).map((typed) => typed.split(" ")[0] ?? ""))];
}

/** One verb: what it does, its flags, an example and what that prints. */
export function describeVerb({ usage, about, example, prints, flags, actions = {} }: Verb): string {
  return [
    `warmfront ${usage}\n\n${about}\n\n`,
    describeRows(actions),
    describeRows(flags),
    `Example\n${indent(example)}\nprints\n${indent(prints)}\n`,
    "Settings are flags too: warmfront help lists them.\n",
  ].join("");
}

function describeRows(rows: Readonly<Record<string, string>>): string {
  const width = Math.max(14, ...Object.keys(rows).map((name) => name.length));
  const lines = Object.entries(rows).map(([name, says]) => `  ${name.padEnd(width)} ${says}\n`);
  return lines.length > 0 ? `${lines.join("")}\n` : "";
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "    ") + "\n";
}

/** For whoever types the name alone: how to begin, and what else there is, a line each. */
export function introduction(verbs: Readonly<Record<string, Verb>>): string {
  const width = Math.max(...Object.keys(verbs).map((name) => name.length));
  const lines = Object.entries(verbs).map(([name, { about }]) => `  ${name.padEnd(width)}  ${firstSentence(about)}\n`);
  return `Warmfront: a CDN of your own, managed through the CloudFront API.

Begin with

  warmfront start

which prints where it listens and what to do next. In another terminal, with a web server of yours on port 3000:

  warmfront distributions create --origin http://localhost:3000

Commands

${lines.join("")}
warmfront help COMMAND tells more of one, with an example; warmfront help lists commands and settings.
`;
}

export function firstSentence(text: string): string {
  return /^.*?[.:](?= |$)/.exec(text)?.[0].slice(0, -1) ?? text;
}

/** Everything: verbs, then settings. */
export function helpText(verbs: Readonly<Record<string, Verb>>): string {
  const lines = ["Warmfront: a CDN of your own, managed through the CloudFront API.\n", "Commands"];
  for (const { usage, about } of Object.values(verbs)) lines.push(`  ${usage}\n      ${about}`);
  lines.push("  help, version\n");
  lines.push("warmfront help COMMAND tells more of one, with an example.\n");
  lines.push("Settings: as flag, as environment variable (WARMFRONT_API_PORT for --api-port), or in warmfront.json");
  lines.push(
    '({"apiPort": 7400}; another file with --config FILE). A flag wins over the environment, that over the file.\n',
  );
  for (const [name, setting] of SETTINGS) {
    lines.push(`  ${flagOf(name)} (${describeDefault(setting)}; ${allowedValues(setting)})\n      ${setting.about}`);
  }
  return `${lines.join("\n")}\n`;
}

function describeDefault(setting: Setting): string {
  return setting.kind === "number" && setting.unit !== "port"
    ? `${setting.default} ${setting.unit}`
    : String(setting.default);
}

/** The text of docs/commands.md. */
export function commandsDocument(verbs: Readonly<Record<string, Verb>>): string {
  const chapters = Object.values(verbs).map(({ usage, about, example, prints, flags, actions = {} }) => {
    return [
      `## ${usage.split(" ")[0]}\n\n${indent(`warmfront ${usage}`)}\n${about}\n\n`,
      ...[actions, flags].map(listRows),
      `For example\n\n${indent(example)}\nprints\n\n${indent(prints)}`,
    ].join("");
  });
  return `# Commands

Made from the table in \`src/cli/verbs.ts\`; a test compares. In a clone \`npm run warmfront -- COMMAND\` is \`warmfront COMMAND\`.

Commands find the running server by the data directory (\`--data-dir\`), or at \`--api-host\` and \`--api-port\` where these are given. Where \`--data-dir\` is typed and no server runs there, no other is asked. They sign
with \`AWS_ACCESS_KEY_ID\` and \`AWS_SECRET_ACCESS_KEY\` of the environment, or with the built-in key where these are not set, and so see what is that
account's. Every setting is a flag, too ([settings](settings.md)). Exit codes: 0 is done, 1 is could not, 2 is not understood.

${chapters.join("\n")}`;
}

function listRows(rows: Readonly<Record<string, string>>): string {
  const lines = Object.entries(rows).map(([name, says]) => `- \`${name}\`: ${says}\n`);
  return lines.length > 0 ? `${lines.join("")}\n` : "";
}

/** The text of docs/settings.md. */
export function settingsDocument(): string {
  const rows = [...SETTINGS].map(
    ([name, setting]) =>
      `| \`${flagOf(name)}\` | \`${variableOf(name)}\` | \`${name}\` | ${describeDefault(setting)} | ${allowedValues(setting)} | ${setting.about} |`,
  );
  return [
    "# Settings",
    "",
    "Made from the tables in `src/service/settings.ts` and `src/vocabulary/limits.ts`; a test compares.",
    "",
    "A flag wins over the environment, that over the settings file (`warmfront.json` in the working directory, or `--config FILE`), that over the default.",
    "",
    "| Flag | Environment | In the file | Default | Allowed | |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
