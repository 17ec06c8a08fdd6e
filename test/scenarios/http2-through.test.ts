// HTTP/2 viewers through to an origin of HTTP/1.1 and back: whatever the one side sends is one plain message on the other, or
// is refused; nothing ends more than its own stream. What frames alone can do wrong is in http2-conformance.test.ts.

import assert from "node:assert/strict";
import { connect as connectHttp2, type ClientHttp2Session } from "node:http2";
import { test } from "node:test";
import {
  block,
  data,
  FLAG,
  frame,
  openRawViewer,
  tell,
  TYPE,
  uint32,
  type Frame,
  type Line,
} from "../support/http2-frames.ts";
import { certificateFor, openTlsWorld, shakeHands, type TlsWorld } from "../support/tls-world.ts";
import { openRawOrigin } from "../support/raw-origin.ts";
import { ALL_METHODS, list, published, type DistributionDraft } from "./harness.ts";
import { openRecordingOrigin } from "./recording-origin.ts";

const HOST = "d1.cloudfront.localhost";
const DRAFT = {
  behavior: { AllowedMethods: ALL_METHODS },
  config: { HttpVersion: "http2" },
} satisfies DistributionDraft;

function pointAt(tls: TlsWorld, draft: DistributionDraft, port: number): void {
  tls.world.apply((number) => ({ kind: "distribution", number, distribution: published(draft, port) }));
}

async function shake(tls: TlsWorld, servername = HOST) {
  const shaken = await shakeHands(tls.port, { servername, ALPNProtocols: ["h2"] });
  assert.ok(shaken.kind === "secure");
  return shaken.socket;
}

async function connect(tls: TlsWorld, servername = HOST): Promise<ClientHttp2Session> {
  const socket = await shake(tls, servername);
  const session = connectHttp2(`https://${servername}`, { createConnection: () => socket });
  session.on("error", () => undefined);
  return session;
}

interface Got {
  readonly status: number | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly code: number;
}

function ask(session: ClientHttp2Session, path: string, more: Readonly<Record<string, string>> = {}): Promise<Got> {
  return new Promise((resolve) => {
    const stream = session.request({ ":path": path, ...more });
    let fields: Record<string, unknown> = {};
    let body = "";
    stream.setEncoding("latin1");
    stream.on("response", (received) => (fields = received));
    stream.on("data", (piece: string) => (body += piece));
    stream.on("error", () => undefined);
    stream.on("close", () => resolve({ status: fields[":status"] as number, fields, body, code: stream.rstCode }));
  });
}

// What origins send.

const SIZED = "Content-Length: 2\r\n\r\nhi";

/** Name; the origin's answer; status and body for GET; a field that is to be there so, or not at all. */
const ANSWERS: readonly (readonly [
  name: string,
  raw: string,
  got: string,
  field?: readonly [name: string, value: string | undefined],
])[] = [
  ["a plain one", `200 OK\r\n${SIZED}`, "200 hi", ["content-length", "2"]],
  ["HTTP2-Settings", `200 OK\r\nHTTP2-Settings: AAMAAABk\r\n${SIZED}`, "200 hi", ["http2-settings", undefined]],
  ["TE", `200 OK\r\nTE: gzip\r\n${SIZED}`, "200 hi", ["te", undefined]],
  ["Proxy-Connection", `200 OK\r\nProxy-Connection: close\r\n${SIZED}`, "200 hi", ["proxy-connection", undefined]],
  ["an offer to switch", `426 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n${SIZED}`, "426 hi", ["upgrade", undefined]],
  ["names that objects have", `200 OK\r\n__proto__: x\r\nConstructor: y\r\n${SIZED}`, "200 hi", ["constructor", "y"]],
  ["a value that is empty", `200 OK\r\nX-A:\r\n${SIZED}`, "200 hi", ["x-a", ""]],
  ["a value of high bytes", `200 OK\r\nX-A: \xfc\t\xc3\xbc\r\n${SIZED}`, "200 hi", ["x-a", "\xfc\t\xc3\xbc"]],
  ["a length with zeros in front", "200 OK\r\nContent-Length: 002\r\n\r\nhi", "200 hi", ["content-length", "2"]],
  ["204 with a length", "204 X\r\nContent-Length: 2\r\n\r\n", "204 ", ["content-length", undefined]],
  ["304 with a length", "304 X\r\nContent-Length: 2\r\n\r\n", "304 ", ["content-length", undefined]],
  ["205 with a body", `205 X\r\n${SIZED}`, "205 ", ["content-length", "0"]],
  [
    "trailers",
    "200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-t\r\n\r\n2\r\nhi\r\n0\r\nX-T: y\r\n\r\n",
    "200 hi",
    ["x-t", undefined],
  ],
  ["hints before", `103 X\r\nLink: x\r\nHTTP2-Settings: y\r\n\r\nHTTP/1.1 200 OK\r\n${SIZED}`, "200 hi"],
];

for (const fidelity of ["cloudfront", "rfc9111"] as const) {
  test(
    `what an origin sends reaches a viewer of HTTP/2, once and again (${fidelity})`,
    { timeout: 20_000 },
    async () => {
      const draft = { ...DRAFT, fidelity };
      await using tls = await openTlsWorld(draft);
      await using origin = await openRawOrigin(({ socket, line }) => {
        const [, raw = ""] = ANSWERS[Number(/\d+$/.exec(line)?.[0])] ?? [];
        socket.end(`HTTP/1.1 ${raw}`, "latin1");
      });
      pointAt(tls, draft, origin.port);
      const session = await connect(tls);
      for (const [index, [name, , expected, field]] of ANSWERS.entries()) {
        // From the origin, from the cache where it may be, and without its body.
        for (const method of ["GET", "GET", "HEAD"]) {
          const got = await ask(session, `/${index}`, { ":method": method });
          const wanted = method === "HEAD" ? expected.slice(0, 4) : expected;
          assert.deepEqual([`${got.status} ${got.body}`, got.code], [wanted, 0], `${method}, ${name}`);
          if (field !== undefined) assert.equal(got.fields[field[0]], field[1], `${method}, ${name}: ${field[0]}`);
        }
      }
      session.destroy();
      assert.deepEqual(
        tls.events.filter(({ kind }) => kind === "respond-threw"),
        [],
      );
    },
  );
}

// What viewers send.

const GET: readonly Line[] = [
  [":method", "GET"],
  [":scheme", "https"],
  [":path", "/a"],
  [":authority", HOST],
];
const POST: readonly Line[] = [[":method", "POST"], ...GET.slice(1)];
const SMUGGLED = `GET /smuggled HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

function head(...lines: readonly Line[]): Buffer {
  return frame(TYPE.HEADERS, FLAG.END_HEADERS, 1, block(...lines));
}

function whole(...lines: readonly Line[]): Buffer {
  return frame(TYPE.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 1, block(...lines));
}

const END = FLAG.END_STREAM;
const NOTHING: readonly string[] = [];

/** Name; frames; what the viewer hears of stream 1 first, or how its connection ends; what the origin gets. */
const REQUESTS: readonly (readonly [
  name: string,
  sent: readonly Uint8Array[],
  heard: string,
  asked: readonly string[],
])[] = [
  ["a plain one", [whole(...GET)], "200 on 1", ["GET /a"]],
  ["a body of known length", [head(...POST, ["content-length", "2"]), data(1, "hi", END)], "200 on 1", ["POST /a hi"]],
  ["a body of any length", [head(...POST), data(1, "h"), data(1, "i"), data(1, "", END)], "200 on 1", ["POST /a hi"]],
  ["no body, said by a length", [head(...POST, ["content-length", "0"]), data(1, "", END)], "200 on 1", ["POST /a"]],
  ["no body, said by END_STREAM", [whole(...POST)], "200 on 1", ["POST /a"]],
  ["a body that is a request", [head(...POST), data(1, SMUGGLED, END)], "200 on 1", [`POST /a ${SMUGGLED}`]],
  ["a body that ends a chunked one", [head(...POST), data(1, "0\r\n\r\n", END)], "200 on 1", ["POST /a 0\r\n\r\n"]],
  ["H2.CL: shorter", [head(...POST, ["content-length", "1"]), data(1, `x${SMUGGLED}`, END)], "RST", NOTHING],
  ["H2.CL: nothing", [head(...POST, ["content-length", "0"]), data(1, SMUGGLED, END)], "RST", NOTHING],
  ["H2.CL: longer", [head(...POST, ["content-length", "99"]), data(1, "x", END)], "RST", NOTHING],
  ["H2.CL: without a body", [whole(...POST, ["content-length", "9"])], "RST", NOTHING],
  ["H2.CL: on GET", [whole(...GET, ["content-length", "9"])], "RST", NOTHING],
  ["H2.CL: signed", [head(...POST, ["content-length", "+2"]), data(1, "hi", END)], "RST", NOTHING],
  ["H2.CL: as a list", [head(...POST, ["content-length", "2, 2"]), data(1, "hi", END)], "RST", NOTHING],
  ["H2.CL: in trailers", [head(...POST), data(1, "hi"), whole(["content-length", "0"])], "RST", NOTHING],
  ["H2.TE", [head(...POST, ["transfer-encoding", "chunked"]), data(1, `0\r\n\r\n${SMUGGLED}`, END)], "RST", NOTHING],
  ["H2.TE: in trailers", [head(...POST), data(1, "hi"), whole(["transfer-encoding", "chunked"])], "RST", NOTHING],
  ["Connection", [whole(...GET, ["connection", "transfer-encoding"])], "RST", NOTHING],
  ["TE: trailers", [whole(...GET, ["te", "trailers"])], "200 on 1", ["GET /a"]],
  ["Trailer", [whole(...GET, ["trailer", "x"])], "200 on 1", ["GET /a"]],
  ["HTTP2-Settings", [whole(...GET, ["http2-settings", "AAMAAABk"])], "200 on 1", ["GET /a"]],
  ["a line break in a value", [whole(...GET, ["x", `y\r\n\r\n${SMUGGLED}`])], "RST", NOTHING],
  ["a line break in a name", [whole(...GET, ["x: y\r\ntransfer-encoding", "chunked"])], "RST", NOTHING],
  [
    "a line break in :path",
    [whole(GET[0]!, GET[1]!, [":path", `/ HTTP/1.1\r\n\r\n${SMUGGLED}`], GET[3]!)],
    "RST",
    NOTHING,
  ],
  ["a space in :path", [whole(GET[0]!, GET[1]!, [":path", "/a HTTP/1.1"], GET[3]!)], "RST", NOTHING],
  ["a NUL in :path", [whole(GET[0]!, GET[1]!, [":path", "/a\0"], GET[3]!)], "RST", NOTHING],
  ["a high byte in :path", [whole(GET[0]!, GET[1]!, [":path", "/\xfc"], GET[3]!)], "RST", NOTHING],
  ["a line break in :method", [whole([":method", `GET / HTTP/1.1\r\nX: `], ...GET.slice(1))], "RST", NOTHING],
  ["a line break in :authority", [whole(...GET.slice(0, 3), [":authority", `${HOST}\r\nX: y`])], "RST", NOTHING],
  ["a path in :authority", [whole(...GET.slice(0, 3), [":authority", `${HOST}/admin?`])], "RST", NOTHING],
  ["a line break in :scheme", [whole(GET[0]!, [":scheme", "https\r\nx: y"], GET[2]!, GET[3]!)], "RST", NOTHING],
  ["a target in :scheme", [whole(GET[0]!, [":scheme", "https://evil.example/?"], GET[2]!, GET[3]!)], "RST", NOTHING],
  ["Host beside :authority", [whole(...GET, ["host", "evil.example"])], "RST", NOTHING],
  [
    "a body that is cut off",
    [head(...POST, ["content-length", "9"]), data(1, "hi"), frame(TYPE.RST_STREAM, 0, 1, uint32(0))],
    "end",
    NOTHING,
  ],
  [
    "a body that is cut off, of any length",
    [head(...POST), data(1, "hi"), frame(TYPE.RST_STREAM, 0, 1, uint32(0))],
    "end",
    NOTHING,
  ],
];

test("what a viewer of HTTP/2 sends is one plain request to the origin, or none", { timeout: 30_000 }, async () => {
  await using origin = await openRecordingOrigin();
  await using tls = await openTlsWorld(DRAFT);
  const draft = { ...DRAFT, behavior: { ...DRAFT.behavior, ForwardedValues: { Headers: list("*") }, MinTTL: 0 } };
  pointAt(tls, draft, origin.port);
  for (const [name, sent, heard, asked] of REQUESTS) {
    const viewer = openRawViewer(await shake(tls));
    viewer.send(...sent);
    // The last request on the connection shows that it lives, and that the origin reads it as what it is.
    viewer.send(frame(TYPE.HEADERS, FLAG.END_HEADERS | END, 3, block(...GET.slice(0, 2), [":path", "/last"], GET[3]!)));
    const isFirst = ({ stream, type }: Frame): boolean =>
      stream === 1 && (type === TYPE.HEADERS || type === TYPE.RST_STREAM);
    const first = heard === "end" ? undefined : await viewer.until(isFirst);
    await viewer.until(({ stream, type, flags }) => stream === 3 && type <= TYPE.HEADERS && (flags & END) !== 0);
    const said = first === undefined ? "end" : (tell(first) ?? "");
    const isEnded = viewer.frames.some(({ type }) => type === TYPE.GOAWAY);
    assert.ok(said.startsWith(heard) || (heard === "RST" && isEnded), `${name}: ${said}`);
    const got = origin.take().filter((each) => each !== "GET /last");
    assert.deepEqual(got, asked, name);
    assert.deepEqual(origin.findings, [], name);
    viewer.socket.destroy();
  }
});

test(
  "each request on one connection is judged by its own :authority [RFC 9110 §15.5.20]",
  { timeout: 10_000 },
  async () => {
    const [A, B] = ["111111111111", "222222222222"];
    const own = [certificateFor("a", A, ["a.example", "a2.example"]), certificateFor("b", B, ["b.example"])];
    const draft = (
      id: string,
      account: string,
      alias: string,
      HttpVersion: "http2" | "http1.1",
    ): DistributionDraft => ({
      id,
      account,
      label: id.toLowerCase(),
      config: { Aliases: list(alias), HttpVersion },
    });
    await using tls = await openTlsWorld(draft("E1", A, "a.example", "http2"), { own });
    tls.world.origin.answer({ body: "hi" });
    tls.world.publish(draft("E2", A, "a2.example", "http1.1"));
    tls.world.publish(draft("E3", B, "b.example", "http2"));
    const session = await connect(tls, "a.example");
    const statuses: string[] = [];
    for (const authority of ["a.example", "a2.example", "b.example", "nobody.example", "A.EXAMPLE:7443", "a.example"]) {
      const { status, code } = await ask(session, "/", { ":authority": authority });
      statuses.push(`${authority} ${status} ${code}`);
    }
    session.destroy();
    assert.deepEqual(statuses, [
      "a.example 200 0",
      "a2.example 200 0",
      "b.example 421 0",
      "nobody.example 403 0",
      "A.EXAMPLE:7443 200 0",
      "a.example 200 0",
    ]);
  },
);
