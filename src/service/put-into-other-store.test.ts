// Stores that are well, refuse, are silent, break off and babble: what the operator is told of each, in time and without a secret.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { FileToPut } from "../buckets/put-file.ts";
import type { OtherStore } from "../edge/bucket-stores.ts";
import { parseAccountId } from "../vocabulary/ids.ts";
import { seconds, systemClock } from "../vocabulary/time.ts";
import { placeOf, putIntoOtherStore } from "./put-into-other-store.ts";

const CONTENT = Buffer.alloc(300_000, "content ");
const SECRET = "the operator's secret";

function fileToPut(): FileToPut {
  return {
    account: parseAccountId("123456789012") ?? assert.fail(),
    userName: "",
    bucket: "far",
    key: "cdn/E1.2026-11-21-09.A.gz",
    contentType: "application/gzip",
    bytes: CONTENT.length,
    content: (async function* read() {
      for (let at = 0; at < CONTENT.length; at += 65_536) yield CONTENT.subarray(at, at + 65_536);
    })(),
  };
}

async function put(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  given: { readonly store?: Partial<OtherStore>; readonly withinSeconds?: number; readonly signal?: AbortSignal } = {},
): Promise<string | undefined> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const store: OtherStore = {
      scheme: "http",
      host: "127.0.0.1",
      port: (server.address() as AddressInfo).port,
      buckets: ["far"],
      region: "eu-west-1",
      accessKeyId: "AKIAOPERATOR",
      secretAccessKey: SECRET,
      sessionToken: "a token",
      addressing: "path",
      allow: { accounts: [], identities: [], distributions: [], logs: [] },
      ...given.store,
    };
    const { withinSeconds = 20, signal = new AbortController().signal } = given;
    const means = { clock: systemClock, withinSeconds: seconds(withinSeconds), authorities: [], signal };
    const told = await putIntoOtherStore(store, fileToPut(), means);
    for (const hidden of [SECRET, "a token"]) assert.ok(told?.includes(hidden) !== true, "a secret is told");
    return told?.replaceAll(`:${store.port}`, ":PORT");
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function whole(request: IncomingMessage, then: (body: Buffer) => void): void {
  const pieces: Buffer[] = [];
  request.on("data", (piece: Buffer) => pieces.push(piece)).once("end", () => then(Buffer.concat(pieces)));
}
const error = (code: string): string => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`;
const FROM = "from the store at http://127.0.0.1:PORT";

test("a file is one signed PUT of all of it, and 200 means that it is there", async () => {
  let seen:
    | { readonly url: string | undefined; readonly fields: IncomingMessage["headers"]; readonly body: Buffer }
    | undefined;
  const told = await put((request, response) => {
    whole(request, (body) => {
      seen = { url: request.url, fields: request.headers, body };
      response.end();
    });
  });
  assert.equal(told, undefined);
  assert.equal(seen?.url, "/far/cdn/E1.2026-11-21-09.A.gz");
  assert.deepEqual(seen?.body, CONTENT);
  assert.equal(seen?.fields["x-amz-content-sha256"], createHash("sha256").update(CONTENT).digest("hex"));
  assert.equal(seen?.fields["x-amz-security-token"], "a token");
  assert.match(seen?.fields.authorization ?? "", /^AWS4-HMAC-SHA256 Credential=AKIAOPERATOR\/\d{8}\/eu-west-1\/s3\//);
});

for (const [about, answer, told] of [
  ["503 with a code", [503, error("SlowDown")], `503 SlowDown ${FROM}`],
  ["403 without a code", [403, "no"], `403 ${FROM}`],
  ["a redirect, which is not followed", [307, error("TemporaryRedirect")], `307 TemporaryRedirect ${FROM}`],
  ["a code that is none", [500, error("a b\r\nc")], `500 ${FROM}`],
  ["success of another kind", [204, ""], `204 ${FROM}`],
  ["a long story", [500, "x".repeat(5_000_000)], `500 ${FROM}`],
] as const) {
  test(`an answer of ${about} is told as ${told}`, async () => {
    const [status, text] = answer;
    const outcome = await put((request, response) => {
      whole(request, () => response.writeHead(status).end(text));
    });
    assert.equal(outcome, told);
  });
}

for (const [about, answer, told] of [
  ["takes nothing", () => undefined, /^the store at http:\/\/127\.0\.0\.1:PORT did not take it within 0\.2 s$/],
  [
    "breaks off in the middle of the file",
    (request: IncomingMessage) => void request.once("data", () => request.socket.resetAndDestroy()),
    /^the store at http:\/\/127\.0\.0\.1:PORT cannot be asked: /,
  ],
  [
    "breaks off in the middle of its answer",
    (request: IncomingMessage, response: ServerResponse) =>
      whole(request, () => {
        response.writeHead(200, { "Content-Length": "100" });
        response.write("half", () => request.socket.destroy());
      }),
    /^the store at http:\/\/127\.0\.0\.1:PORT cannot be asked: /,
  ],
] as const) {
  test(`of a store that ${about} it is told`, async () => {
    assert.match((await put(answer, { withinSeconds: about === "takes nothing" ? 0.2 : 20 })) ?? "", told);
  });
}

test("a store that is not there is told as that, and an end of the service breaks a put off", async () => {
  const absent = await put(() => undefined, { store: { port: 1 } });
  assert.match(absent ?? "", /^the store at http:\/\/127\.0\.0\.1:PORT cannot be asked: .*ECONNREFUSED/);
  const ending = new AbortController();
  const broken = await put(() => ending.abort(), { signal: ending.signal });
  assert.match(broken ?? "", /cannot be asked: .*abort/);
});

for (const [addressing, key, host, path] of [
  ["path", "a/b.gz", "store.example", "/far/a/b.gz"],
  ["virtual", "a/b.gz", "far.store.example", "/a/b.gz"],
  ["path", "\u00e4 b+c'(d)*~!/e", "store.example", "/far/%C3%A4%20b%2Bc%27%28d%29%2A~%21/e"],
] as const) {
  test(`by ${addressing}, ${key} is asked for as ${path} of ${host}`, () => {
    assert.deepEqual(placeOf({ addressing, host: "store.example" }, "far", key), { host, path });
  });
}
