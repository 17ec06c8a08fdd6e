import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { test } from "node:test";

import {
  CloudFrontClient,
  CreateDistributionWithTagsCommand,
  GetDistributionCommand,
  ListDistributionsCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
} from "@aws-sdk/client-cloudfront";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { SignatureV4 } from "@smithy/signature-v4";

import { epochMs } from "../vocabulary/time.ts";
import type { EpochMs } from "../vocabulary/time.ts";
import type { SignedField } from "./canonical-request.ts";
import { readSignature } from "./read-signature.ts";
import { parseAmzDate } from "./signed-date.ts";
import { checkSignature } from "./sigv4.ts";
import { newSigningKeys } from "./signing-key.ts";

// The signers of real clients, over requests that no operation needs as well: what they sign must verify here, and
// must stop doing so when the secret is another.

const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: SECRET };
const SESSION = { ...CREDENTIALS, sessionToken: "FwoG+/=to ken" };
const HOST = "127.0.0.1:7400";
const NOW = epochMs(Date.UTC(2019, 8, 29, 17, 19, 36));

/** Text as it is on the wire: one character per byte. */
function onWire(text: string): string {
  return Buffer.from(text).toString("latin1");
}

interface Sent {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly fields: readonly SignedField[];
  readonly body: string | Uint8Array;
}

/** Verifies a request at the time that it says it was signed, or at `at`. */
function assertVerifies(sent: Sent, about: string, at?: EpochMs): void {
  const mark = sent.target.indexOf("?");
  const request = {
    method: sent.method,
    rawPath: onWire(mark === -1 ? sent.target : sent.target.slice(0, mark)),
    rawQuery: onWire(mark === -1 ? "" : sent.target.slice(mark + 1)),
    fields: sent.fields.map(([name, value]) => [name, onWire(value)] as const),
    body: typeof sent.body === "string" ? Buffer.from(sent.body) : sent.body,
  };
  const signature = readSignature(request, { services: ["cloudfront", "sts"] });
  if (signature.kind === "failure") assert.fail(`${about}: ${signature.message}`);
  const by = { secret: SECRET, now: at ?? signature.signedAt, keys: newSigningKeys(1) };
  const outcome = checkSignature(signature, request, by);
  assert.equal(outcome.kind, "ok", outcome.kind === "failure" ? `${about}: ${outcome.message}` : about);
  const refused = checkSignature(signature, request, { ...by, secret: "another", keys: newSigningKeys(1) });
  assert.equal(refused.kind, "failure", about);
}

const PATHS = [
  "/",
  "/2020-05-31/distribution/EDFDVBD632BHDS5",
  "/2016-01-13/distribution/E1/invalidation/",
  "/a%2Fb",
  "/a%2fb%20c",
  "/a b",
  "//a///b//",
  "/a/./b/.",
  "/a/../b/..",
  "/..",
  "/é/日本/%C3%A9",
  "/a+b:c@d&e=f$g,h;i",
  "/!'()*~-._",
  "/%",
  "",
];

const QUERIES = [
  "",
  "WithTags",
  "WithTags=",
  "Marker=&MaxItems=100",
  "b=2&a=1&B=3",
  "a=2&a=1&a=10",
  "a&a=&b",
  "a=b%20c",
  "a=b%2Bc",
  "a=b%2Fc%3Dd",
  "Resource=arn%3Aaws%3Acloudfront%3A%3A123456789012%3Adistribution%2FE1",
  "a-b=1&a=2&a.b=3",
  "é=日本",
];

// botocore alone signs these as they are; others encode them first, and send what they have encoded.
const RAW_QUERIES = ["a=b+c", "a=x:y/z", "a=b=c", "a=%2f%7e", "&&a=1&", "a=%zz", "a='*'(!)"];

const HEADERS: readonly (readonly SignedField[])[] = [
  [],
  [["Content-Type", "application/xml"]],
  [["X-Amz-Meta-Some", "  a   b\t c  "]],
  [["If-Match", '"E2QWRUHAPOMQZL"'], ["x-empty", ""], ["User-Agent", "never signed"]],
  [["X-List", " b, c "], ["X-List", "a"]],
  [["X-Unicode", "日本 à"]],
  [["X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"]],
]; // prettier-ignore

const BODIES = ["", "<InvalidationBatch/>", "<Comment>é</Comment>"];

interface Case {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly SignedField[];
  readonly body: string;
  readonly token: boolean;
}

/** Lists of coprime lengths, walked in step: each two values meet before long. */
function casesOf(queries: readonly string[], count: number): readonly Case[] {
  const pick = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
  return Array.from({ length: count }, (_, index) => {
    const method = pick(["GET", "POST", "PUT", "DELETE"], index);
    return {
      method,
      path: pick(PATHS, index),
      query: pick(queries, index),
      headers: pick(HEADERS, index),
      body: method === "GET" || method === "DELETE" ? "" : pick(BODIES, index),
      token: index % 5 === 0,
    };
  });
}

// Reads cases from standard input and writes the requests that botocore makes of them.
const BOTOCORE_SIGNER = `
import json, sys
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

given = json.load(sys.stdin)
out = []
for case in given["cases"]:
    query = "?" + case["query"] if case["query"] else ""
    request = AWSRequest(case["method"], "http://" + given["host"] + case["path"] + query, data=case["body"].encode())
    for name, value in case["headers"]:
        request.headers[name] = value
    if case["byDate"]:
        request.headers["Date"] = "to be replaced"
    credentials = Credentials(given["id"], given["secret"], given["token"] if case["token"] else None)
    if case["form"] == "query":
        # It would move the body into the address.
        request.data = b""
        SigV4QueryAuth(credentials, "cloudfront", "eu-west-1", expires=900).add_auth(request)
    else:
        SigV4Auth(credentials, "cloudfront", "eu-west-1").add_auth(request)
    fields = [["Host", given["host"]]] + [[name, value] for name, value in request.headers.items()]
    target = request.url[len("http://" + given["host"]):]
    out.append({"method": case["method"], "target": target, "fields": fields, "body": request.data.decode()})
json.dump(out, sys.stdout)
`;

const PYTHON = "/usr/bin/python3";
const hasBotocore = spawnSync(PYTHON, ["-c", "import botocore.session"]).status === 0;

test("what botocore signs verifies", { skip: hasBotocore ? false : "python3-botocore is not installed" }, () => {
  const cases = casesOf([...QUERIES, ...RAW_QUERIES], 84).map((each, index) => ({
    ...each,
    form: index % 3 === 2 ? "query" : "header",
    byDate: index % 3 === 1 && index % 2 === 1,
  }));
  const { accessKeyId: id, secretAccessKey: secret, sessionToken: token } = SESSION;
  const made = spawnSync(PYTHON, ["-W", "ignore", "-c", BOTOCORE_SIGNER], {
    input: JSON.stringify({ host: HOST, id, secret, token, cases }),
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.equal(made.status, 0, made.stderr);
  const requests = JSON.parse(made.stdout) as readonly Sent[];
  assert.equal(requests.length, cases.length);
  for (const [index, sent] of requests.entries()) {
    assertVerifies(sent, JSON.stringify([cases[index], sent], null, 1));
  }
});

/** What the third JavaScript SDK hashes with. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = typeof secret === "string" ? secret : secret === undefined ? undefined : bytesIn(secret);
    this.#hash = key === undefined ? createHash("sha256") : createHmac("sha256", key);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

function bytesIn(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

/** A query as the SDKs for JavaScript hold it, and as they send it. */
function queryBag(query: string): Record<string, string | string[]> {
  const bag: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const before = bag[name];
    bag[name] = before === undefined ? value : [...(typeof before === "string" ? [before] : before), value];
  }
  return bag;
}

type Bag = Record<string, string | readonly (string | null)[] | null>;

function sendQuery(bag: Bag): string {
  const encode = (text: string | null) =>
    encodeURIComponent(text ?? "").replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const pieces = Object.entries(bag).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each: string | null) =>
      each === "" && name.length % 2 === 0 ? encode(name) : `${encode(name)}=${encode(each)}`,
    ),
  );
  return pieces.length === 0 ? "" : `?${pieces.join("&")}`;
}

test("what the signer of the third JavaScript SDK signs verifies, in both forms", async () => {
  for (const each of casesOf(QUERIES, 60)) {
    // Its headers are a record: a name comes once.
    const headers = { ...Object.fromEntries(each.headers), host: HOST };
    const signer = new SignatureV4({
      service: "cloudfront",
      region: "eu-west-1",
      credentials: each.token ? SESSION : CREDENTIALS,
      sha256: Sha256,
    });
    const request = {
      method: each.method,
      protocol: "http:",
      hostname: "127.0.0.1",
      port: 7400,
      path: each.path || "/",
      query: queryBag(each.query),
      headers,
      body: each.body,
    };
    const signingDate = new Date(NOW);
    for (const [form, signed] of [
      ["header", await signer.sign(request, { signingDate })],
      ["query", await signer.presign(request, { signingDate, expiresIn: 60 })],
    ] as const) {
      const sent = {
        method: signed.method,
        target: signed.path + sendQuery(signed.query ?? {}),
        fields: Object.entries(signed.headers),
        body: each.body,
      };
      assertVerifies(sent, JSON.stringify([form, each, sent], null, 1), NOW);
    }
  }
});

test("what the clients of the third JavaScript SDK send verifies", async () => {
  const sent: Sent[] = [];
  // Stands in place of the socket: takes the request as it would be written, and answers without one.
  const requestHandler = {
    async handle(request: {
      readonly method: string;
      readonly path: string;
      readonly query?: unknown;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: unknown;
    }) {
      const body = typeof request.body === "string" || request.body instanceof Uint8Array ? request.body : "";
      const target = request.path + sendQuery((request.query ?? {}) as Bag);
      sent.push({ method: request.method, target, fields: Object.entries(request.headers), body });
      throw Object.assign(new Error("taken"), { $retryable: undefined });
    },
  };
  const settings = {
    region: "ap-south-1",
    endpoint: `http://${HOST}`,
    credentials: SESSION,
    requestHandler: requestHandler as never,
    maxAttempts: 1,
  };
  const cloudFront = new CloudFrontClient(settings);
  const arn = "arn:aws:cloudfront::123456789012:distribution/E1";
  const config = {
    DistributionConfig: { CallerReference: "é", Comment: "", Enabled: true, Origins: undefined },
    Tags: { Items: [{ Key: "a b", Value: "ü" }] },
  };
  const sends = [
    () => cloudFront.send(new GetDistributionCommand({ Id: "E/1 é" })),
    () => cloudFront.send(new ListDistributionsCommand({ Marker: "a+b c/=", MaxItems: 5 })),
    () => cloudFront.send(new ListTagsForResourceCommand({ Resource: arn })),
    () => cloudFront.send(new TagResourceCommand({ Resource: arn, Tags: { Items: [{ Key: "k", Value: "v" }] } })),
    () => cloudFront.send(new CreateDistributionWithTagsCommand({ DistributionConfigWithTags: config as never })),
    () => new STSClient(settings).send(new GetCallerIdentityCommand({})),
  ];
  for (const send of sends) await assert.rejects(send(), /taken/);
  assert.equal(sent.length, sends.length);
  for (const each of sent) assertVerifies(each, JSON.stringify(each, null, 1));
});

/** What we use of the second JavaScript SDK's insides, which have no types. */
interface OldSdk {
  readonly HttpRequest: new (endpoint: unknown, region: string) => OldRequest;
  readonly Endpoint: new (address: string) => unknown;
  readonly Signers: {
    readonly V4: new (
      request: OldRequest,
      service: string,
    ) => { addAuthorization(credentials: typeof CREDENTIALS, date: Date): void };
  };
}
interface OldRequest {
  method: string;
  path: string;
  body: string;
  headers: Record<string, string>;
}

function oldSdk(path: string): unknown {
  process.env["AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE"] = "1";
  return createRequire(import.meta.url)(path) as unknown;
}

test("what the signer of the second JavaScript SDK signs verifies", () => {
  const sdk = oldSdk("aws-sdk/global") as OldSdk;
  for (const each of casesOf([...QUERIES, "a=b+c", "a=%2f%7e", "a=x:y/z"], 64)) {
    // It leaves dot segments and empty segments in the path that it signs, as no service takes them; it sends none.
    if (/\/\/|\/\.{1,2}(?=\/|$)/.test(each.path)) continue;
    const request = new sdk.HttpRequest(new sdk.Endpoint(`http://${HOST}`), "eu-west-1");
    request.method = each.method;
    request.path = (each.path || "/") + (each.query === "" ? "" : `?${each.query}`);
    request.body = each.body;
    request.headers = { ...Object.fromEntries(each.headers), Host: HOST };
    new sdk.Signers.V4(request, "cloudfront").addAuthorization(each.token ? SESSION : CREDENTIALS, new Date(NOW));
    const sent = { ...request, target: request.path, fields: Object.entries(request.headers) };
    assertVerifies(sent, JSON.stringify([each, request.headers], null, 1), NOW);
  }
});

test("an address signed by the second JavaScript SDK verifies", () => {
  const CloudFront = oldSdk("aws-sdk/clients/cloudfront") as new (
    settings: object,
  ) => Record<string, (input: object) => { presign(expiresSeconds: number): string }>;
  for (const apiVersion of ["2014-05-31", "2020-05-31"]) {
    const client = new CloudFront({
      apiVersion,
      region: "us-west-2",
      endpoint: `http://${HOST}`,
      credentials: SESSION,
      signatureCache: false,
    });
    for (const [operation, input] of [
      ["getDistribution", { Id: "E 1/é" }],
      ["listDistributions", { Marker: "a+b/ c=", MaxItems: "7" }],
    ] as const) {
      const url = new URL(client[operation]?.(input).presign(120) ?? "");
      const sent = { method: "GET", target: url.pathname + url.search, fields: [["Host", HOST]] as const, body: "" };
      const date = parseAmzDate(url.searchParams.get("X-Amz-Date") ?? "");
      assert(date !== undefined);
      assertVerifies(sent, url.href, epochMs(date + 119_000));
    }
  }
});
