import assert from "node:assert/strict";
import { test } from "node:test";
import { frameAnswer } from "../transport/http1/http1-answer-writer.ts";
import { servedAs } from "../served.ts";
import { answerFields, prepareFields, type Answer, type Field } from "../transport/message.ts";
import { formatHead, readHead } from "./answer-head.ts";

const FIELDS: readonly Field[] = [
  ["Content-Type", "text/plain"],
  ["X-Empty", ""],
  ["X-Bytes", "\x80\xff"],
  ["X-Twice", "a"],
  ["X-Twice", "b: c"],
];
const BYTES: Answer["body"] = { kind: "bytes", bytes: Buffer.from("hello") };

function written(answer: Answer, isUnshareable = false): Buffer {
  const { bytes, write } = formatHead(answer, isUnshareable);
  const into = Buffer.alloc(bytes + 7);
  write(into, 7);
  return into;
}

const ANSWERS: readonly (readonly [string, Answer])[] = [
  ["a stored one", { status: 200, prepared: prepareFields(FIELDS), fields: [["Age", "3"]], body: BYTES }],
  ["one without fields", { status: 204, fields: [], body: { kind: "none" } }],
  [
    "one of unknown length",
    { status: 206, fields: FIELDS, body: { kind: "stream", length: undefined, chunks: none() } },
  ],
  ["a long one", { status: 200, fields: FIELDS, body: { kind: "stream", length: 2 ** 40, chunks: none() } }],
  ["one made here", { status: 503, fields: FIELDS, body: BYTES, framingAt: 2, madeHere: "overload", close: true }],
];

async function* none(): AsyncIterable<Uint8Array> {}

for (const [name, plain] of ANSWERS) {
  test(`${name} comes to the viewer's worker as it was`, () => {
    const served = servedAs(undefined, "RefreshHit", name === "a long one" ? undefined : "text/plain; a=b");
    const answer: Answer = { ...plain, served, requestId: "abc==" };
    const bytes = written(answer, true);
    const head = readHead(bytes, 7, bytes.length);
    assert(head !== undefined);
    const { body } = answer;
    assert.deepEqual(
      [head.status, head.length, head.madeHere, head.close, head.isUnshareable, head.result, head.contentType],
      [
        answer.status,
        body.kind === "none" ? 0 : body.kind === "bytes" ? body.bytes.length : "length" in body ? body.length : 0,
        answer.madeHere,
        answer.close === true,
        true,
        "RefreshHit",
        served.contentType,
      ],
    );
    assert.deepEqual([head.requestId, head.framingAt, head.endsAt], ["abc==", answer.framingAt, bytes.length]);
    assert.deepEqual(answerFields(head), answerFields(answer));
    // And so it goes on to a viewer.
    const asked = { method: "GET", httpVersion: "1.1", keepsAlive: true } as const;
    const framingAt = head.framingAt === undefined ? {} : { framingAt: head.framingAt };
    const { status, prepared, fields } = head;
    const passed = frameAnswer({ status, prepared, fields, body, ...framingAt, close: head.close }, asked);
    assert.equal(passed.text, frameAnswer(answer, asked).text);
  });
}

test("a head that is cut short or is none is not read", () => {
  const bytes = written({ status: 200, fields: FIELDS, body: BYTES, framingAt: 1 });
  for (let end = 7; end < bytes.length; end++) assert.equal(readHead(bytes, 7, end), undefined, `up to ${end}`);
  for (const [at, value] of [
    [7, 0xff], // status
    [23, 0x20], // the outcome's first letter
  ] as const) {
    const broken = Buffer.from(bytes);
    broken[at] = value;
    assert.equal(readHead(broken, 7, broken.length), undefined);
  }
});

test("a field that would break out of its line is not sent", () => {
  assert.throws(() => formatHead({ status: 200, fields: [["X-A", "a\r\nB: c"]], body: BYTES }, false));
});
