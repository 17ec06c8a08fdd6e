// Plays the steps of a scenario on a stage, and holds what was seen against what the table says. Only what a step names
// is compared.

import assert from "node:assert/strict";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import {
  readAsk,
  type Ask,
  type Expected,
  type ExpectedFields,
  type ExpectedHandshake,
  type Got,
  type OriginAsked,
  type RawAsk,
  type Stage,
  type Step,
} from "../scenarios/harness.ts";

export async function playAll(stage: Stage, steps: readonly Step[]): Promise<void> {
  for (const [index, step] of steps.entries()) {
    const name = `step ${index + 1}`;
    if ("advanceSeconds" in step) await stage.advance(step.advanceSeconds);
    else if ("invalidate" in step) await stage.invalidate(...step.invalidate);
    else if ("publish" in step) await stage.publish(step.publish);
    else if ("together" in step) await playTogether(stage, step, name);
    else await play(stage, step, name);
  }
}

async function play(stage: Stage, step: Extract<Step, { viewer: unknown }>, name: string): Promise<void> {
  if (step.origin === "unreachable") await stage.origin.stop();
  else if (step.origin !== undefined) stage.origin.answer(stage.told(step.origin));
  const before = stage.origin.asked.length;
  const viewer = stage.told(typeof step.viewer === "string" ? readAsk(step.viewer) : step.viewer);
  const got = await stage.ask(viewer);
  judge(stage, { viewer, got, asked: stage.origin.asked.slice(before), expect: step.expect, name });
}

async function playTogether(stage: Stage, step: Extract<Step, { together: unknown }>, name: string): Promise<void> {
  stage.origin.answer(stage.told(step.origin));
  const before = stage.origin.asked.length;
  const viewers = step.together.map((each) => stage.told(typeof each === "string" ? readAsk(each) : each));
  const release = stage.origin.hold();
  const asking = viewers.map(async (viewer, index) => stage.ask(viewer, index + 1));
  const all = Promise.all(asking);
  const { atOnce = 1 } = step;
  await Promise.race([stage.untilThere(viewers.length, atOnce), all]);
  const first = stage.origin.asked.length - before;
  release();
  const answers = await all;
  const asked = stage.origin.asked.slice(before);
  assert.equal(first, atOnce, `${name}: requests at the origin before it answers`);
  const { results, ...expect } = step.expect;
  for (const [index, got] of answers.entries()) {
    const viewer = viewers[index];
    assert(viewer !== undefined);
    judge(stage, { viewer, got, asked, expect, name: `${name}, viewer ${index + 1}` });
  }
  if (results !== undefined) assert.deepEqual(answers.map(({ result }) => result).toSorted(), results, name);
}

interface Seen {
  readonly viewer: Ask | RawAsk;
  readonly got: Got;
  readonly asked: readonly OriginAsked[];
  readonly expect: Expected;
  readonly name: string;
}

function judge(stage: Stage, { viewer, got, asked, expect: written, name }: Seen): void {
  // No answer to HEAD says anything in its body.
  const isHead = "raw" in viewer ? viewer.raw.startsWith("HEAD ") : viewer.method === "HEAD";
  const { says, ...others } = stage.told(written);
  const expect: Expected = isHead || says === undefined ? others : { ...others, says };
  assertOwnPage(got, isHead);
  const pick = (fields: ExpectedFields, read: (name: string) => string | undefined): ExpectedFields =>
    Object.fromEntries(
      Object.entries(fields).map(([field, wanted]) => [field, asExpected(field, read(field), wanted, stage)]),
    );
  const seen: Record<keyof Expected, () => unknown> = {
    status: () => got.status,
    result: () => got.result,
    body: () => got.body,
    fields: () => pick(expect.fields ?? {}, (key) => got.field(key)),
    says: () => (got.body.includes(expect.says ?? "") ? expect.says : got.body),
    asked: () => asked.map(({ method, target }) => `${method} ${target}`),
    askedWith: () => pick(expect.askedWith ?? {}, (key) => asked.at(-1)?.headers[key] as string | undefined),
    askedBody: () => asked.at(-1)?.body,
    times: () =>
      Object.fromEntries(
        Object.keys(expect.times ?? {}).map((field) => [
          field,
          got.fields.filter(([each]) => each.toLowerCase() === field).length,
        ]),
      ),
    names: () => got.fields.map(([fieldName]) => fieldName),
    closes: () => got.closes ?? false,
    brokeOff: () => got.brokeOff,
    decoded: () => decode(got),
    parts: () => readParts(got),
    tunnel: () => got.tunnel,
    tls: () => handshakeAsExpected(got, expect.tls),
  };
  const isAsked = (key: string): key is keyof Expected => key in seen && expect[key as keyof Expected] !== undefined;
  assert.deepEqual(
    Object.fromEntries(
      Object.keys(expect)
        .filter(isAsked)
        .map((key) => [key, seen[key]()]),
    ),
    expect,
    `${name}: ${"raw" in viewer ? JSON.stringify(viewer.raw) : viewer.target}`,
  );
}

/** Whatever the edge says by itself is whole, and names the request. */
function assertOwnPage(got: Got, isHead: boolean): void {
  const [, requestId] = /\nGenerated by cloudfront \(CloudFront\)\nRequest ID: (\S+)\n/.exec(got.body) ?? [];
  if (requestId === undefined) return;
  assert.equal(requestId, got.field("x-amz-cf-id"));
  assert.match(got.body, new RegExp(`<H1>${got.status} ERROR</H1>`));
  if (!isHead && got.field("content-length") !== undefined) {
    assert.equal(got.field("content-length"), String(Buffer.byteLength(got.body, "latin1")));
  }
}

/** A value that matches, or an age that is a little more, counts as what was expected. */
function asExpected(
  name: string,
  seen: string | undefined,
  wanted: ExpectedFields[string],
  { slackSeconds }: Stage,
): ExpectedFields[string] {
  if (seen === undefined || wanted === undefined) return seen;
  if (wanted instanceof RegExp) return wanted.test(seen) ? wanted : seen;
  const more = name === "age" ? Number(seen) - Number(wanted) : 0;
  return more > 0 && more <= slackSeconds ? wanted : seen;
}

function decode(got: Got): string {
  const bytes = Buffer.from(got.body, "latin1");
  const coding = got.field("content-encoding");
  if (coding === "gzip") return gunzipSync(bytes).toString("latin1");
  if (coding === "br") return brotliDecompressSync(bytes).toString("latin1");
  return coding === undefined ? got.body : `coded as ${coding}`;
}

/** By the grammar of [RFC 2046 §5.1.1], and by nothing that the edge knows. `undefined`: no such body. */
function readParts(got: Got): Expected["parts"] | undefined {
  const boundary = /^multipart\/byteranges; *boundary="?([^"]+)"?$/.exec(got.field("content-type") ?? "")?.[1];
  if (boundary === undefined) return undefined;
  const pieces = `\r\n${got.body}`.split(`\r\n--${boundary}`);
  if (pieces.at(-1)?.startsWith("--") !== true) return undefined;
  return pieces.slice(1, -1).map((piece) => {
    const end = piece.indexOf("\r\n\r\n");
    const range = /^content-range: (.*)$/im.exec(piece.slice(0, end))?.[1]?.trim() ?? "";
    return { range, body: piece.slice(end + 4) };
  });
}

function handshakeAsExpected({ tls }: Got, wanted: ExpectedHandshake | undefined): unknown {
  if (tls === undefined || tls === "refused" || wanted === undefined || wanted === "refused") {
    return tls === "refused" ? "refused" : tls === undefined ? "no TLS" : { protocol: tls.protocol };
  }
  return {
    ...(wanted.protocol !== undefined && { protocol: tls.protocol }),
    ...(wanted.application !== undefined && { application: tls.application }),
    ...(wanted.isFor !== undefined && { isFor: tls.isFor(wanted.isFor) ? wanted.isFor : "another name" }),
  };
}
