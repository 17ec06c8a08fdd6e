// The life of a request to the management port. Read it top to bottom: authenticate → match → carry out
// (carry-out.ts: authorize, bind, operate) → write. CloudFront's neighbors go the same way in query-protocol.ts and json-protocol.ts. Sockets are service/api-listener.ts's, rules of a resource are in operations/.

import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import { API_VERSIONS, apiModel, isApiVersion, NEWEST_VERSION, type ApiVersion } from "../model/api.ts";
import { API_ERRORS, fail, type ApiErrorCode, type ApiFailure } from "../model/errors.ts";
import { writeError } from "../wire/error-document.ts";
import { writeOutput } from "../wire/operation-binding.ts";
import { compileRouter, matchOperation, parseQuery, type OperationRouter } from "../wire/operation-path.ts";
import { AUTHENTICATION_ERRORS, type AuthenticationFailure } from "../wire/signature-failure.ts";
import { authenticate } from "../callers/authenticate.ts";
import type { Caller } from "../callers/caller.ts";
import { auditedCall, type CallNotes } from "./audit.ts";
import { carryOut, type Failure } from "./carry-out.ts";
import type { Control, NeighborContext } from "./context.ts";
import type { ApiField, ApiRequest, ApiResponse } from "../callers/message.ts";
import { ACM } from "./acm/acm.ts";
import { IAM } from "./iam/iam.ts";
import { answerJsonFailure, jsonAuthenticationCode, serveJson, targetOf } from "./json-protocol.ts";
import { serveQuery } from "./query-protocol.ts";
import { STS } from "./sts.ts";

/** Answers one request to the management port. It never throws: a fault of our own is reported, and answered as one. */
export async function serveApi(request: ApiRequest, control: Control): Promise<ApiResponse> {
  const requestId = newRequestId(control);
  const notes: CallNotes = {};
  const response = await answerCall(request, control, requestId, notes);
  control.audit?.(auditedCall(request, notes, response.status, requestId));
  return response;
}

async function answerCall(
  request: ApiRequest,
  control: Control,
  requestId: string,
  notes: CallNotes,
): Promise<ApiResponse> {
  const version = versionOf(request.rawPath);
  try {
    const authenticated = await authenticate(request, control);
    if (authenticated.kind === "failure") {
      notes.code = authenticated.code;
      return refuseCaller(authenticated, request, requestId);
    }
    const { caller, service, region } = authenticated;
    notes.caller = caller;
    const neighbor: NeighborContext = { control, caller, region, now: control.clock.now(), notes };
    switch (service) {
      case "cloudfront":
        return await serveCloudFront(request, version, caller, control, requestId, notes);
      case "sts":
        return await serveQuery(STS, request, neighbor, requestId);
      case "iam":
        return await serveQuery(IAM, request, neighbor, requestId);
      case "acm":
        return await serveJson(ACM, request, neighbor, requestId);
    }
  } catch (fault) {
    control.reportFault(fault, requestId);
    const { code, message } = fail("ServiceUnavailable");
    notes.code = code;
    return targetOf(request.fields) === undefined
      ? refuse({ code, message }, namespaceOf(version), requestId, control)
      : answerJsonFailure({ code, status: 503, message }, requestId);
  }
}

/** Who calls is not known, but in which protocol. */
function refuseCaller({ code, message }: AuthenticationFailure, request: ApiRequest, requestId: string): ApiResponse {
  const { status } = AUTHENTICATION_ERRORS[code];
  return targetOf(request.fields) === undefined
    ? answerError({ code, message }, status, namespaceOf(versionOf(request.rawPath)), requestId)
    : answerJsonFailure({ code: jsonAuthenticationCode(code), status: 400, message }, requestId);
}

async function serveCloudFront(
  request: ApiRequest,
  version: ApiVersion | undefined,
  caller: Caller,
  control: Control,
  requestId: string,
  notes: CallNotes,
): Promise<ApiResponse> {
  const namespace = namespaceOf(version);
  const no = (failure: Failure, fields: readonly ApiField[] = []): ApiResponse => {
    notes.code = failure.code;
    return refuse(failure, namespace, requestId, control, fields);
  };
  if (version === undefined) return no(unknownVersion(firstSegment(request.rawPath)));
  const { shapes } = apiModel(version);

  const query = parseQuery(request.rawQuery);
  if (query === undefined) return no(fail("InvalidURI"));
  const match = matchOperation(routerOf(version), request.method, request.rawPath.slice(version.length + 1), query);
  switch (match.kind) {
    case "malformed-path":
      return no(fail("InvalidURI"));
    case "no-such-path":
      return no(fail("UnknownOperation", `API version ${version} has no operation at ${quote(request.rawPath)}.`));
    case "method-not-allowed":
      return no(
        fail(
          "MethodNotAllowed",
          `${quote(request.rawPath)} takes ${match.allowed.join(", ")}, not ${quote(request.method)}.`,
        ),
        [["Allow", match.allowed.join(", ")]],
      );
    case "operation":
      break;
  }

  const headers = match.operation.input.some((binding) => binding.in === "header") ? byName(request.fields) : {};
  const { name, operation, params } = match;
  const parts = { params, query, headers, body: request.body };
  const { endpoint } = request;
  const outcome = await carryOut({ version, name, operation, parts, endpoint }, { caller, control, notes });
  if (outcome.kind === "failure") return no(outcome);

  const { status, headers: fields, body = "" } = writeOutput(operation, outcome.output, { shapes, namespace });
  assert(typeof body === "string", "only function code is answered as bytes, and functions are not carried out");
  return respond(status, fields, body, requestId);
}

/** Why something never became a request. */
type RefusedBecause = "not-http" | "head-too-large" | "too-slow" | "body-too-large";

/** The answer to what never became a request: the listener says why. */
export function refuseRequest(why: RefusedBecause, control: Control): ApiResponse {
  return refuse(whyRefused(why, control.limits), namespaceOf(undefined), newRequestId(control), control);
}

/** The same as a failure, for who answers in another form. */
export function whyRefused(why: RefusedBecause, limits: Control["limits"]): ApiFailure {
  switch (why) {
    case "not-http":
      return fail("InvalidAction", "The bytes received are not an HTTP/1.1 request.");
    case "head-too-large":
      return fail("RequestEntityTooLarge", "The request's header section is too large.");
    case "too-slow":
      return fail("RequestTimeout", `The request did not arrive within ${limits.apiRequestTimeoutSeconds} seconds.`);
    case "body-too-large":
      return fail("RequestEntityTooLarge", `The request's body is larger than ${limits.apiBodyBytesMax} bytes.`);
  }
}

function unknownVersion(segment: string): Failure {
  return fail(
    "NoSuchVersion",
    `${quote(segment)} is not an API version: the first part of a path is one of ${API_VERSIONS.join(", ")}.`,
  );
}

const routers = new Map<ApiVersion, OperationRouter>();

function routerOf(version: ApiVersion): OperationRouter {
  const known = routers.get(version);
  if (known !== undefined) return known;
  const router = compileRouter(apiModel(version).operations);
  routers.set(version, router);
  return router;
}

function versionOf(rawPath: string): ApiVersion | undefined {
  const segment = firstSegment(rawPath);
  return isApiVersion(segment) ? segment : undefined;
}

function firstSegment(rawPath: string): string {
  return rawPath.split("/", 2)[1] ?? "";
}

function namespaceOf(version: ApiVersion | undefined): string {
  return apiModel(version ?? NEWEST_VERSION).namespace;
}

/** A caller's text in a message: short, so that nobody can make us send their megabyte back. */
function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

/** The first field of each name counts. */
function byName(fields: readonly ApiField[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of fields) headers[name.toLowerCase()] ??= value;
  return headers;
}

/** A lower-case UUID, version 4. */
export function newRequestId(control: Pick<Control, "random">): string {
  const bytes = Buffer.from(control.random(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function refuse(
  failure: Failure,
  namespace: string,
  requestId: string,
  control: Control,
  fields: readonly ApiField[] = [],
): ApiResponse {
  const known = Object.hasOwn(API_ERRORS, failure.code) ? API_ERRORS[failure.code as ApiErrorCode] : undefined;
  if (known === undefined) control.reportFault(new Error(`no error row for ${failure.code}`), requestId);
  return answerError(failure, known?.status ?? 500, namespace, requestId, fields);
}

function answerError(
  { code, message }: Failure,
  status: number,
  namespace: string,
  requestId: string,
  fields: readonly ApiField[] = [],
): ApiResponse {
  const type = status < 500 ? "Sender" : "Receiver";
  const body = writeError({ namespace, type, code, message, requestId });
  return { status, fields: [["x-amzn-RequestId", requestId], ["Content-Type", "text/xml"], ...fields], body };
}

function respond(status: number, fields: readonly ApiField[], body: string, requestId: string): ApiResponse {
  return { status, fields: [["x-amzn-RequestId", requestId], ...fields], body };
}
