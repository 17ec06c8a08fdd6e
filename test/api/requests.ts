// Requests for tests of the management API, built from the model's table of operations: a test names the operation and
// its input members, whatever of them travels in path, query, header or body. Answers are read back the same way.

import assert from "node:assert/strict";
import type { ApiResponse } from "../../src/callers/message.ts";
import { apiModel, NEWEST_VERSION, type ApiVersion } from "../../src/model/api.ts";
import type { Binding, OperationShape, ShapeSet, WireDocument, WireValue } from "../../src/wire/shape.ts";
import { readDocument, readElements, type XmlElement } from "../../src/wire/xml-reader.ts";
import { writeDocument } from "../../src/wire/xml-writer.ts";
import type { Asked, ControlHarness, Signer } from "../support/control-harness.ts";

/** What comes back, taken apart. */
export interface Answer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Of an error; empty otherwise. */
  readonly code: string;
  readonly message: string;
  /** Of a success: its payload by its shape, and ETag and Location as members. */
  readonly output: WireDocument;
  /** The current revision; empty where none is answered. */
  readonly etag: string;
}

export interface CallOptions {
  readonly version?: ApiVersion;
  readonly signer?: Signer | undefined;
}

export function operationOf(name: string, version: ApiVersion): OperationShape {
  const operation = apiModel(version).operations.get(name);
  assert(operation, `${version} has no ${name}`);
  return operation;
}

/** The request for an operation. A payload that the input does not have is a request without a body. */
export function requestOf(name: string, input: WireDocument, version: ApiVersion = NEWEST_VERSION): Asked {
  const operation = operationOf(name, version);
  let path = operation.path;
  const query = (operation.selectedBy ?? []).map(([key, value]) => (value === "" ? key : `${key}=${value}`));
  const fields: [string, string][] = [];
  let body: string | undefined;
  for (const binding of operation.input) {
    const value = input[binding.member];
    if (value === undefined) continue;
    if (binding.in === "uri") path = path.replace(`{${binding.name}}`, encodeURIComponent(asText(value)));
    else if (binding.in === "query") query.push(`${binding.name}=${encodeURIComponent(asText(value))}`);
    else if (binding.in === "header") fields.push([binding.name, asText(value)]);
    else body = bodyOf(binding, value as WireDocument, version);
  }
  const target = `/${version}${path}${query.length === 0 ? "" : `?${query.join("&")}`}`;
  return { method: operation.method, target, fields, ...(body !== undefined && { body }) };
}

function asText(value: WireValue): string {
  assert(typeof value === "string" || typeof value === "number", "only texts and numbers travel outside a body");
  return String(value);
}

function bodyOf({ name, shape }: Binding, value: WireDocument, version: ApiVersion): string {
  const { shapes, namespace } = apiModel(version);
  return writeDocument(name, value, { shape, shapes, namespace });
}

/** Asks for an operation and reads the answer, whichever it is. */
export async function call(
  harness: ControlHarness,
  name: string,
  input: WireDocument,
  { version = NEWEST_VERSION, signer }: CallOptions = {},
): Promise<Answer> {
  const asked = requestOf(name, input, version);
  const response = await harness.ask(signer === undefined ? asked : { ...asked, signer });
  return readAnswer(response, operationOf(name, version), version);
}

/** The same, and it has to succeed: for what comes before the claim of a test. */
export async function succeed(
  harness: ControlHarness,
  name: string,
  input: WireDocument,
  options: CallOptions = {},
): Promise<Answer> {
  const answer = await call(harness, name, input, options);
  assert(answer.status < 300, `${name} failed: ${answer.status} ${answer.body}`);
  return answer;
}

export function readAnswer(response: ApiResponse, operation: OperationShape, version: ApiVersion): Answer {
  const headers = new Map(response.fields.map(([name, value]) => [name.toLowerCase(), value]));
  const { status } = response;
  const body = typeof response.body === "string" ? response.body : Buffer.from(response.body).toString();
  const etag = headers.get("etag") ?? "";
  const read = { status, headers, body, etag };
  if (status >= 300) return { ...read, ...readError(body), output: {} };
  assert.equal(status, operation.status);
  const output: Record<string, WireValue> = {};
  for (const { in: place, member, name } of operation.output) {
    const value = headers.get(name.toLowerCase());
    if (place === "header" && value !== undefined) output[member] = value;
  }
  const payload = operation.output.find((binding) => binding.in === "payload");
  if (payload !== undefined) output[payload.member] = readPayload(body, payload, version);
  return { ...read, code: "", message: "", output };
}

/** Required members have to be there; values of enums may be newer than the version, as on the real service. */
function readPayload(body: string, { name, shape }: Binding, version: ApiVersion): WireDocument {
  const outcome = readDocument(Buffer.from(body), { root: name, shape, shapes: withoutEnums(version), depthMax: 100 });
  assert(outcome.kind === "ok", JSON.stringify(outcome));
  return outcome.value;
}

const enumless = new Map<ApiVersion, ShapeSet>();

function withoutEnums(version: ApiVersion): ShapeSet {
  const known = enumless.get(version);
  if (known !== undefined) return known;
  const shapes: ShapeSet = (name) => {
    const shape = apiModel(version).shapes(name);
    return shape.type === "string" ? { type: "string" } : shape;
  };
  enumless.set(version, shapes);
  return shapes;
}

/** Code and message of an error's document. */
export function readError(body: string): { readonly code: string; readonly message: string } {
  const outcome = readElements(Buffer.from(body), { depthMax: 10 });
  assert(outcome.kind === "ok", `not an error's document: ${body}`);
  const error = outcome.root.children.find((child) => child.name === "Error");
  const text = (name: string): string => error?.children.find((child: XmlElement) => child.name === name)?.text ?? "";
  return { code: text("Code"), message: text("Message") };
}

/** A member deep inside a document: `at(output, "Distribution", "DistributionConfig", "Comment")`. */
export function at(document: WireDocument, ...path: readonly (string | number)[]): WireValue | undefined {
  let value: WireValue | undefined = document;
  for (const step of path) {
    if (value === undefined || typeof value !== "object") return undefined;
    value = (value as Readonly<Record<string | number, WireValue | undefined>>)[step];
  }
  return value;
}

/** The same, of a member that is a text and has to be there. */
export function textAt(document: WireDocument, ...path: readonly (string | number)[]): string {
  const value = at(document, ...path);
  assert(typeof value === "string", `no text at ${path.join(".")}`);
  return value;
}
