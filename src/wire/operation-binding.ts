// Between an operation's members and the parts of HTTP messages that carry them: placeholders of the path, parameters
// of the query, header fields, and one document that is either a member or holds several. The operation's own code
// sees one document in and one out, whatever travels where.

import { Buffer } from "node:buffer";

import type { Binding, OperationShape, Shape, ShapeSet, StructureShape, WireDocument, WireValue } from "./shape.ts";
import type { Query } from "./operation-path.ts";
import {
  formatEnumConstraint,
  formatViolation,
  formatViolations,
  lowerCamel,
  parseScalar,
  readDocument,
  type XmlFailure,
  type XmlLimits,
} from "./xml-reader.ts";
import { writeDocument } from "./xml-writer.ts";

/** A request that could not be read; the status of every one of these codes is 400. */
export interface BindingFailure {
  readonly kind: "failure";
  readonly code: XmlFailure["code"] | "MissingBody" | "InvalidArgument" | "InvalidIfMatchVersion";
  readonly message: string;
}

/** The parts of a request that can carry input. */
export interface RequestParts {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  /** By name in lower case, as node:http gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

/** The parts of a response that come from the operation; Content-Type is among the headers wherever there is a body. */
export interface ResponseParts {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Absent where the operation answers without one. Bytes where the member is itself the body (function code). */
  readonly body?: string | Uint8Array;
}

/** What both directions need to know of the version. */
export interface BindingModel {
  readonly shapes: ShapeSet;
  readonly namespace: string;
}

type Bound = { readonly kind: "ok"; readonly input: WireDocument } | BindingFailure;

/** Assembles the operation's input from the request. Members that the request does not carry are absent. */
export function bindInput(
  operation: OperationShape,
  request: RequestParts,
  { shapes, ...limits }: { readonly shapes: ShapeSet } & XmlLimits,
): Bound {
  const input: Record<string, WireValue> = {};
  for (const binding of operation.input) {
    if (binding.in === "body" || binding.in === "payload") continue;
    const text = carriedText(binding, request);
    if (text === undefined) {
      if (binding.required === true) return missing(binding);
      continue;
    }
    const value = readCarried(binding, text, shapes(binding.shape));
    if (isFailure(value)) return value;
    if (value !== undefined) input[binding.member] = value;
  }
  const document = readBody(operation, request.body, shapes, limits);
  if (isFailure(document)) return document;
  return { kind: "ok", input: { ...input, ...document } };
}

function isFailure(value: unknown): value is BindingFailure {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "failure";
}

function carriedText({ in: place, name }: Binding, { params, query, headers }: RequestParts): string | undefined {
  if (place === "uri") return params[name];
  if (place === "query") return query.get(name);
  const field = headers[name.toLowerCase()];
  const value = typeof field === "object" ? field.join(", ") : field;
  // Clients send If-Match without quotes; with them it means the same.
  return name === "If-Match" ? value?.replace(/^"(.*)"$/, "$1") : value;
}

function missing({ name, in: place, member }: Binding): BindingFailure {
  if (place === "header" && name === "If-Match") {
    return failure("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.");
  }
  return failure("InvalidArgument", formatViolations([formatViolation(null, lowerCamel(member), NOT_NULL)]));
}

const NOT_NULL = "Member must not be null";

function readCarried(
  { member, required }: Binding,
  text: string,
  shape: Shape,
): WireValue | undefined | BindingFailure {
  if (shape.type === "structure" || shape.type === "list")
    throw new Error(`${member} cannot travel outside a document`);
  const isEmpty = text === "" && required !== true;
  if (shape.type === "string") {
    if (shape.enum === undefined || shape.enum.includes(text)) return text;
    if (isEmpty) return undefined;
    const violation = formatViolation(text, lowerCamel(member), formatEnumConstraint(shape.enum));
    return failure("InvalidArgument", formatViolations([violation]));
  }
  if (isEmpty) return undefined;
  const value = parseScalar(text, shape.type);
  if (value !== undefined) return value;
  return failure("InvalidArgument", `The value of ${member} is not of type ${shape.type}.`);
}

function failure(code: BindingFailure["code"], message: string): BindingFailure {
  return { kind: "failure", code, message };
}

/** Members that the body carries. A body that the operation does not expect is left unread. */
function readBody(
  operation: OperationShape,
  bytes: Uint8Array,
  shapes: ShapeSet,
  limits: XmlLimits,
): WireDocument | BindingFailure {
  const { payload, wrapped } = planOf(operation.input);
  const isRequired = payload?.required === true || wrapped?.members.some(({ required }) => required === true) === true;
  if (bytes.length === 0) {
    return isRequired ? failure("MissingBody", "This operation needs a body, and the request has none.") : {};
  }
  if (payload !== undefined) {
    const shape = shapes(payload.shape);
    if (shape.type === "blob") return { [payload.member]: Buffer.from(bytes).toString("base64") };
    const outcome = readDocument(bytes, { root: payload.name, shape, shapes, ...limits });
    return outcome.kind === "failure" ? outcome : { [payload.member]: outcome.value };
  }
  if (wrapped === undefined || operation.inputRoot === undefined) return {};
  // Such a document is the input itself: its members stand for themselves in messages.
  const outcome = readDocument(bytes, { root: operation.inputRoot, shape: wrapped, shapes, path: "", ...limits });
  return outcome.kind === "failure" ? outcome : outcome.value;
}

interface BindingPlan {
  readonly payload: Binding | undefined;
  /** The members of a document that has a root of the operation's own. */
  readonly wrapped: StructureShape | undefined;
  readonly headers: readonly Binding[];
}

const plans = new WeakMap<readonly Binding[], BindingPlan>();

function planOf(bindings: readonly Binding[]): BindingPlan {
  let plan = plans.get(bindings);
  if (plan === undefined) {
    const body = bindings.filter((binding) => binding.in === "body");
    const members = body.map(({ member, shape, name, required }) => ({
      name: member,
      shape,
      ...(name !== member && { xmlName: name }),
      ...(required && { required }),
    }));
    plan = {
      payload: bindings.find((binding) => binding.in === "payload"),
      wrapped: body.length === 0 ? undefined : { type: "structure", members },
      headers: bindings.filter((binding) => binding.in === "header"),
    };
    plans.set(bindings, plan);
  }
  return plan;
}

/** Takes the operation's output apart into headers and body. A payload that is not there is a fault of our own. */
export function writeOutput(
  operation: OperationShape,
  output: WireDocument,
  { shapes, namespace }: BindingModel,
): ResponseParts {
  const { payload, wrapped, headers: bindings } = planOf(operation.output);
  const headers: [string, string][] = [];
  for (const { member, name } of bindings) {
    const value = output[member];
    if (value !== undefined) headers.push([name, typeof value === "string" ? value : JSON.stringify(value)]);
  }
  const { status } = operation;
  if (wrapped !== undefined && operation.outputRoot !== undefined) {
    headers.push(XML_CONTENT_TYPE);
    return {
      status,
      headers,
      body: writeDocument(operation.outputRoot, output, { shape: wrapped, shapes, namespace }),
    };
  }
  if (payload === undefined) return { status, headers };
  const value = output[payload.member];
  const shape = shapes(payload.shape);
  if (shape.type === "blob") {
    if (typeof value !== "string") throw new Error(`no ${payload.member} to answer with`);
    return { status, headers, body: Buffer.from(value, "base64") };
  }
  if (!isDocument(value)) throw new Error(`no ${payload.member} to answer with`);
  headers.push(XML_CONTENT_TYPE);
  return { status, headers, body: writeDocument(payload.name, value, { shape, shapes, namespace }) };
}

/** What the real service calls its XML (observed). */
const XML_CONTENT_TYPE: [string, string] = ["Content-Type", "text/xml"];

function isDocument(value: WireValue | undefined): value is WireDocument {
  return typeof value === "object" && !Array.isArray(value);
}
