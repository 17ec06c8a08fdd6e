// One step of fuzzing: a valid request, changed, signed after that or before, and what has to hold of every answer.

import assert from "node:assert/strict";
import { SaxesParser } from "saxes";
import { DEFAULT_KEY } from "../../src/callers/default-key.ts";
import type { ApiRequest } from "../../src/callers/message.ts";
import { API_ERRORS, isApiErrorCode } from "../../src/model/errors.ts";
import type { EpochMs } from "../../src/vocabulary/time.ts";
import { presignRequest, signRequest } from "../../src/wire/sigv4-sign.ts";
import { readElements } from "../../src/wire/xml-reader.ts";
import type { Asked } from "../support/control-harness.ts";
import { mutateBytes, mutateDocument, mutateText, ODD_TEXTS, type Dice } from "./mutate.ts";

const HOST = "127.0.0.1:7400";
const SIGNER = { accessKeyId: DEFAULT_KEY.accessKeyId, secret: DEFAULT_KEY.secret, region: "us-east-1" };

interface Draft {
  method: string;
  rawPath: string;
  rawQuery: string;
  fields: (readonly [string, string])[];
  body: Uint8Array;
}

const METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "get", "PROPFIND", ""];

type Change = (draft: Draft, dice: Dice) => void;

const changeDocument: Change = (draft, dice) => {
  const elements = readElements(draft.body, { depthMax: 200 });
  if (elements.kind === "ok") draft.body = new TextEncoder().encode(mutateDocument(elements.root, dice));
  else changeBody(draft, dice);
};
const changeBody: Change = (draft, dice) => {
  for (let times = 1 + dice.below(3); times > 0; times--) draft.body = mutateBytes(draft.body, dice);
};
/** What a request line and fields can hold on the wire. */
const printable = (text: string): string => text.replaceAll(/[\0-\x20\x7f]|[^\0-\xff]/g, "~");
const changePath: Change = (draft, dice) => {
  const parts = draft.rawPath.split("/");
  const at = dice.below(parts.length);
  if (dice.chance(0.3)) parts.splice(at, dice.below(2), encodeURIComponent(dice.pick(ODD_TEXTS)));
  else parts[at] = mutateText(parts[at] ?? "", dice);
  draft.rawPath = printable(parts.join("/")).replaceAll("?", "");
};
const changeQuery: Change = (draft, dice) => {
  if (dice.chance(0.5)) {
    const name = dice.pick([
      "MaxItems",
      "Marker",
      "WithTags",
      "Operation",
      "Resource",
      "X-Amz-Date",
      "Action",
      "__proto__",
    ]);
    draft.rawQuery += `&${name}=${printable(dice.pick(ODD_TEXTS))}`;
  } else draft.rawQuery = printable(mutateText(draft.rawQuery, dice));
};
const changeFields: Change = (draft, dice) => {
  const at = dice.below(draft.fields.length);
  const [name, value] = draft.fields[at] ?? ["", ""];
  const plain = (text: string): string => text.replaceAll(/[\0-\x1f\x7f]|[^\0-\xff]/g, "~");
  switch (dice.below(5)) {
    case 0:
      draft.fields[at] = [name, plain(mutateText(value, dice))];
      break;
    case 1:
      draft.fields.splice(at, 1);
      break;
    case 2:
      draft.fields.push([name, plain(dice.pick(ODD_TEXTS))]);
      break;
    case 3: {
      const other = dice.pick([
        "If-Match",
        "Content-Type",
        "Date",
        "X-Amz-Date",
        "X-Amz-Content-SHA256",
        "X-Amz-Security-Token",
      ]);
      draft.fields.push([other, plain(dice.pick(ODD_TEXTS))]);
      break;
    }
    default:
      draft.fields[at] = [printable(mutateText(name, dice)).replaceAll(/[^\w-]/g, "") || "x", value];
  }
};

const CHANGES: readonly Change[] = [
  ...Array.from({ length: 8 }, () => changeDocument),
  changeBody,
  changeBody,
  changePath,
  changeQuery,
  changeFields,
];

/** Changes a request; signs it so that it gets past the door, in most cases. */
export function mutateRequest(asked: Asked, dice: Dice, at: EpochMs): ApiRequest {
  const mark = asked.target.indexOf("?");
  const draft: Draft = {
    method: asked.method,
    rawPath: mark < 0 ? asked.target : asked.target.slice(0, mark),
    rawQuery: mark < 0 ? "" : asked.target.slice(mark + 1),
    fields: [["Host", HOST], ...(asked.fields ?? [])],
    body: typeof asked.body === "string" ? new TextEncoder().encode(asked.body) : (asked.body ?? new Uint8Array(0)),
  };
  const isSignedFirst = dice.chance(0.1);
  const as = { ...SIGNER, service: asked.service ?? "cloudfront" };
  if (isSignedFirst) draft.fields = [...signRequest(draft, as, { at })];
  for (let changes = dice.below(4); changes > 0; changes--) {
    const change = draft.body.length === 0 && dice.chance(0.9) ? dice.pick(CHANGES.slice(-3)) : dice.pick(CHANGES);
    change(draft, dice);
  }
  if (dice.chance(0.02)) draft.method = dice.pick(METHODS);
  const isSignable = draft.fields.some(([name]) => name.toLowerCase() === "host");
  if (!isSignedFirst && isSignable) {
    if (dice.chance(0.05)) draft.rawQuery = presignRequest(draft, as, { at, expiresSeconds: 60 });
    else draft.fields = [...signRequest(draft, as, { at, payload: dice.chance(0.95) ? "signed" : "unsigned" })];
  }
  return { ...draft, endpoint: `http://${HOST}` };
}

/** Throws on a document that an independent parser cannot read. */
function assertWellFormed(document: string): void {
  const parser = new SaxesParser({ xmlns: true });
  parser.on("error", (error) => {
    throw error;
  });
  parser.write(document).close();
}

/** Codes of STS that are no errors of CloudFront are in its own table; all of both have rows. */
export function assertSoundAnswer(status: number, body: string, requestId: string): string {
  assert.ok(status >= 200 && status < 500, `status ${status}: ${body.slice(0, 500)}`);
  if (body !== "") assertWellFormed(body);
  if (status < 300) return String(status);
  const code = /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? "";
  assert.ok(isApiErrorCode(code), `no code of ours: ${body.slice(0, 500)}`);
  assert.equal(status, API_ERRORS[code].status, `the status of ${code}`);
  assert.ok(body.endsWith(`<RequestId>${requestId}</RequestId></ErrorResponse>`), body.slice(-200));
  return code;
}
