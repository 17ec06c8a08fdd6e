// The management API as data: every published version with its operations and shapes [CFMODEL]. Read from
// api-tables.json, which tools/generate-api-tables.ts makes; its rows are kept as text and only become objects when
// a version is first asked for, because a server that serves one version should not pay for nineteen at start.

import type { Binding, MemberShape, OperationShape, ScalarShape, Shape, ShapeSet } from "../wire/shape.ts";
import tables from "./api-tables.json" with { type: "json" };

/** Oldest first. Every version is in every table, so this list is the type of versions too. */
export const API_VERSIONS = [
  "2014-05-31",
  "2014-10-21",
  "2014-11-06",
  "2015-04-17",
  "2015-07-27",
  "2015-09-17",
  "2016-01-13",
  "2016-01-28",
  "2016-08-01",
  "2016-08-20",
  "2016-09-07",
  "2016-09-29",
  "2016-11-25",
  "2017-03-25",
  "2017-10-30",
  "2018-06-18",
  "2018-11-05",
  "2019-03-26",
  "2020-05-31",
] as const;

export type ApiVersion = (typeof API_VERSIONS)[number];

/** The form in which resources are stored; the only version that still grows. */
export const NEWEST_VERSION = "2020-05-31" satisfies ApiVersion;

/** What one version can say. */
export interface ApiModel {
  readonly version: ApiVersion;
  /** By the name without version suffix: `CreateDistribution`. */
  readonly operations: ReadonlyMap<string, OperationShape>;
  /** Throws on a name that the version does not have: ask `shapeNames` first where that may be. */
  readonly shapes: ShapeSet;
  /** Names of the structures, lists and enums; the built-in scalars (`string`, `integer` …) are not among them. */
  readonly shapeNames: readonly string[];
  /** Of the root element of every document. */
  readonly namespace: string;
}

/** HTTP status of every error code that any version lists; all of them agree [CFMODEL]. */
export const ALL_ERROR_STATUSES: Readonly<Record<string, number>> = tables.errors;

/** A name's rows, each under the version that brought it; it holds until the next, and null ends it. */
type History<Row> = Readonly<Record<string, Row | null>>;

interface OperationRow extends Omit<OperationShape, "input" | "output" | "errors"> {
  readonly input: string;
  readonly output: string;
  readonly errors: string;
}

const operationHistories = tables.operations as unknown as Readonly<Record<string, History<OperationRow>>>;
const shapeHistories = tables.shapes as unknown as Readonly<Record<string, History<string>>>;

const BUILT_IN: ReadonlyMap<string, ScalarShape> = new Map(
  (["string", "integer", "long", "boolean", "timestamp", "float", "blob"] as const).map((type) => [type, { type }]),
);

const models = new Map<ApiVersion, ApiModel>();
/** Expanded shapes by their row: versions that have the same row share the object. */
const shapesByRow = new Map<string, Shape>();

/** Whether a path may start with this text. */
export function isApiVersion(text: string): text is ApiVersion {
  return (API_VERSIONS as readonly string[]).includes(text);
}

/** The model of a version; always the same object, so that it can be a key. */
export function apiModel(version: ApiVersion): ApiModel {
  const known = models.get(version);
  if (known !== undefined) return known;
  const model = expand(version);
  models.set(version, model);
  return model;
}

function expand(version: ApiVersion): ApiModel {
  const operations = new Map<string, OperationShape>();
  for (const [name, row] of rowsAt(operationHistories, version)) operations.set(name, expandOperation(row));
  const rows = new Map(rowsAt(shapeHistories, version));
  const shapes: ShapeSet = (name) => {
    const builtIn = BUILT_IN.get(name);
    if (builtIn !== undefined) return builtIn;
    const row = rows.get(name);
    if (row === undefined) throw new Error(`API version ${version} has no shape ${name}`);
    return expandShape(row);
  };
  return {
    version,
    operations,
    shapes,
    shapeNames: [...rows.keys()],
    namespace: `http://cloudfront.amazonaws.com/doc/${version}/`,
  };
}

function* rowsAt<Row>(histories: Readonly<Record<string, History<Row>>>, version: string): Generator<[string, Row]> {
  for (const [name, history] of Object.entries(histories)) {
    // Dates in this form sort as text, and the rows are in order.
    let row: Row | null = null;
    for (const since in history) if (since <= version) row = history[since] ?? null;
    if (row !== null) yield [name, row];
  }
}

/** `{Id! Quantity:integer!}` a structure, `[CNAME:string]` a list, `(GET HEAD)` an enum. */
function expandShape(row: string): Shape {
  const known = shapesByRow.get(row);
  if (known !== undefined) return known;
  const parts = row.slice(1, -1).split(" ");
  let shape: Shape;
  if (row.startsWith("{")) shape = { type: "structure", members: row === "{}" ? [] : parts.map(expandMember) };
  else if (row.startsWith("(")) shape = { type: "string", enum: parts };
  else {
    const { name: item, shape: of } = expandMember(parts[0] ?? "");
    shape = { type: "list", item, of };
  }
  shapesByRow.set(row, shape);
  return shape;
}

/** `Quantity:integer!`; string is the shape that is left out. */
function expandMember(text: string): MemberShape {
  const isRequired = text.endsWith("!");
  const [name = "", shape = "string"] = (isRequired ? text.slice(0, -1) : text).split(":");
  return isRequired ? { name, shape, required: true } : { name, shape };
}

function expandOperation({ input, output, errors, ...rest }: OperationRow): OperationShape {
  return {
    ...rest,
    input: expandBindings(input),
    output: expandBindings(output),
    errors: errors === "" ? [] : errors.split(" "),
  };
}

function expandBindings(row: string): Binding[] {
  return row === "" ? [] : row.split(" ").map(expandBinding);
}

/** `IfMatch@header=If-Match`: a member, where it travels, and its name there unless it is the member's. */
function expandBinding(text: string): Binding {
  const [memberText = "", place = ""] = text.split("@");
  const { name: member, shape, required } = expandMember(memberText);
  const [location, name = member] = place.split("=");
  return { member, shape, in: location as Binding["in"], name, ...(required && { required }) };
}
