import assert from "node:assert/strict";
import { test } from "node:test";
import type { OriginFailure, OriginResponse } from "../origin-request/origin-answer.ts";
import type { Field } from "../transport/message.ts";
import { epochMs } from "../../vocabulary/time.ts";
import { resumeBody } from "./resume-body.ts";

const NOW = epochMs(Date.UTC(2026, 10, 21));

const WHOLE = "0123456789";

function response(status: number, fields: readonly Field[], body: string, chunk = 3): OriginResponse {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < body.length; at += chunk) yield Buffer.from(body.slice(at, at + chunk));
  }
  return { kind: "response", status, fields, length: undefined, body: { chunks: chunks(), abort: () => undefined } };
}

const FAILED: OriginFailure = {
  kind: "failure",
  status: 504,
  reason: "origin-closed",
  fault: "origin",
  why: "silent",
};

const TAG: Field = ["ETag", '"1"'];
const MODIFIED = "Wed, 01 Jan 2025 00:00:00 GMT";
const OF_DATE: readonly Field[] = [
  ["Last-Modified", MODIFIED],
  ["Date", "Wed, 01 Jan 2025 00:00:01 GMT"],
];
const OTHER_DATE: readonly Field[] = [["Last-Modified", "Wed, 01 Jan 2025 00:00:02 GMT"]];
const PART: Field = ["Content-Range", "bytes 4-9/10"];

// Fields of the body that was begun, what the origin says when it is asked from byte 4 on, and what is read.
const ROWS: readonly (readonly [string, readonly Field[], OriginResponse | OriginFailure, string | RegExp])[] = [
  ["a part", [TAG], response(206, [["Content-Range", "bytes 4-9/10"], TAG], WHOLE.slice(4)), "456789"],
  ["a part without its tag", [TAG], response(206, [["Content-Range", "bytes 4-9/10"]], WHOLE.slice(4)), "456789"],
  ["the same whole", [TAG], response(200, [TAG], WHOLE), "456789"],
  ["the same whole at once", [TAG], response(200, [TAG], WHOLE, 100), "456789"],
  ["another whole", [TAG], response(200, [["ETag", '"2"']], WHOLE), /another body/],
  ["a whole without a tag", [TAG], response(200, [], WHOLE), /another body/],
  ["another part", [TAG], response(206, [["Content-Range", "bytes 5-9/10"], TAG], "56789"), /another body/],
  [
    "a part of another",
    [TAG],
    response(
      206,
      [
        ["Content-Range", "bytes 4-9/10"],
        ["ETag", '"2"'],
      ],
      "x",
    ),
    /another body/,
  ],
  ["an error", [TAG], response(500, [TAG], WHOLE), /another body/],
  ["nothing", [TAG], FAILED, /could not be had: silent/],
  ["a part, of a body with a weak tag", [["ETag", 'W/"1"'], ...OF_DATE], FAILED, /without a strong validator/],
  ["a part, of a body without a tag", [], FAILED, /without a strong validator/],
  // Without a tag a date does, when it is strong. [RFC 9110 §8.8.2.2]
  ["a part of that date", OF_DATE, response(206, [PART, ...OF_DATE], WHOLE.slice(4)), "456789"],
  ["a part without its date", OF_DATE, response(206, [PART], WHOLE.slice(4)), "456789"],
  ["the same whole by its date", OF_DATE, response(200, OF_DATE, WHOLE), "456789"],
  ["a whole of another date", OF_DATE, response(200, OTHER_DATE, WHOLE), /another body/],
  ["a part of another date", OF_DATE, response(206, [PART, ...OTHER_DATE], "x"), /another body/],
  ["a whole that has a tag now", OF_DATE, response(200, [TAG, ...OF_DATE], WHOLE), "456789"],
  [
    "a part, of a body as old as its date",
    [
      ["Last-Modified", MODIFIED],
      ["Date", MODIFIED],
    ],
    FAILED,
    /without a strong validator/,
  ],
  ["a part, of a body of no date", [["Last-Modified", MODIFIED]], FAILED, /without a strong validator/],
];

for (const [what, fields, answer, expected] of ROWS) {
  test(`the rest of a body, where the origin answers with ${what}`, async () => {
    const asked: (readonly Field[])[] = [];
    const ask = async (replacing: readonly Field[]): Promise<OriginResponse | OriginFailure> => {
      asked.push(replacing);
      return answer;
    };
    const rest = resumeBody({ fields, from: 4, now: NOW, ask });
    assert.deepEqual(asked, [], "nobody asks before it is read");
    const read = async (): Promise<string> => {
      let text = "";
      for (let step = await rest.next(); step.done !== true; step = await rest.next()) text += String(step.value);
      return text;
    };
    if (typeof expected !== "string") return assert.rejects(read, expected);
    assert.equal(await read(), expected);
    const range: Field = ["Range", "bytes=4-"];
    assert.deepEqual(asked, [[range, ["If-Range", fields === OF_DATE ? MODIFIED : '"1"']]]);
  });
}

test("who leaves while the rest is asked for gives it up when it comes", async () => {
  const coming = Promise.withResolvers<OriginResponse>();
  let isAborted = false;
  const rest = resumeBody({ fields: [TAG], from: 4, now: NOW, ask: () => coming.promise });
  const reading = rest.next();
  await rest.return?.();
  const late = response(200, [TAG], WHOLE);
  coming.resolve({ ...late, body: { chunks: [] as never, abort: () => (isAborted = true) } });
  await assert.rejects(reading);
  assert.ok(isAborted);
});
