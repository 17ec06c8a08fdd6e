// The query protocol of STS and IAM: a form with an Action in, XML out. Action → authorize → read the members by the
// operation's table → operate → write; what a service is made of is a table of operations. Shape of the answers:
// [STSAPI GetCallerIdentity], [IAMAPI UploadServerCertificate].

import type { ApiRequest, ApiResponse } from "../callers/message.ts";
import { writeError } from "../wire/error-document.ts";
import { readMembers, type MemberSpecs } from "../wire/member-constraints.ts";
import type { WireDocument, WireValue } from "../wire/shape.ts";
import { escapeText } from "../wire/xml-writer.ts";
import { noteCreated } from "./audit.ts";
import { refuseAction } from "./authorize.ts";
import type { NeighborContext } from "./context.ts";
import { isFailure, type NeighborFailure, type NeighborOutcome } from "./neighbor-outcome.ts";

export interface QueryOperation {
  readonly members: MemberSpecs;
  /** What AccessDenied names. */
  readonly resource: (input: WireDocument, context: NeighborContext) => string;
  readonly operate: (input: WireDocument, context: NeighborContext) => Promise<NeighborOutcome>;
}

export interface QueryService {
  /** As in the scope of a signature, and before the colon of an action. */
  readonly name: string;
  readonly namespace: string;
  readonly operations: Readonly<Record<string, QueryOperation>>;
}

export async function serveQuery(
  service: QueryService,
  request: ApiRequest,
  context: NeighborContext,
  requestId: string,
): Promise<ApiResponse> {
  const body = new TextDecoder().decode(request.body);
  const form = new URLSearchParams(body === "" ? request.rawQuery : body);
  const action = form.get("Action") ?? "";
  const outcome = await carryOut(service, action, form, context);
  if (isFailure(outcome)) {
    context.notes.code = outcome.code;
    return answerQueryFailure(service, outcome, requestId);
  }
  noteCreated(context.notes, outcome.output);
  const result =
    outcome.output === undefined ? "" : `<${action}Result>${writeMembers(outcome.output)}</${action}Result>`;
  return {
    status: 200,
    fields: [
      ["x-amzn-RequestId", requestId],
      ["Content-Type", "text/xml"],
    ],
    body:
      `<${action}Response xmlns="${service.namespace}">${result}` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`,
  };
}

async function carryOut(
  service: QueryService,
  action: string,
  form: URLSearchParams,
  context: NeighborContext,
): Promise<NeighborOutcome> {
  const { operations, name } = service;
  const operation = Object.hasOwn(operations, action) ? operations[action] : undefined;
  if (operation === undefined) {
    return invalid(
      "InvalidAction",
      `Could not find operation ${action.slice(0, 100) || "(none)"} for version ${form.get("Version")?.slice(0, 20) ?? "(none)"}: ${Object.keys(operations).join(", ")} are here.`,
    );
  }
  const sent = readForm(form);
  context.notes.operation = `${name}:${action}`;
  context.notes.resource = operation.resource(sent as WireDocument, context);
  const refused = refuseAction(context.caller, `${name}:${action}`, () =>
    operation.resource(sent as WireDocument, context),
  );
  if (refused !== undefined) return { kind: "failure", code: "AccessDenied", status: 403, message: refused };
  const read = readMembers(sent, operation.members, true);
  return read.kind === "ok" ? operation.operate(read.input, context) : invalid("ValidationError", read.message);
}

function invalid(code: string, message: string): NeighborFailure {
  return { kind: "failure", code, status: 400, message };
}

function answerQueryFailure(
  { namespace }: Pick<QueryService, "namespace">,
  { code, status, message }: Omit<NeighborFailure, "kind">,
  requestId: string,
): ApiResponse {
  const type = status < 500 ? "Sender" : "Receiver";
  return {
    status,
    fields: [
      ["x-amzn-RequestId", requestId],
      ["Content-Type", "text/xml"],
    ],
    body: writeError({ namespace, type, code, message, requestId }),
  };
}

/** Of the form itself, not of the operation; a signature in the query has its own. */
const NOT_MEMBERS = /^(?:Action|Version|X-Amz-[\w-]+)$/i;

/** `A=1&L.member.1=x&T.member.1.Key=k`: texts, lists of texts, lists of structures of texts. Gaps in the count close up. */
function readForm(form: URLSearchParams): object {
  const document: Record<string, unknown> = Object.create(null);
  const lists = new Map<string, Map<number, unknown>>();
  for (const [key, value] of form) {
    if (NOT_MEMBERS.test(key)) continue;
    const match = /^(\w+)\.member\.(\d{1,6})(?:\.(\w+))?$/.exec(key);
    if (match === null) {
      document[key] = value;
      continue;
    }
    const [, list = "", index = "", member] = match;
    const items = lists.get(list) ?? new Map<number, unknown>();
    lists.set(list, items);
    const at = Number(index);
    items.set(at, member === undefined ? value : { ...(items.get(at) as object | undefined), [member]: value });
  }
  for (const [list, items] of lists) {
    document[list] = [...items].toSorted(([one], [other]) => one - other).map(([, item]) => item);
  }
  return document;
}

function writeMembers(document: WireDocument): string {
  return Object.entries(document)
    .map(([name, value]) => (value === undefined ? "" : `<${name}>${writeValue(value)}</${name}>`))
    .join("");
}

function writeValue(value: WireValue): string {
  if (Array.isArray(value))
    return (value as readonly WireValue[]).map((item) => `<member>${writeValue(item)}</member>`).join("");
  return typeof value === "object" ? writeMembers(value as WireDocument) : escapeText(String(value));
}
