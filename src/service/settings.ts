// Every knob of an operator, one row each: flag, environment variable, key in the settings file, help and docs are all
// made from the row. Limits (vocabulary/limits.ts) are settings too and need no second row.
// A flag wins over the environment, that over the file, that over the default.

import { FIDELITIES } from "../vocabulary/fidelity.ts";
import { LIMITS, type LimitName, type Limits, type LimitSpec } from "../vocabulary/limits.ts";

export interface TextSetting {
  readonly kind: "text";
  readonly default: string;
  /** What the value must look like, and how to say so. */
  readonly pattern: RegExp;
  readonly allowed: string;
  readonly about: string;
}

export interface ChoiceSetting {
  readonly kind: "choice";
  readonly default: string;
  readonly choices: readonly string[];
  readonly about: string;
}

export interface NumberSetting {
  readonly kind: "number";
  readonly unit: LimitSpec["unit"] | "port";
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly about: string;
}

export type Setting = TextSetting | ChoiceSetting | NumberSetting;

const HOST = /^(?:[0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?)$/;

/** Whether each is an address is for the resolver to say, at start. */
const NAME_SERVERS = /^(?:[0-9A-Fa-f.:[\]]+(?:,[0-9A-Fa-f.:[\]]+)*)?$/;

/** An access key's secret is typed in there, so nothing but this machine is spoken to in the clear. */
const CONSOLE_ADDRESS = "(?:https://[0-9a-z](?:[0-9a-z.-]*[0-9a-z])?|http://(?:[0-9a-z-]+\\.)+localhost)(?::\\d{1,5})?";
const CONSOLE_ADDRESSES = new RegExp(`^(?:${CONSOLE_ADDRESS}(?:,${CONSOLE_ADDRESS})*)?$`);

/** A port of 0 takes a free one, for tests; the port that was taken is in the start message. */
export const OWN_SETTINGS = {
  dataDir: {
    kind: "text",
    default: ".warmfront",
    pattern: /^[^\0]+$/,
    allowed: "a path",
    about: "Folder for everything that must outlive a restart; made when it is not there.",
  },
  apiHost: {
    kind: "text",
    default: "localhost",
    pattern: HOST,
    allowed: "a host name or an address",
    about:
      "Where the management API listens. `localhost` is both 127.0.0.1 and ::1. Elsewhere it starts only with access keys of your own, and without the default pair.",
  },
  apiPort: { kind: "number", unit: "port", default: 7400, min: 0, max: 65_535, about: "Port of the management API." },
  edgeHost: {
    kind: "text",
    default: "localhost",
    pattern: HOST,
    allowed: "a host name or an address",
    about: "Where viewers connect. `localhost` is both 127.0.0.1 and ::1.",
  },
  edgeHttpPort: {
    kind: "number",
    unit: "port",
    default: 7480,
    min: 0,
    max: 65_535,
    about: "Port for viewers over HTTP.",
  },
  edgeHttpsPort: {
    kind: "number",
    unit: "port",
    default: 7443,
    min: 0,
    max: 65_535,
    about: "Port for viewers over HTTPS.",
  },
  workers: {
    kind: "number",
    unit: "count",
    default: 0,
    min: 0,
    max: 256,
    about:
      "Edge processes that serve viewers, all on the same ports. 0: one per core. Always one where the system cannot share ports out (macOS, Windows).",
  },
  publicHttpsPort: {
    kind: "number",
    unit: "port",
    default: 0,
    min: 0,
    max: 65_535,
    about:
      "The port that redirects to HTTPS name, where viewers reach another one than the edge listens on; 443 is left out of them. 0: the port of `--edge-https-port`.",
  },
  certificatesDir: {
    kind: "text",
    default: "",
    pattern: /^[^\0]*$/,
    allowed: "a path, or nothing",
    about:
      "Folder of certificates for aliases: in it a folder per account, named by its id, with pairs of `<id>.pem` and `<id>.key`. Read at start.",
  },
  domainSuffix: {
    kind: "text",
    default: "cloudfront.localhost",
    pattern: /^[0-9a-z](?:[0-9a-z-]*[0-9a-z])?(?:\.[0-9a-z](?:[0-9a-z-]*[0-9a-z])?)*$/,
    allowed: "a domain name in lower case, without a leading dot",
    about:
      "What the host names of distributions end with, after their `d…` label. `cloudfront.net` is understood beside it.",
  },
  edgeLocation: {
    kind: "text",
    default: "LCL50-P1",
    pattern: /^[A-Z]{3}\d{1,3}(?:-[CP]\d{1,2})?$/,
    allowed: "a name like LCL50-P1",
    about: "What the edge calls itself in X-Amz-Cf-Pop.",
  },
  fidelity: {
    kind: "choice",
    default: "cloudfront",
    choices: FIDELITIES,
    about:
      "What rules where CloudFront departs from RFC 9111: `cloudfront` does as the real service does, `rfc9111` as the RFC says.",
  },
  allowPrivateOrigins: {
    kind: "choice",
    default: "auto",
    choices: ["auto", "yes", "no"],
    about:
      "Whether origins on loopback, link-local and private addresses are asked. `auto`: only while viewers connect over loopback.",
  },
  originNameServers: {
    kind: "text",
    default: "",
    pattern: NAME_SERVERS,
    allowed:
      "addresses of name servers with or without port, with commas between, as in 192.0.2.53,[2001:db8::53]:5353",
    about:
      "Who is asked for the addresses of origins. Empty: the name servers of the system, and after them whatever else it knows.",
  },
  countryDatabase: {
    kind: "text",
    default: "bundled",
    pattern: /^[^\0]+$/,
    allowed: "`bundled`, or the path of an .mmdb file",
    about:
      "Which countries addresses are in, for geo restriction and CloudFront-Viewer-Country. A file of your own has records with `country_code` or, like MaxMind's, `country.iso_code`; it is read at the start.",
  },
  localCountry: {
    kind: "text",
    default: "none",
    pattern: /^(?:none|[A-Z]{2})$/,
    allowed: "`none`, or a country's ISO 3166-1 alpha-2 code",
    about:
      "The country of viewers on loopback and private addresses, which no database knows: to try geo restriction on a laptop.",
  },
  originAuthorities: {
    kind: "text",
    default: "",
    pattern: /^[^\0]*$/,
    allowed: "the path of a file of certificates in PEM, or nothing",
    about:
      "Certificate authorities that origins may be certified by, beside the well-known ones of Node. Read at start.",
  },
  bucketStores: {
    kind: "text",
    default: "",
    pattern: /^[^\0]*$/,
    allowed: "the path of a JSON file, or nothing",
    about:
      "Other S3-compatible stores that have buckets of origins, with the keys to ask them with and who may use these ([other-stores.md](other-stores.md)). Read at start.",
  },
  propagationDelaySeconds: {
    kind: "number",
    unit: "seconds",
    default: 0,
    min: 0,
    max: 86_400,
    about: "Shortest time that a change stays InProgress, for testing against the real service's delays.",
  },
  accessLog: {
    kind: "text",
    default: "",
    pattern: /^[^\0]*$/,
    allowed: "a path, or nothing",
    about:
      "File that a line in CloudFront's standard log format is appended to for every request that viewers were answered, of all distributions. Its name may be given to a new file at any time: `warmfront reload` goes on in that. Empty: none is written.",
  },
  logDeliverySeconds: {
    kind: "number",
    unit: "seconds",
    default: 300,
    min: 1,
    max: 86_400,
    about:
      "How long the lines of a distribution's access log are gathered before they become a file in its log bucket. Files that are large enough go sooner.",
  },
  auditLog: {
    kind: "text",
    default: "",
    pattern: /^[^\0]*$/,
    allowed: "a path, or nothing",
    about:
      "File that a line of JSON is appended to for every call of the management API that changes something: who, what, when, from where, and how it ended. Its name may be given to a new file at any time: `warmfront reload` goes on in that. Empty: none is written.",
  },
  auditObjects: {
    kind: "choice",
    default: "no",
    choices: ["no", "yes"],
    about:
      "Whether calls about objects of buckets have a line in the audit log, too; what manages buckets and their settings always has.",
  },
  auditReads: {
    kind: "choice",
    default: "no",
    choices: ["no", "yes"],
    about: "Whether calls that only read have a line in the audit log, too.",
  },
  metrics: {
    kind: "choice",
    default: "local",
    choices: ["local", "everyone", "off"],
    about:
      "Who is answered `GET /metrics` on the API's port, for Prometheus, without a signature: programs on this machine, or whoever can reach the port. `off`: nobody, and the path is a bucket's.",
  },
  debugHeaders: {
    kind: "choice",
    default: "off",
    choices: ["off", "token", "loopback"],
    about:
      "Who is told by X-Warmfront-… headers of an answer what was decided about it and why, when the request has an X-Warmfront-Debug header: `token`, whoever has one of `warmfront debug-token` of the distribution's account; `loopback`, viewers on this machine, too, whatever the header says (not behind a proxy on this machine, for which all viewers are).",
  },
  testControls: {
    kind: "choice",
    default: "no",
    choices: ["no", "yes"],
    about:
      "For a server that is for nothing but tests: with `yes`, whoever has an access key may move its clock (`warmfront clock`) and have everything that was made deleted at once.",
  },
  console: {
    kind: "choice",
    default: "on",
    choices: ["on", "off"],
    about: "Whether the web console is served, on the API's port under host names of its own.",
  },
  consoleAddresses: {
    kind: "text",
    default: "",
    pattern: CONSOLE_ADDRESSES,
    allowed:
      "addresses as browsers show them, with commas between: https://console.example.com, or http:// with a name below localhost",
    about:
      "Where the console is reached beside `http://console.localhost`, such as behind a proxy that ends TLS and passes Host on. Nobody else may serve anything under these names.",
  },
  drainSeconds: {
    kind: "number",
    unit: "seconds",
    default: 10,
    min: 0,
    max: 3600,
    about: "How long a stop waits for requests in flight.",
  },
  logFormat: {
    kind: "choice",
    default: "pretty",
    choices: ["pretty", "json"],
    about:
      "How an event is written to standard error: as a line for people, or as a line of JSON with time, level, part, worker, process, and event and request id where there are such.",
  },
  logLevel: {
    kind: "choice",
    default: "info",
    choices: ["error", "warn", "info", "debug"],
    about: "What is written to standard error: this and everything graver.",
  },
} as const satisfies Record<string, Setting>;

export type OwnSettingName = keyof typeof OWN_SETTINGS;
export type SettingName = OwnSettingName | LimitName;

type ValueOf<S extends Setting> = S extends NumberSetting
  ? number
  : S extends { choices: readonly (infer C)[] }
    ? C
    : string;

export type Settings = { readonly [Name in OwnSettingName]: ValueOf<(typeof OWN_SETTINGS)[Name]> } & {
  readonly limits: Limits;
};

/** Own settings first, limits after them, in the order of their tables. */
export const SETTINGS: ReadonlyMap<SettingName, Setting> = new Map<SettingName, Setting>([
  ...(Object.entries(OWN_SETTINGS) as [OwnSettingName, Setting][]),
  ...(Object.entries(LIMITS) as [LimitName, LimitSpec][]).map(([name, limit]): [LimitName, Setting] => [
    name,
    { kind: "number", ...limit },
  ]),
]);

/** `apiPort` → `--api-port`. */
export function flagOf(name: string): string {
  return "--" + name.replaceAll(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
}

/** `apiPort` → `WARMFRONT_API_PORT`. */
export function variableOf(name: string): string {
  return "WARMFRONT_" + name.replaceAll(/[A-Z]/g, (letter) => "_" + letter).toUpperCase();
}

/** What a value must be, for help, docs and refusals. */
export function allowedValues(setting: Setting): string {
  switch (setting.kind) {
    case "text":
      return setting.allowed;
    case "choice":
      return setting.choices.join(", ");
    case "number":
      return `${setting.min} to ${setting.max}`;
  }
}

export type SettingsOutcome =
  | { readonly kind: "ok"; readonly settings: Settings }
  | { readonly kind: "failure"; readonly message: string };

/** Values by setting name from one source, and how that source calls the setting. */
interface Source {
  readonly values: ReadonlyMap<string, unknown>;
  readonly nameOf: (name: string) => string;
  /** How one that was mistyped there is to be written. */
  readonly spellingOf: (name: SettingName) => string;
}

/**
 * Puts the sources together. `file` is the parsed content of the settings file with its path, if there is one. The
 * first fault found is told: which setting, where it was set, what is allowed.
 */
export function readSettings(sources: {
  readonly flags: ReadonlyMap<string, string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file?: { readonly path: string; readonly content: unknown };
}): SettingsOutcome {
  const ordered: Source[] = [{ values: sources.flags, nameOf: flagOf, spellingOf: flagOf }];

  const variables = new Map<string, unknown>();
  for (const name of SETTINGS.keys()) {
    const value = sources.environment[variableOf(name)];
    if (value !== undefined) variables.set(name, value);
  }
  ordered.push({ values: variables, nameOf: variableOf, spellingOf: variableOf });

  if (sources.file !== undefined) {
    const { path, content } = sources.file;
    if (typeof content !== "object" || content === null || Array.isArray(content)) {
      return { kind: "failure", message: `${path}: expected one JSON object of settings` };
    }
    ordered.push({
      values: new Map(Object.entries(content)),
      nameOf: (name) => `${path}: "${name}"`,
      spellingOf: (name) => `"${name}"`,
    });
  }

  for (const source of ordered) {
    for (const name of source.values.keys()) {
      if (!SETTINGS.has(name as SettingName)) {
        return { kind: "failure", message: `${source.nameOf(name)} is not a setting${suggestion(name, source)}` };
      }
    }
  }

  const read: Record<string, string | number> = {};
  for (const [name, setting] of SETTINGS) {
    const source = ordered.find(({ values }) => values.has(name));
    if (source === undefined) {
      read[name] = setting.default;
      continue;
    }
    const value = readValue(setting, source.values.get(name));
    if (value === undefined) {
      const found = JSON.stringify(source.values.get(name));
      return { kind: "failure", message: `${source.nameOf(name)} must be ${allowedValues(setting)}, found ${found}` };
    }
    read[name] = value;
  }
  const own = Object.fromEntries(Object.keys(OWN_SETTINGS).map((name) => [name, read[name]]));
  const limits = Object.fromEntries(Object.keys(LIMITS).map((name) => [name, read[name]]));
  return { kind: "ok", settings: { ...own, limits } as unknown as Settings };
}

function readValue(setting: Setting, value: unknown): string | number | undefined {
  switch (setting.kind) {
    case "text":
      return typeof value === "string" && setting.pattern.test(value) ? value : undefined;
    case "choice":
      return typeof value === "string" && setting.choices.includes(value) ? value : undefined;
    case "number": {
      const text = typeof value === "number" ? String(value) : value;
      if (typeof text !== "string" || !/^\d{1,15}$/.test(text)) return undefined;
      const number = Number(text);
      return number >= setting.min && number <= setting.max ? number : undefined;
    }
  }
}

/** The setting that someone who mistyped `name` most likely meant. */
function suggestion(name: string, { spellingOf }: Source): string {
  const near = nearest(name, [...SETTINGS.keys()]);
  return near === undefined ? "" : `; did you mean ${spellingOf(near)}?`;
}

/** The candidate that a typing error or two away from `word`, if there is one. */
export function nearest<Name extends string>(word: string, candidates: readonly Name[]): Name | undefined {
  let best: Name | undefined;
  let bestDistance = 1 + Math.max(2, Math.floor(word.length / 4));
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
