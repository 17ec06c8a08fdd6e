// What `help` prints, made from the tables of verbs and settings.

import { allowedValues, flagOf, SETTINGS, variableOf, type Setting } from "../service/settings.ts";

export interface Verb {
  readonly usage: string;
  readonly about: string;
  /** Its own flags, each with one sentence. */
  readonly flags: Readonly<Record<string, string>>;
}

/** One verb with its flags. */
export function describeVerb(verb: Verb): string {
  const flags = Object.entries(verb.flags).map(([flag, about]) => `  ${flag.padEnd(14)} ${about}\n`);
  return `warmfront ${verb.usage}\n\n${verb.about}\n\n${flags.join("")}${flags.length > 0 ? "\n" : ""}Settings are flags too: warmfront help lists them.\n`;
}

/** Everything: verbs, then settings. */
export function helpText(verbs: Readonly<Record<string, Verb>>): string {
  const lines = ["Warmfront: a CDN of your own, managed through the CloudFront API.\n", "Commands"];
  for (const { usage, about } of Object.values(verbs)) lines.push(`  ${usage}\n      ${about}`);
  lines.push("  help, version\n");
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
