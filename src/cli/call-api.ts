// The management API as the command line asks it: like any client, over HTTP, signed, in the newest version's words. The table
// of operations says what travels where, so an operation needs no code here.

import { randomBytes } from "node:crypto";
import { apiModel, NEWEST_VERSION } from "../model/api.ts";
import type { Settings } from "../service/settings.ts";
import { systemClock } from "../vocabulary/time.ts";
import { encodeComponent, type SignedField } from "../wire/canonical-request.ts";
import type { Binding, OperationShape, WireDocument, WireValue } from "../wire/shape.ts";
import { signRequest } from "../wire/sigv4-sign.ts";
import { readDocument, readElements, type XmlElement } from "../wire/xml-reader.ts";
import { writeDocument } from "../wire/xml-writer.ts";
import type { Arguments } from "./arguments.ts";
import { callerCredential, noServerAt, tellWhoAsked } from "./caller-credential.ts";
import { findServer } from "./find-server.ts";

export type ApiOutcome =
  | { readonly kind: "ok"; readonly output: WireDocument }
  /** `code` is the API's; without one nothing that speaks it has answered. */
  | { readonly kind: "failure"; readonly code: string | undefined; readonly message: string };

/** Asks the API of one server. Members of the input are those of the operation's. */
export type CallApi = (operation: string, input?: WireDocument) => Promise<ApiOutcome>;

const ANSWERS_WITHIN_MS = 30_000;
const PAGE_ITEMS = 100;
/** What we answer ourselves is deeper and longer than what is taken from others. */
const XML_LIMITS = { depthMax: 100, elementsMax: 10_000_000 };

const MODEL = apiModel(NEWEST_VERSION);

export async function openApi(given: Pick<Arguments, "settingFlags">, settings: Settings): Promise<CallApi> {
  const found = await findServer(given, settings);
  if (found.kind === "failure") return () => Promise.resolve({ ...found, code: undefined });
  return (operation, input = {}) => call(operation, input, found.authority);
}

/** All items of a list, page by page. `root` is the member that the pages are. */
export async function listAll(
  callApi: CallApi,
  operation: string,
  root: string,
): Promise<{ readonly kind: "ok"; readonly items: readonly WireDocument[] } | (ApiOutcome & { kind: "failure" })> {
  const items: WireDocument[] = [];
  for (let marker: WireValue = ""; ;) {
    const page = await callApi(operation, { ...(marker === "" ? {} : { Marker: marker }), MaxItems: PAGE_ITEMS });
    if (page.kind === "failure") return page;
    const list = page.output[root] as WireDocument | undefined;
    items.push(...itemsOf(list));
    marker = list?.["NextMarker"] ?? "";
    if (marker === "") return { kind: "ok", items };
  }
}

/** What stands in `Items`, which is not there when it is empty. */
export function itemsOf<Item extends WireValue = WireDocument>(list: WireValue | undefined): readonly Item[] {
  const items = (list as WireDocument | undefined)?.["Items"];
  return Array.isArray(items) ? (items as readonly Item[]) : [];
}

/** A member that is a text or a number, as text; "" where it is not there. */
export function textOf(document: WireDocument | undefined, member: string): string {
  const value = document?.[member];
  return typeof value === "object" || value === undefined ? "" : String(value);
}

/** A CallerReference that nobody has used. */
export function newReference(): string {
  return `warmfront-${randomBytes(12).toString("hex")}`;
}

async function call(name: string, input: WireDocument, authority: string): Promise<ApiOutcome> {
  const operation = MODEL.operations.get(name);
  if (operation === undefined) throw new Error(`the API has no operation ${name}`);
  const { method } = operation;
  const { rawPath, rawQuery, fields: own, body } = requestOf(operation, input);
  const fields = signRequest(
    { method, rawPath, rawQuery, fields: [["Host", authority], ...own], body },
    { ...callerCredential(), region: "us-east-1", service: "cloudfront" },
    { at: systemClock.now() },
  );
  const headers = fields
    .filter(([field]) => field !== "Host")
    .map(([field, value]): [string, string] => [field, value]);
  let response: Response;
  let answer: Uint8Array;
  try {
    const url = `http://${authority}${rawPath}${rawQuery === "" ? "" : `?${rawQuery}`}`;
    const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
    response = await fetch(url, { method, headers, signal, ...(body.length === 0 ? {} : { body }) });
    answer = new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    const isLate = (error as Error).name === "TimeoutError";
    const message = isLate
      ? `the server at http://${authority} does not answer within ${ANSWERS_WITHIN_MS / 1000} seconds`
      : noServerAt(authority);
    return { kind: "failure", code: undefined, message };
  }
  return response.status === operation.status
    ? readOutput(operation, { body: answer, headers: response.headers }, authority)
    : readRefusal(answer, response.status, authority);
}

function requestOf(
  { path, input: bindings }: OperationShape,
  input: WireDocument,
): {
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly fields: readonly SignedField[];
  readonly body: Uint8Array;
} {
  const sent = bindings.filter(({ member }) => input[member] !== undefined);
  const text = ({ member }: Binding): string => encodeComponent(textOf(input, member));
  let rawPath = `/${NEWEST_VERSION}${path}`;
  for (const binding of sent.filter((each) => each.in === "uri")) {
    rawPath = rawPath.replace(`{${binding.name}}`, () => text(binding));
  }
  const query = sent.filter((each) => each.in === "query").map((binding) => `${binding.name}=${text(binding)}`);
  const fields = sent
    .filter((each) => each.in === "header")
    .map(({ name, member }): SignedField => [name, textOf(input, member)]);
  const payload = sent.find((each) => each.in === "payload");
  const document =
    payload === undefined
      ? ""
      : writeDocument(payload.name, input[payload.member] as WireDocument, { ...MODEL, shape: payload.shape });
  return { rawPath, rawQuery: query.join("&"), fields, body: new TextEncoder().encode(document) };
}

function readOutput(
  { output }: OperationShape,
  { body, headers }: { readonly body: Uint8Array; readonly headers: Headers },
  authority: string,
): ApiOutcome {
  const fields = output
    .filter((each) => each.in === "header")
    .map(({ member, name }): [string, string] => [member, headers.get(name) ?? ""]);
  const said: WireDocument = Object.fromEntries(fields);
  const payload = output.find((each) => each.in === "payload");
  if (payload === undefined) return { kind: "ok", output: said };
  const read = readDocument(body, { root: payload.name, shape: payload.shape, shapes: MODEL.shapes, ...XML_LIMITS });
  if (read.kind === "ok") return { kind: "ok", output: { ...said, [payload.member]: read.value } };
  return { kind: "failure", code: undefined, message: `${notOurs(authority)} (${read.message})` };
}

function readRefusal(body: Uint8Array, status: number, authority: string): ApiOutcome {
  const read = readElements(body, XML_LIMITS);
  const error = read.kind === "failure" ? undefined : child(read.root, "Error");
  const code = error && child(error, "Code")?.text;
  if (error === undefined || code === undefined) {
    return { kind: "failure", code: undefined, message: `${notOurs(authority)} (status ${status})` };
  }
  const message = child(error, "Message")?.text ?? code;
  return { kind: "failure", code, message: tellWhoAsked(message, status) };
}

function child({ children }: XmlElement, name: string): XmlElement | undefined {
  return children.find((each) => each.name === name);
}

function notOurs(authority: string): string {
  return `what answers at http://${authority} does not speak the CloudFront API: say where the server is with --data-dir or --api-port`;
}
