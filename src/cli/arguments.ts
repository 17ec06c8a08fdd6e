// Words of a command line → flags and operands. Flags of the verb and of settings only: an unknown one is refused with
// the one that was probably meant.

import { flagOf, nearest, SETTINGS } from "../service/settings.ts";

export interface Arguments {
  readonly kind: "arguments";
  readonly operands: readonly string[];
  /** The verb's own flags, every value that was given, in order. A flag without value is there with "". */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly settingFlags: ReadonlyMap<string, string>;
  readonly configFile: string | undefined;
  readonly wantsHelp: boolean;
}

export interface ArgumentsRefused {
  readonly kind: "failure";
  readonly message: string;
}

/** Flags that stand alone; every other takes a value, as `--flag value` or `--flag=value`. */
export const WITHOUT_VALUE: ReadonlySet<string> = new Set([
  "--cookies",
  "--delete",
  "--json",
  "--no-wait",
  "--trace",
  "--overwrite",
  "--with-objects",
  "--help",
  "-h",
]);

export function parseArguments(words: readonly string[], verbFlags: readonly string[]): Arguments | ArgumentsRefused {
  const settingNames = new Set([...SETTINGS.keys()].map(flagOf));
  const known = [...verbFlags, ...settingNames, "--config", "--help"];
  const operands: string[] = [];
  const flags = new Map<string, string[]>();
  const settingFlags = new Map<string, string>();
  let configFile: string | undefined;
  let wantsHelp = false;

  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (!word.startsWith("-") || word === "-") {
      operands.push(word);
      continue;
    }
    const equals = word.indexOf("=");
    const flag = equals < 0 ? word : word.slice(0, equals);
    if (flag === "-h") {
      wantsHelp = true;
      continue;
    }
    if (!known.includes(flag)) {
      const near = nearest(flag, known);
      return { kind: "failure", message: `unknown flag ${flag}${near === undefined ? "" : `; did you mean ${near}?`}` };
    }
    let value = equals < 0 ? "" : word.slice(equals + 1);
    if (equals < 0 && !WITHOUT_VALUE.has(flag)) {
      const next = words[++at];
      if (next === undefined) return { kind: "failure", message: `${flag} needs a value` };
      value = next;
    }
    if (flag === "--help") wantsHelp = true;
    else if (flag === "--config") configFile = value;
    else if (verbFlags.includes(flag)) flags.set(flag, [...(flags.get(flag) ?? []), value]);
    else settingFlags.set(flag, value);
  }
  return { kind: "arguments", operands, flags, settingFlags, configFile, wantsHelp };
}
