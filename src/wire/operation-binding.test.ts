import assert from "node:assert/strict";
import { test } from "node:test";

import { bindInput, writeOutput, type RequestParts } from "./operation-binding.ts";
import type { OperationShape, Shape } from "./shape.ts";

const SHAPES: Readonly<Record<string, Shape>> = {
  string: { type: "string" },
  integer: { type: "integer" },
  boolean: { type: "boolean" },
  blob: { type: "blob" },
  Stage: { type: "string", enum: ["DEVELOPMENT", "LIVE"] },
  Config: {
    type: "structure",
    members: [
      { name: "Name", shape: "string", required: true },
      { name: "Enabled", shape: "boolean" },
    ],
  },
};
function shapes(name: string): Shape {
  const shape = SHAPES[name];
  if (shape === undefined) throw new Error(`no shape ${name}`);
  return shape;
}
const MODEL = { shapes, namespace: "urn:test" };

function operation(parts: Partial<OperationShape>): OperationShape {
  return { method: "PUT", path: "/thing/{Id}", status: 200, input: [], output: [], errors: [], ...parts };
}

function bind(shape: OperationShape, { body = "", ...parts }: Partial<Omit<RequestParts, "body">> & { body?: string }) {
  const request = { params: {}, query: new Map<string, string>(), headers: {}, ...parts, body: Buffer.from(body) };
  return bindInput(shape, request, { shapes, depthMax: 32 });
}

const update = operation({
  input: [
    { member: "Config", shape: "Config", in: "payload", name: "Config", required: true },
    { member: "Id", shape: "string", in: "uri", name: "Id", required: true },
    { member: "IfMatch", shape: "string", in: "header", name: "If-Match" },
    { member: "Staging", shape: "boolean", in: "header", name: "Staging" },
  ],
});
const list = operation({
  input: [
    { member: "Resource", shape: "string", in: "query", name: "resource", required: true },
    { member: "MaxItems", shape: "integer", in: "query", name: "MaxItems" },
    { member: "Stage", shape: "Stage", in: "query", name: "Stage" },
  ],
});
const wrapped = operation({
  inputRoot: "TestRequest",
  input: [
    { member: "Id", shape: "string", in: "uri", name: "Id", required: true },
    { member: "IfMatch", shape: "string", in: "header", name: "If-Match", required: true },
    { member: "Event", shape: "blob", in: "body", name: "Event", required: true },
    { member: "Stage", shape: "Stage", in: "body", name: "Stage" },
  ],
});
const CONFIG = "<Config><Name>n</Name></Config>";

test("the input is one document, whatever part of the request carried a member", () => {
  const headers = { "if-match": "E2QWRUHAPOMQZL", staging: "true" };
  assert.deepEqual(bind(update, { params: { Id: "E1" }, headers, body: CONFIG }), {
    kind: "ok",
    input: { Id: "E1", IfMatch: "E2QWRUHAPOMQZL", Staging: true, Config: { Name: "n" } },
  });
});

test("If-Match is read with quotes and without", () => {
  const outcome = bind(update, { params: { Id: "E1" }, headers: { "if-match": '"E2"' }, body: CONFIG });
  assert.deepEqual(outcome, { kind: "ok", input: { Id: "E1", IfMatch: "E2", Config: { Name: "n" } } });
});

test("members that the request does not carry are absent", () => {
  const outcome = bind(update, { params: { Id: "E1" }, body: CONFIG });
  assert.deepEqual(outcome, { kind: "ok", input: { Id: "E1", Config: { Name: "n" } } });
});

test("a document with a root of the operation's own holds members of the input", () => {
  const body = "<TestRequest><Stage>LIVE</Stage><Event>e30=</Event></TestRequest>";
  assert.deepEqual(bind(wrapped, { params: { Id: "F" }, headers: { "if-match": "E1" }, body }), {
    kind: "ok",
    input: { Id: "F", IfMatch: "E1", Event: "e30=", Stage: "LIVE" },
  });
});

test("a body where none is expected is left unread", () => {
  const outcome = bind(list, { query: new Map([["resource", "arn"]]), body: "<not xml" });
  assert.deepEqual(outcome, { kind: "ok", input: { Resource: "arn" } });
});

const one = "1 validation error detected: Value";
const REFUSED: readonly (readonly [
  claim: string,
  OperationShape,
  Parameters<typeof bind>[1],
  code: string,
  message: string | RegExp,
])[] = [
  ["a missing body", update, { params: { Id: "E" } }, "MissingBody", /needs a body/],
  ["a missing body of members", wrapped, { params: { Id: "E" }, headers: { "if-match": "E" } }, "MissingBody", /needs/],
  ["a missing If-Match", wrapped, { params: { Id: "E" } }, "InvalidIfMatchVersion", /If-Match/],
  [
    "a missing parameter",
    list,
    {},
    "InvalidArgument",
    `${one} null at 'resource' failed to satisfy constraint: Member must not be null`,
  ],
  [
    "a count that is no number",
    list,
    {
      query: new Map([
        ["resource", "r"],
        ["MaxItems", "ten"],
      ]),
    },
    "InvalidArgument",
    "The value of MaxItems is not of type integer.",
  ],
  [
    "a parameter outside its enum",
    list,
    {
      query: new Map([
        ["resource", "r"],
        ["Stage", "live"],
      ]),
    },
    "InvalidArgument",
    `${one} 'live' at 'stage' failed to satisfy constraint: Member must satisfy enum value set: [DEVELOPMENT, LIVE]`,
  ],
  ["a body that is no XML", update, { params: { Id: "E" }, body: "{}" }, "MalformedXML", /not well-formed/],
  [
    "a wrong root",
    update,
    { params: { Id: "E" }, body: "<Other/>" },
    "MalformedXML",
    `${one} null at 'config' failed to satisfy constraint: Member must not be null`,
  ],
  [
    "a missing member of the operation's own document",
    wrapped,
    { params: { Id: "E" }, headers: { "if-match": "E" }, body: "<TestRequest/>" },
    "MalformedXML",
    `${one} null at 'event' failed to satisfy constraint: Member must not be null`,
  ],
];

for (const [claim, shape, request, code, message] of REFUSED) {
  test(`${claim} is refused with ${code}`, () => {
    const outcome = bind(shape, request);
    assert.ok(outcome.kind === "failure");
    assert.equal(outcome.code, code);
    if (typeof message === "string") assert.equal(outcome.message, message);
    else assert.match(outcome.message, message);
  });
}

test("empty optional parameters are absent", () => {
  const query = new Map([
    ["resource", "r"],
    ["MaxItems", ""],
    ["Stage", ""],
  ]);
  assert.deepEqual(bind(list, { query }), { kind: "ok", input: { Resource: "r" } });
});

test("an output is its headers and the document of its payload", () => {
  const create = operation({
    status: 201,
    output: [
      { member: "Config", shape: "Config", in: "payload", name: "Config" },
      { member: "Location", shape: "string", in: "header", name: "Location" },
      { member: "ETag", shape: "string", in: "header", name: "ETag" },
    ],
  });
  assert.deepEqual(writeOutput(create, { Config: { Name: "a&b" }, ETag: "E2", Location: "http://x/1" }, MODEL), {
    status: 201,
    headers: [
      ["Location", "http://x/1"],
      ["ETag", "E2"],
      ["Content-Type", "text/xml"],
    ],
    body: '<?xml version="1.0"?>\n<Config xmlns="urn:test"><Name>a&amp;b</Name></Config>',
  });
  assert.throws(() => writeOutput(create, {}, MODEL), /no Config/);
});

test("an output of several members has the operation's own root", () => {
  const put = operation({
    outputRoot: "PutResult",
    output: [{ member: "Arn", shape: "string", in: "body", name: "Arn" }],
  });
  assert.equal(
    writeOutput(put, { Arn: "arn:x" }, MODEL).body,
    '<?xml version="1.0"?>\n<PutResult xmlns="urn:test"><Arn>arn:x</Arn></PutResult>',
  );
});

test("an output without members has no body and no type", () => {
  assert.deepEqual(writeOutput(operation({ status: 204 }), {}, MODEL), { status: 204, headers: [] });
});

test("function code is the body itself", () => {
  const get = operation({
    output: [
      { member: "FunctionCode", shape: "blob", in: "payload", name: "FunctionCode" },
      { member: "ContentType", shape: "string", in: "header", name: "Content-Type" },
    ],
  });
  assert.deepEqual(writeOutput(get, { FunctionCode: "AAH/", ContentType: "application/octet-stream" }, MODEL), {
    status: 200,
    headers: [["Content-Type", "application/octet-stream"]],
    body: Buffer.from([0, 1, 255]),
  });
});
