// `completion`: scripts for three shells, made from the table of commands and the settings: no shell asks the program itself,
// which takes too long to start for a key press.

import { flagOf, SETTINGS } from "../service/settings.ts";
import { WITHOUT_VALUE, type Arguments } from "./arguments.ts";
import { firstSentence, wordsOf, type Verb } from "./help.ts";
import { refuse } from "./refuse.ts";

type Verbs = Readonly<Record<string, Verb>>;

const SHELLS: Readonly<Record<string, (verbs: Verbs) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export function completion({ operands }: Arguments, verbs: Verbs): number {
  const [shell = "", ...extra] = operands;
  const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (script === undefined || extra.length > 0) {
    const names = Object.keys(SHELLS).join(", ");
    return refuse(`completion takes one of ${names}, found ${JSON.stringify(operands.join(" "))}`, 2);
  }
  process.stdout.write(script(verbs));
  return 0;
}

/** Completed without a command as well. */
const ALWAYS = ["help", "version"];

/** What may stand behind a flag. `files`: a path; `anything`: nothing that a shell could know. */
type Values = readonly string[] | "files" | "anything";

interface FlagRow {
  readonly flag: string;
  readonly about: string;
  /** `undefined`: it stands alone. */
  readonly values: Values | undefined;
}

const FILE_FLAGS: ReadonlySet<string> = new Set(["--private-key", "--policy", "--out", "--config"]);
const FILE_SETTING = /(?:Dir|Database|Authorities|Stores|Log)$/;
const FLAG_WORDS: Readonly<Record<string, readonly string[]>> = {
  "--access": ["full", "read-only"],
  "--hash": ["sha1", "sha256"],
};

function flagsOf(verb: Verb): readonly FlagRow[] {
  const own = Object.entries(verb.flags).map(([flag, about]) => ({ flag, about, values: valuesOf(flag) }));
  return [...own, { flag: "--help", about: "Tells what the command does.", values: undefined }];
}

function valuesOf(flag: string): Values | undefined {
  if (WITHOUT_VALUE.has(flag)) return undefined;
  return FILE_FLAGS.has(flag) ? "files" : (FLAG_WORDS[flag] ?? "anything");
}

/** Settings are flags of every command. */
const SETTING_FLAGS: readonly FlagRow[] = [
  ...[...SETTINGS].map(([name, setting]): FlagRow => {
    const values = setting.kind === "choice" ? setting.choices : FILE_SETTING.test(name) ? "files" : "anything";
    return { flag: flagOf(name), about: setting.about, values };
  }),
  { flag: "--config", about: "Another settings file than warmfront.json.", values: "files" },
];

/** In the shells' single quotation marks. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function bashCompletion(verbs: Verbs): string {
  const names = [...Object.keys(verbs), ...ALWAYS];
  const rows = [...Object.values(verbs).flatMap(flagsOf), ...SETTING_FLAGS];
  const flagValues = new Map(rows.map(({ flag, values }) => [flag, values]));
  const choices = [...flagValues].flatMap(([flag, values]) =>
    typeof values === "object" ? [`    ${flag}) words=${quoted(values.join(" "))} ;;`] : [],
  );
  const withFiles = [...flagValues].filter(([, values]) => values === "files").map(([flag]) => flag);
  const withAnything = [...flagValues].filter(([, values]) => values === "anything").map(([flag]) => flag);
  const perVerb = Object.entries(verbs).map(([name, verb]) => {
    const flags = flagsOf(verb).map(({ flag }) => flag);
    return `    ${name}) own=${quoted(flags.join(" "))} words=${quoted(wordsOf(verb)?.join(" ") ?? "")} ;;`;
  });
  return `# The completion of warmfront for bash, made by: warmfront completion bash
_warmfront() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} verb=\${COMP_WORDS[1]} own='' words='' flag=''
  COMPREPLY=()
  # Bash takes --flag=value for three words.
  if [[ $current == = ]]; then flag=$before current=''
  elif [[ $before == = ]]; then flag=\${COMP_WORDS[COMP_CWORD-2]}
  else flag=$before
  fi
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W ${quoted(names.join(" "))} -- "$current"))
    return
  fi
  case $flag in
${choices.join("\n")}
    ${withFiles.join("|")}) compopt -o default; return ;;
    ${withAnything.join("|")}) return ;;
  esac
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); return; fi
  case $verb in
${perVerb.join("\n")}
    help) words=${quoted(Object.keys(verbs).join(" "))} ;;
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$own ${SETTING_FLAGS.map(({ flag }) => flag).join(" ")}" -- "$current"))
  elif (( COMP_CWORD == 2 )) && [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    compopt -o default
  fi
} 2> /dev/null
complete -F _warmfront warmfront
`;
}

/** Of an \`_arguments\` specification, where brackets, colons and backslashes mean something. */
function zshText(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, String.raw`\$&`);
}

function zshFlag({ flag, about, values }: FlagRow): string {
  const described = `[${zshText(firstSentence(about))}]`;
  if (values === undefined) return quoted(`${flag}${described}`);
  const action = values === "files" ? "_files" : values === "anything" ? " " : `(${values.join(" ")})`;
  return quoted(`*${flag}=${described}:value:${action}`);
}

function zshCompletion(verbs: Verbs): string {
  const names = Object.entries(verbs).map(([name, { about }]) => `    ${quoted(`${name}:${firstSentence(about)}`)}`);
  const perVerb = Object.entries(verbs).map(([name, verb]) => {
    const words = wordsOf(verb);
    const first =
      words === undefined ? "'*:file:_files'" : `${quoted(`1:action:(${words.join(" ")})`)} '*:file:_files'`;
    return `    ${name}) _arguments ${first} ${flagsOf(verb).map(zshFlag).join(" ")} $settings ;;`;
  });
  return `#compdef warmfront
# The completion of warmfront for zsh, made by: warmfront completion zsh
_warmfront() {
  local -a verbs settings
  verbs=(
${names.join("\n")}
    'help:Tells what a command does'
    'version:Prints the version'
  )
  settings=(
${SETTING_FLAGS.map((row) => `    ${zshFlag(row)}`).join("\n")}
  )
  if (( CURRENT == 2 )); then _describe command verbs; return; fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${perVerb.join("\n")}
    help) _describe command verbs ;;
  esac
}
# Read by source, or by compinit from a folder of functions.
if [[ $funcstack[1] == _warmfront ]]; then _warmfront "$@"; else compdef _warmfront warmfront; fi
`;
}

function fishFlag(condition: string, { flag, about, values }: FlagRow): string {
  const parts = ["complete -c warmfront", `-n ${quoted(condition)}`, `-l ${flag.slice(2)}`];
  if (values === "files") parts.push("-r -F");
  else if (values === "anything") parts.push("-x");
  else if (values !== undefined) parts.push(`-x -a ${quoted(values.join(" "))}`);
  return `${parts.join(" ")} -d ${quoted(firstSentence(about).replaceAll("\\", "\\\\"))}`;
}

function fishCompletion(verbs: Verbs): string {
  const none = "__fish_use_subcommand";
  const lines = ["# The completion of warmfront for fish, made by: warmfront completion fish"];
  for (const [name, verb] of Object.entries(verbs)) {
    const seen = `__fish_seen_subcommand_from ${name}`;
    lines.push(`complete -c warmfront -n ${none} -f -a ${name} -d ${quoted(firstSentence(verb.about))}`);
    const words = wordsOf(verb);
    // Where the word is still to come, names of files are no answer.
    if (words !== undefined) {
      const wanted = `${seen}; and not __fish_seen_subcommand_from ${words.join(" ")}`;
      lines.push(`complete -c warmfront -n ${quoted(wanted)} -f -a ${quoted(words.join(" "))}`);
    }
    for (const row of flagsOf(verb)) lines.push(fishFlag(seen, row));
  }
  for (const name of ALWAYS) lines.push(`complete -c warmfront -n ${none} -f -a ${name}`);
  lines.push(
    `complete -c warmfront -n '__fish_seen_subcommand_from help' -f -a ${quoted(Object.keys(verbs).join(" "))}`,
  );
  for (const row of SETTING_FLAGS) lines.push(fishFlag(`not ${none}`, row));
  return `${lines.join("\n")}\n`;
}
