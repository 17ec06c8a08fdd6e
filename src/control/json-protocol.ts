// JSON 1.1 as ACM speaks it: the operation is named by X-Amz-Target, input and output are JSON documents, instants are
// seconds, and a failure is a document with its code in `__type`. Target → authorize → read → operate → write.

import type { ApiField, ApiRequest, ApiResponse } from "../callers/message.ts";
import { readMembers, type MemberSpecs } from "../wire/member-constraints.ts";
import type { AuthenticationErrorCode } from "../wire/signature-failure.ts";
import type { WireDocument } from "../wire/shape.ts";
import { noteCreated } from "./audit.ts";
import { refuseAction } from "./authorize.ts";
import type { NeighborContext } from "./context.ts";
import { isFailure, type NeighborFailure, type NeighborOutcome } from "./neighbor-outcome.ts";

export interface JsonOperation {
  readonly members: MemberSpecs;
  /** What AccessDenied names. */
  readonly resource: (input: WireDocument, context: NeighborContext) => string;
  readonly operate: (input: WireDocument, context: NeighborContext) => Promise<NeighborOutcome>;
}

export interface JsonService {
  readonly name: string;
  /** Before the dot of X-Amz-Target. */
  readonly target: string;
  readonly operations: Readonly<Record<string, JsonOperation>>;
}

/** The value of X-Amz-Target; `undefined` without one: then the request is none of this protocol. */
export function targetOf(fields: readonly ApiField[]): string | undefined {
  return fields.find(([name]) => name.toLowerCase() === "x-amz-target")?.[1];
}

export async function serveJson(
  service: JsonService,
  request: ApiRequest,
  context: NeighborContext,
  requestId: string,
): Promise<ApiResponse> {
  const outcome = await carryOut(service, request, context);
  if (isFailure(outcome)) {
    context.notes.code = outcome.code;
    return answerJsonFailure(outcome, requestId);
  }
  noteCreated(context.notes, outcome.output);
  return respond(200, outcome.output === undefined ? "" : JSON.stringify(outcome.output), requestId);
}

async function carryOut(service: JsonService, request: ApiRequest, context: NeighborContext): Promise<NeighborOutcome> {
  const { name, target, operations } = service;
  const asked = targetOf(request.fields) ?? "";
  const action = asked.startsWith(`${target}.`) ? asked.slice(target.length + 1) : "";
  const operation = Object.hasOwn(operations, action) ? operations[action] : undefined;
  if (operation === undefined) {
    return invalid(
      "UnknownOperationException",
      `There is no operation ${JSON.stringify(asked.slice(0, 100))}: X-Amz-Target is ${target}. and one of ${Object.keys(operations).join(", ")}.`,
    );
  }
  const sent = readJson(request.body);
  if (sent === undefined) return invalid("SerializationException", "The body is not a JSON document.");
  context.notes.operation = `${name}:${action}`;
  context.notes.resource = operation.resource(sent as WireDocument, context);
  const refused = refuseAction(context.caller, `${name}:${action}`, () =>
    operation.resource(sent as WireDocument, context),
  );
  if (refused !== undefined) return invalid("AccessDeniedException", refused);
  const read = readMembers(sent, operation.members, false);
  if (read.kind === "ok") return operation.operate(read.input, context);
  return invalid(read.kind === "invalid" ? "ValidationException" : "SerializationException", read.message);
}

/** A request without a body has no members. */
function readJson(body: Uint8Array): object | undefined {
  if (body.length === 0) return {};
  try {
    const document: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    return typeof document === "object" && document !== null && !Array.isArray(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

function invalid(code: string, message: string): NeighborFailure {
  return { kind: "failure", code, status: 400, message };
}

export function answerJsonFailure(
  { code, status, message }: Omit<NeighborFailure, "kind">,
  requestId: string,
): ApiResponse {
  return respond(status, JSON.stringify({ __type: code, message }), requestId);
}

/** Services of JSON have names of their own for what is wrong with a signature. [ACMAPI CommonErrors] */
const AUTHENTICATION_CODES: Readonly<Record<AuthenticationErrorCode, string>> = {
  ExpiredToken: "ExpiredTokenException",
  IncompleteSignature: "IncompleteSignatureException",
  InvalidClientTokenId: "UnrecognizedClientException",
  MissingAuthenticationToken: "MissingAuthenticationTokenException",
  RequestExpired: "InvalidSignatureException",
  SignatureDoesNotMatch: "InvalidSignatureException",
};

export function jsonAuthenticationCode(code: AuthenticationErrorCode): string {
  return AUTHENTICATION_CODES[code];
}

function respond(status: number, body: string, requestId: string): ApiResponse {
  const fields: ApiField[] = [
    ["x-amzn-RequestId", requestId],
    ["Content-Type", "application/x-amz-json-1.1"],
  ];
  return { status, fields, body };
}
