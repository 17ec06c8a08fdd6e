// An operation of CloudFront's API with JSON in and out, for callers who are known already: the console's. The input is put into the
// parts of a request that the table names, its document as the XML that it stands for, and goes the way of every other request
// (carry-out.ts); so what is refused is refused in the same words.

import { apiModel, NEWEST_VERSION } from "../model/api.ts";
import { API_ERRORS, fail, isApiErrorCode } from "../model/errors.ts";
import { readJsonDocument, toJsonDocument } from "../wire/json-document.ts";
import type { RequestParts } from "../wire/operation-binding.ts";
import type { OperationShape, WireValue } from "../wire/shape.ts";
import { writeDocument } from "../wire/xml-writer.ts";
import type { Caller } from "../callers/caller.ts";
import type { CallNotes } from "./audit.ts";
import { carryOut } from "./carry-out.ts";
import type { Control } from "./context.ts";

export type JsonOutcome =
  | { readonly kind: "ok"; readonly status: number; readonly output: unknown }
  | { readonly kind: "failure"; readonly status: number; readonly code: string; readonly message: string };

export interface KnownCall {
  readonly caller: Caller;
  readonly control: Control;
  readonly notes: CallNotes;
  /** Scheme and authority that the caller used, for Location. */
  readonly endpoint: string;
}

/** `input` has the members of the operation, as the SDKs name them; so has the output. */
export async function callWithJson(
  name: string,
  input: Readonly<Record<string, unknown>>,
  { caller, control, notes, endpoint }: KnownCall,
): Promise<JsonOutcome> {
  const model = apiModel(NEWEST_VERSION);
  const operation = model.operations.get(name);
  if (operation === undefined) return refused(notes, fail("UnsupportedOperation", `There is no operation ${name}.`));
  const parts = readParts(operation, input);
  if ("kind" in parts) return refused(notes, parts);
  const call = { version: NEWEST_VERSION, name, operation, parts, endpoint } as const;
  const outcome = await carryOut(call, { caller, control, notes });
  if (outcome.kind === "failure") return refused(notes, outcome);
  const output: Record<string, unknown> = {};
  for (const { member, shape } of operation.output) {
    const value = outcome.output[member];
    if (value !== undefined) output[member] = toJsonDocument(value, model.shapes(shape), model.shapes);
  }
  return { kind: "ok", status: operation.status === 204 ? 200 : operation.status, output };
}

function refused(
  notes: CallNotes,
  { code, message }: { readonly code: string; readonly message: string },
): JsonOutcome {
  notes.code = code;
  return { kind: "failure", status: isApiErrorCode(code) ? API_ERRORS[code].status : 500, code, message };
}

function readParts(
  { input: bindings }: OperationShape,
  input: Readonly<Record<string, unknown>>,
): RequestParts | ReturnType<typeof fail> {
  const { shapes, namespace } = apiModel(NEWEST_VERSION);
  const params: Record<string, string> = {};
  const query = new Map<string, string>();
  const headers: Record<string, string> = {};
  let body = new Uint8Array(0);
  for (const [member, sent] of Object.entries(input)) {
    const binding = bindings.find((each) => each.member === member);
    if (binding === undefined) {
      const known = bindings.map((each) => each.member).join(", ");
      return fail("MalformedInput", `Unknown member ${JSON.stringify(member.slice(0, 100))}; known here: ${known}.`);
    }
    if (sent === null) continue;
    if (binding.in === "payload") {
      const read = readJsonDocument(sent, shapes(binding.shape), shapes, member);
      if (read.kind === "failure") return fail("MalformedInput", read.message);
      const document = writeDocument(binding.name, read.value, { shape: binding.shape, shapes, namespace });
      body = new TextEncoder().encode(document);
      continue;
    }
    if (binding.in === "body") return fail("UnsupportedOperation", `${member} cannot be sent as JSON.`);
    if (typeof sent !== "string" && typeof sent !== "number" && typeof sent !== "boolean") {
      return fail("MalformedInput", `${member} must be a text or a number.`);
    }
    const text = String(sent satisfies WireValue);
    if (binding.in === "uri") params[binding.name] = text;
    else if (binding.in === "query") query.set(binding.name, text);
    else headers[binding.name.toLowerCase()] = text;
  }
  // Through XML a path without its placeholder would be another operation's.
  const missing = bindings.find(({ in: place, name }) => place === "uri" && (params[name] ?? "") === "");
  if (missing !== undefined) return fail("MalformedInput", `${missing.member} is missing.`);
  return { params, query, headers, body };
}
