// Writes src/model/api-tables.json from the published service models, so that no operation or shape is typed by hand.
// `npm run generate` writes; `--check` compares with the committed file and exits 1 when they differ. The file holds
// facts only (names, types, locations, statuses, enum values); its notation is read by src/model/api.ts.
//
// Two sources: the models of all versions as Debian's python3-botocore ships them, and for the newest version the
// schemas that @aws-sdk/client-cloudfront carries at run time, which know more operations but neither the per-operation
// errors nor the members' order on the wire (they put required members first).

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { unreachable } from "../src/vocabulary/unreachable.ts";

const MODELS_FOLDER =
  process.env["WARMFRONT_BOTOCORE_MODELS"] ?? "/usr/lib/python3/dist-packages/botocore/data/cloudfront";
const NEWEST = "2020-05-31";
const OUTPUT = fileURLToPath(new URL("../src/model/api-tables.json", import.meta.url));
/** Errors of the operations that Debian's model of the newest version does not have yet. */
const NEWEST_ERRORS = fileURLToPath(new URL("operation-errors-2020-05-31.json", import.meta.url));

/** Members whose place cannot be told from the newest schemas: structure → member → the one it follows [CFMODEL]. */
const PLACES: Readonly<Record<string, Readonly<Record<string, string>>>> = { DistributionSummary: { ETag: "ARN" } };

const BUILT_IN = ["string", "integer", "long", "boolean", "timestamp", "float", "blob"] as const;
type BuiltIn = (typeof BUILT_IN)[number];

// What both sources are brought to. A member's shape is a built-in name or the name of a row of `shapes`.

interface Member {
  readonly name: string;
  readonly shape: string;
  readonly required: boolean;
}
type Row =
  | { readonly type: "structure"; readonly members: readonly Member[] }
  | { readonly type: "list"; readonly item: string; readonly of: string }
  | { readonly type: "enum"; readonly values: readonly string[] };
interface BoundMember extends Member {
  readonly in: "uri" | "query" | "header" | "payload" | "body";
  readonly wireName: string;
}
interface Operation {
  readonly method: string;
  readonly uri: string;
  readonly status: number;
  readonly input: readonly BoundMember[];
  readonly inputRoot?: string;
  readonly output: readonly BoundMember[];
  readonly outputRoot?: string;
  readonly errors: readonly string[];
}
interface VersionModel {
  readonly shapes: Map<string, Row>;
  readonly operations: Map<string, Operation>;
}

// Source 1: service-2.json of botocore.

interface BotoMember {
  readonly shape: string;
  readonly location?: "uri" | "querystring" | "header";
  readonly locationName?: string;
}
interface BotoShape {
  readonly type: string;
  readonly members?: Readonly<Record<string, BotoMember>>;
  readonly required?: readonly string[];
  readonly member?: BotoMember;
  readonly flattened?: boolean;
  readonly enum?: readonly string[];
  readonly payload?: string;
  readonly error?: { readonly httpStatusCode: number };
}
interface BotoModel {
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
        readonly input?: { readonly shape: string; readonly locationName?: string };
        readonly output?: { readonly shape: string };
        readonly errors?: readonly { readonly shape: string }[];
      }
    >
  >;
  readonly shapes: Readonly<Record<string, BotoShape>>;
}

const BOTO_LOCATIONS = { uri: "uri", querystring: "query", header: "header" } as const;

function readBotoModel(version: string): BotoModel {
  return JSON.parse(readFileSync(join(MODELS_FOLDER, version, "service-2.json"), "utf8")) as BotoModel;
}

function botoShape(model: BotoModel, name: string): BotoShape {
  const shape = model.shapes[name];
  if (shape === undefined) throw new Error(`the model names a shape that it does not have: ${name}`);
  return shape;
}

/** The name under which a shape goes into the table: built-in scalars lose their own. */
function botoShapeName(model: BotoModel, name: string): string {
  const { type, enum: values } = botoShape(model, name);
  if (type === "structure" || type === "list" || values !== undefined) return name;
  const builtIn = type === "double" ? "float" : type;
  if (!isBuiltIn(builtIn)) throw new Error(`${name} has a type that the table cannot hold: ${type}`);
  return builtIn;
}

function isBuiltIn(name: string): name is BuiltIn {
  return (BUILT_IN as readonly string[]).includes(name);
}

function botoRow(model: BotoModel, name: string): Row {
  const shape = botoShape(model, name);
  if (shape.enum !== undefined) return { type: "enum", values: shape.enum };
  if (shape.member !== undefined) {
    if (shape.flattened === true) throw new Error(`${name} is a flattened list; the codec has none`);
    const { shape: of, locationName } = shape.member;
    return { type: "list", item: locationName ?? "member", of: botoShapeName(model, of) };
  }
  const members = Object.entries(shape.members ?? {}).map(([member, target]) => {
    if (target.location !== undefined || (target.locationName ?? member) !== member) {
      throw new Error(`${name}.${member} has a location; only members of requests and responses may`);
    }
    return botoMember(model, shape, member, target);
  });
  return { type: "structure", members };
}

function botoMember(model: BotoModel, owner: BotoShape, name: string, target: BotoMember): Member {
  const required = owner.required?.includes(name) ?? false;
  return { name, shape: botoShapeName(model, target.shape), required };
}

function botoBindings(model: BotoModel, name: string | undefined, side: "input" | "output"): BoundMember[] {
  if (name === undefined) return [];
  const shape = botoShape(model, name);
  return Object.entries(shape.members ?? {}).map(([memberName, target]) => {
    const member = botoMember(model, shape, memberName, target);
    if (target.location !== undefined) {
      const wireName = target.locationName ?? memberName;
      // The old models call MaxItems a string, the newest and the documentation an integer: one type for all.
      const isCount = memberName === "MaxItems" && target.location === "querystring";
      return { ...member, ...(isCount && { shape: "integer" }), in: BOTO_LOCATIONS[target.location], wireName };
    }
    if (shape.payload === memberName) {
      return { ...member, in: "payload", wireName: payloadName(side, member, target.locationName) };
    }
    return { ...member, in: "body", wireName: target.locationName ?? memberName };
  });
}

/** rest-xml: the root is the member's own wire name, or else the name of its shape. */
function payloadName(side: "input" | "output", member: Member, locationName: string | undefined): string {
  if (isBuiltIn(member.shape)) return member.name;
  return locationName ?? (side === "input" ? member.name : member.shape);
}

function botoVersionModel(model: BotoModel): VersionModel {
  const operations = new Map<string, Operation>();
  for (const [name, { http, input, output, errors }] of Object.entries(model.operations)) {
    const inputMembers = botoBindings(model, input?.shape, "input");
    const outputMembers = botoBindings(model, output?.shape, "output");
    operations.set(bareName(name), {
      method: http.method,
      uri: http.requestUri,
      status: http.responseCode ?? 200,
      input: inputMembers,
      ...rootOf("inputRoot", inputMembers, input?.locationName ?? input?.shape),
      output: outputMembers,
      ...rootOf("outputRoot", outputMembers, output?.shape),
      errors: (errors ?? []).map((error) => error.shape),
    });
  }
  return { operations, shapes: reachableShapes(operations.values(), (name) => botoRow(model, name)) };
}

/** `CreateDistribution2016_01_13` is `CreateDistribution`. */
function bareName(name: string): string {
  return name.replace(/\d{4}_\d{2}_\d{2}$/, "");
}

function rootOf<Key extends string>(key: Key, members: readonly BoundMember[], root: string | undefined) {
  const hasBody = members.some((member) => member.in === "body");
  if (hasBody && members.some((member) => member.in === "payload")) throw new Error(`${root}: both payload and body`);
  return (hasBody && root !== undefined ? { [key]: root } : {}) as { [K in Key]?: string };
}

function reachableShapes(operations: Iterable<Operation>, rowOf: (name: string) => Row): Map<string, Row> {
  const shapes = new Map<string, Row>();
  const visit = (name: string): void => {
    if (isBuiltIn(name) || shapes.has(name)) return;
    const row = rowOf(name);
    shapes.set(name, row);
    if (row.type === "list") visit(row.of);
    if (row.type === "structure") for (const member of row.members) visit(member.shape);
  };
  for (const operation of operations) for (const { shape } of [...operation.input, ...operation.output]) visit(shape);
  return shapes;
}

// Source 2: the schemas of the SDK. Nested arrays; the first number says the kind:
// [9, namespace, name, { http: [method, uri, status] }, input, output] operation
// [3, namespace, name, traits, names, references, count of required ones, which come first] structure; 4 union, -3 error
// [1, namespace, name, traits, reference] list; [0, namespace, name, traits, code] scalar with a name of its own

type Schema = readonly unknown[];
type Traits = Readonly<Record<string, unknown>>;
const SCALAR_CODES: Readonly<Record<number, BuiltIn>> = {
  0: "string",
  1: "integer",
  2: "boolean",
  4: "timestamp",
  21: "blob",
};
const TRAIT_BITS = { 1: "httpLabel", 16: "httpPayload" } as const;

interface Sdk {
  readonly exports: Readonly<Record<string, unknown>>;
  /** `Structure.Member` → name of the enum that its declaration names. */
  readonly enumOfMember: ReadonlyMap<string, string>;
}

function loadSdk(): Sdk | undefined {
  const require = createRequire(import.meta.url);
  try {
    const folder = dirname(require.resolve("@aws-sdk/client-cloudfront/package.json"));
    const exports = require("@aws-sdk/client-cloudfront") as Readonly<Record<string, unknown>>;
    return { exports, enumOfMember: readEnumNames(join(folder, "dist-types", "models")) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** The schemas do not say which strings are enums; the declarations do: `  Format?: Format | undefined;`. */
function readEnumNames(folder: string): Map<string, string> {
  const enumNames = new Set(
    readFileSync(join(folder, "enums.d.ts"), "utf8")
      .matchAll(/^export declare const (\w+):/gm)
      .map(firstGroup),
  );
  const found = new Map<string, string>();
  for (const file of readdirSync(folder).filter((name) => /^models_\d+\.d\.ts$/.test(name))) {
    const text = readFileSync(join(folder, file), "utf8");
    for (const [, owner, body = ""] of text.matchAll(/^export interface (\w+) \{\n([^]*?)^\}/gm)) {
      for (const [, member, type = ""] of body.matchAll(/^ {4}(\w+)\??: (\w+)(?:\[\])? \| undefined;/gm)) {
        if (enumNames.has(type)) found.set(`${owner}.${member}`, type);
      }
    }
  }
  return found;
}

function firstGroup(match: RegExpExecArray): string {
  return match[1] ?? "";
}

function resolve(reference: unknown): unknown {
  return typeof reference === "function" ? (reference as () => unknown)() : reference;
}

/** A reference is a code, a schema, a function that returns one, or any of them with traits. */
function readReference(reference: unknown): { target: unknown; traits: Traits } {
  const isPair = Array.isArray(reference) && !(typeof reference[0] === "number" && typeof reference[1] === "string");
  if (!isPair) return { target: resolve(reference), traits: {} };
  const [target, traits] = reference as unknown as readonly [unknown, number | Traits];
  if (typeof traits !== "number") return { target: resolve(target), traits };
  const bits = Object.entries(TRAIT_BITS).filter(([bit]) => (traits & Number(bit)) !== 0);
  return { target: resolve(target), traits: Object.fromEntries(bits.map(([, name]) => [name, 1])) };
}

interface SdkMember extends Member {
  readonly traits: Traits;
}

function sdkVersionModel(sdk: Sdk, known: BotoModel, newErrors: Readonly<Record<string, readonly string[]>>) {
  const schemas = new Map<string, Schema>();
  const enumOfList = new Map<string, string>();

  const shapeName = (target: unknown, enumName: string | undefined): string => {
    if (typeof target === "number") return enumName ?? scalar(target);
    const schema = target as Schema;
    const [kind, , name] = schema as readonly [number, string, string];
    if (kind === 0) return enumName ?? scalar(schema[4] as number);
    schemas.set(name, schema);
    if (kind === 1 && enumName !== undefined) enumOfList.set(name, enumName);
    return name;
  };
  const scalar = (code: number): BuiltIn => {
    const name = SCALAR_CODES[code];
    if (name === undefined) throw new Error(`the SDK's schemas have a scalar that is not known here: ${code}`);
    return name;
  };
  const members = (schema: Schema): SdkMember[] => {
    const [, , owner, , names, references, requiredCount = 0] = schema as readonly [
      number,
      string,
      string,
      unknown,
      readonly string[],
      readonly unknown[],
      number?,
    ];
    const read = names.map((name, index): SdkMember => {
      const { target, traits } = readReference(references[index]);
      const shape = shapeName(target, sdk.enumOfMember.get(`${owner}.${name}`));
      return { name, shape: numberType(owner, name, shape), required: index < requiredCount, traits };
    });
    return inModelOrder(read, Object.keys(known.shapes[owner]?.members ?? {}), PLACES[owner] ?? {});
  };
  /** The schemas have one kind of number; the older model tells long and float from integer. */
  const numberType = (owner: string, member: string, shape: string): string => {
    const target = known.shapes[owner]?.members?.[member];
    if (shape !== "integer" || target === undefined) return shape;
    const type = botoShapeName(known, target.shape);
    return type === "string" ? "integer" : type;
  };
  const row = (name: string): Row => {
    const values = sdk.exports[name];
    const schema = schemas.get(name);
    if (schema === undefined) {
      const now = Object.values(values as Readonly<Record<string, string>>);
      // The older model's order first: the order in which the values came.
      const before = (known.shapes[name]?.enum ?? []).filter((value) => now.includes(value));
      return { type: "enum", values: [...before, ...now.filter((value) => !before.includes(value))] };
    }
    if (schema[0] === 1) {
      const { target, traits } = readReference(schema[4]);
      return {
        type: "list",
        item: (traits["xmlName"] as string | undefined) ?? "member",
        of: shapeName(target, enumOfList.get(name)),
      };
    }
    return {
      type: "structure",
      members: members(schema).map(({ traits, ...member }) => {
        if (Object.keys(traits).length > 0) throw new Error(`${name}.${member.name} has traits; not expected here`);
        return member;
      }),
    };
  };
  const bindings = (target: unknown, side: "input" | "output"): BoundMember[] =>
    target === "unit" ? [] : members(target as Schema).map(({ traits, ...member }) => bind(member, traits, side));

  const operations = new Map<string, Operation>();
  const knownErrors = new Map(
    Object.entries(known.operations).map(([name, { errors }]) => [
      bareName(name),
      (errors ?? []).map((error) => error.shape),
    ]),
  );
  for (const schema of Object.values(sdk.exports)) {
    if (!Array.isArray(schema) || schema[0] !== 9) continue;
    const [, , name, traits, inputReference, outputReference] = schema as unknown as readonly [
      number,
      string,
      string,
      { readonly http: readonly [string, string, number] },
      unknown,
      unknown,
    ];
    const [method, uri, status] = traits.http;
    const [inputSchema, outputSchema] = [resolve(inputReference), resolve(outputReference)];
    const input = bindings(inputSchema, "input");
    const output = bindings(outputSchema, "output");
    const errors = knownErrors.get(name) ?? newErrors[name];
    if (errors === undefined) throw new Error(`no list of errors for ${name}: add it to ${NEWEST_ERRORS}`);
    operations.set(name, {
      method,
      uri,
      status,
      input,
      ...rootOf("inputRoot", input, (inputSchema as Schema)[2] as string),
      output,
      ...rootOf("outputRoot", output, (outputSchema as Schema)[2] as string),
      errors,
    });
  }
  return { operations, shapes: reachableShapes(operations.values(), row) } satisfies VersionModel;
}

function bind(member: Member, traits: Traits, side: "input" | "output"): BoundMember {
  const { httpLabel, httpQuery, httpHeader, httpPayload, xmlName, ...rest } = traits as Record<
    string,
    string | undefined
  >;
  if (Object.keys(rest).length > 0)
    throw new Error(`${member.name} has traits not known here: ${Object.keys(rest).join()}`);
  if (httpLabel !== undefined) return { ...member, in: "uri", wireName: member.name };
  if (httpQuery !== undefined) return { ...member, in: "query", wireName: httpQuery };
  if (httpHeader !== undefined) return { ...member, in: "header", wireName: httpHeader };
  if (httpPayload !== undefined) return { ...member, in: "payload", wireName: payloadName(side, member, xmlName) };
  return { ...member, in: "body", wireName: xmlName ?? member.name };
}

/**
 * The older model's order, which real output follows; a new member goes behind the one that it follows in the schema.
 * Required and optional members are two sequences there, so only a neighbor of its own kind tells its place.
 */
function inModelOrder(
  members: readonly SdkMember[],
  knownNames: readonly string[],
  places: Readonly<Record<string, string>>,
): SdkMember[] {
  if (knownNames.length === 0) return [...members];
  const ordered = knownNames.flatMap((name) => members.find((member) => member.name === name) ?? []);
  for (const member of members) {
    if (ordered.includes(member)) continue;
    const kin = members.filter((other) => other.required === member.required);
    const before = members.find((other) => other.name === places[member.name]) ?? kin[kin.indexOf(member) - 1];
    const after = kin.slice(kin.indexOf(member) + 1).find((other) => ordered.includes(other));
    if (before !== undefined) ordered.splice(ordered.indexOf(before) + 1, 0, member);
    else if (after !== undefined) ordered.splice(ordered.indexOf(after), 0, member);
    else ordered.push(member);
  }
  return ordered;
}

// Statuses of error codes: every source must agree.

function readStatuses(models: ReadonlyMap<string, BotoModel>, sdk: Sdk): Map<string, number> {
  const statuses = new Map<string, number>();
  const add = (code: string, status: number): void => {
    const other = statuses.get(code) ?? status;
    if (other !== status) throw new Error(`${code} has two statuses: ${other} and ${status}`);
    statuses.set(code, status);
  };
  for (const model of models.values()) {
    for (const [code, { error }] of Object.entries(model.shapes)) if (error) add(code, error.httpStatusCode);
  }
  for (const schema of Object.values(sdk.exports)) {
    if (!Array.isArray(schema) || schema[0] !== -3) continue;
    const [, , code, traits] = schema as unknown as readonly [number, string, string, { httpError?: number } | 0];
    if (traits !== 0 && traits.httpError !== undefined) add(code, traits.httpError);
  }
  return statuses;
}

// Notation. Each row is written once, under the version that brought it, and holds until the next one under the same
// name; null ends it. `{Id! Quantity:integer!}` structure, `[CNAME:string]` list, `(GET HEAD)` enum; string is the
// shape that needs no name, `!` is required, `@header=If-Match` the place of a member of a request or response.

function formatMember(member: Member): string {
  return member.name + (member.shape === "string" ? "" : ":" + member.shape) + (member.required ? "!" : "");
}

function formatRow(row: Row): string {
  switch (row.type) {
    case "structure":
      return `{${row.members.map(formatMember).join(" ")}}`;
    case "list":
      return `[${row.item}:${row.of}]`;
    case "enum":
      if (row.values.some((value) => !/^[\w./+-]+$/.test(value))) throw new Error(`enum values: ${row.values.join()}`);
      return `(${row.values.join(" ")})`;
    default:
      return unreachable(row);
  }
}

function formatBinding(member: BoundMember): string {
  return `${formatMember(member)}@${member.in}${member.wireName === member.name ? "" : "=" + member.wireName}`;
}

function formatOperation(operation: Operation, version: string): object {
  const [path = "", query] = operation.uri.split("?");
  if (!path.startsWith(`/${version}/`)) throw new Error(`path without version: ${path}`);
  const selectedBy = query?.split("&").map((part) => [part.split("=")[0], part.split("=")[1] ?? ""]);
  return {
    method: operation.method,
    path: path.slice(version.length + 1).replace(/\/$/, ""),
    ...(selectedBy && { selectedBy }),
    status: operation.status,
    input: operation.input.map(formatBinding).join(" "),
    ...(operation.inputRoot !== undefined && { inputRoot: operation.inputRoot }),
    output: operation.output.map(formatBinding).join(" "),
    ...(operation.outputRoot !== undefined && { outputRoot: operation.outputRoot }),
    errors: operation.errors.toSorted().join(" "),
  };
}

/** Name → version → row, only where the row is another than in the version before. */
function histories(byVersion: ReadonlyMap<string, ReadonlyMap<string, string>>): string {
  const names = [...new Set(byVersion.values().flatMap((rows) => rows.keys()))].sort();
  const lines = names.map((name) => {
    const changes: string[] = [];
    let last: string | undefined;
    for (const [version, rows] of byVersion) {
      const row = rows.get(name);
      if (row !== last) changes.push(`"${version}": ${row ?? "null"}`);
      last = row;
    }
    return `"${name}": {${changes.length > 1 ? `\n  ${changes.join(",\n  ")}\n` : changes.join("")}}`;
  });
  return lines.join(",\n");
}

function formatTables(models: ReadonlyMap<string, VersionModel>, statuses: ReadonlyMap<string, number>): string {
  const versions = [...models.keys()];
  const rows = (select: (model: VersionModel, version: string) => Iterable<readonly [string, string]>) =>
    histories(new Map(models.entries().map(([version, model]) => [version, new Map(select(model, version))])));
  const codes = [...statuses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, status]) => `"${code}": ${status}`);
  return [
    "{",
    `"versions": ${JSON.stringify(versions)},`,
    `"errors": {\n${codes.join(",\n")}\n},`,
    `"operations": {\n${rows(({ operations }, version) =>
      operations.entries().map(([name, it]) => [name, JSON.stringify(formatOperation(it, version))] as const),
    )}\n},`,
    `"shapes": {\n${rows(({ shapes }) =>
      shapes.entries().map(([name, row]) => [name, JSON.stringify(formatRow(row))] as const),
    )}\n}`,
    "}\n",
  ].join("\n");
}

/** The tables as text, or what is absent on this machine. */
function generate(): { text: string } | { absent: string } {
  if (!existsSync(MODELS_FOLDER)) return { absent: `models of python3-botocore (${MODELS_FOLDER})` };
  const sdk = loadSdk();
  if (sdk === undefined) return { absent: "npm package @aws-sdk/client-cloudfront" };
  const versions = readdirSync(MODELS_FOLDER)
    .filter((name) => /^\d{4}-\d{2}-\d{2}$/.test(name))
    .sort();
  if (versions.at(-1) !== NEWEST) return { absent: `model of ${NEWEST} in ${MODELS_FOLDER}` };
  const botoModels = new Map(versions.map((version) => [version, readBotoModel(version)]));
  const newErrors = JSON.parse(readFileSync(NEWEST_ERRORS, "utf8")) as Record<string, readonly string[]>;
  const models = new Map(
    botoModels
      .entries()
      .map(([version, boto]) => [
        version,
        version === NEWEST ? sdkVersionModel(sdk, boto, newErrors) : botoVersionModel(boto),
      ]),
  );
  return { text: formatTables(models, readStatuses(botoModels, sdk)) };
}

/** The lines that only one of the two has, the first few of them. */
function describeDifference(committed: string, generated: string): string {
  const [before, after] = [new Set(committed.split("\n")), new Set(generated.split("\n"))];
  const lines = [
    ...[...before.difference(after)].map((line) => `- ${line}`),
    ...[...after.difference(before)].map((line) => `+ ${line}`),
  ];
  const shown = lines.slice(0, 40).map((line) => (line.length > 300 ? `${line.slice(0, 300)}…` : line));
  return [...shown, ...(lines.length > shown.length ? [`… and ${lines.length - shown.length} more lines`] : [])].join(
    "\n",
  );
}

const outcome = generate();
if ("absent" in outcome) {
  console.log(`skipped: not on this machine: ${outcome.absent}`);
} else if (process.argv.includes("--check")) {
  const committed = existsSync(OUTPUT) ? readFileSync(OUTPUT, "utf8") : "";
  if (committed === outcome.text) console.log("src/model/api-tables.json is what the models say");
  else {
    console.error(
      "src/model/api-tables.json differs from the models (- committed, + generated); run `npm run generate`:",
    );
    console.error(describeDifference(committed, outcome.text));
    process.exitCode = 1;
  }
} else {
  writeFileSync(OUTPUT, outcome.text);
  console.log(`wrote ${OUTPUT} (${outcome.text.length} characters)`);
}
