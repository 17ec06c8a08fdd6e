// What the owner of a key says to the worker that has the viewer, in the last field of its answer: what of the answer is no
// field, or why there is none. Before it stand the fields for the viewer as they are. [D-0027]

import { REASONS, type ReasonName } from "../reasons.ts";
import { servedAs, type CacheResult, type Served } from "../served.ts";
import type { Answer, Field } from "../transport/message.ts";
import { PEER_FIELD } from "./forwarded-request.ts";

export type AnswerFacts =
  | {
      readonly kind: "answer";
      readonly framingAt: number | undefined;
      readonly madeHere: ReasonName | undefined;
      readonly close: boolean;
      /** What is asked for is no use to others: the next time nobody needs to be asked for it. */
      readonly isUnshareable: boolean;
      readonly result: CacheResult;
      /** Of the content as it is stored. */
      readonly contentType: string | undefined;
    }
  /** The owner has another configuration than the one by which the viewer was let in: an older one, or a younger one. */
  | { readonly kind: "behind" | "ahead" };

export function formatFacts({ framingAt, madeHere, close, served = UNTOLD }: Answer, isUnshareable: boolean): Field {
  const { result, contentType } = served;
  const told = `${framingAt ?? NONE} ${madeHere ?? NONE} ${close === true ? "close" : NONE} ${isUnshareable ? "alone" : NONE}`;
  return [PEER_FIELD, `answer ${told} ${result}${contentType === undefined ? "" : ` ${contentType}`}`];
}

/** A fault of our own. */
const UNTOLD: Served = servedAs(undefined, "Error", undefined);

export function formatNotNow(kind: "behind" | "ahead"): Field {
  return [PEER_FIELD, kind];
}

/** `undefined`: this is not the last field of an owner's answer. */
export function readFacts([name, value]: Field): AnswerFacts | undefined {
  if (name !== PEER_FIELD) return undefined;
  if (value === "behind" || value === "ahead") return { kind: value };
  const read = ANSWER.exec(value);
  if (read === null) return undefined;
  const [, framingAt, madeHere = NONE, close, alone, result, contentType] = read;
  if (madeHere !== NONE && !Object.hasOwn(REASONS, madeHere)) return undefined;
  return {
    kind: "answer",
    framingAt: framingAt === NONE ? undefined : Number(framingAt),
    madeHere: madeHere === NONE ? undefined : (madeHere as ReasonName),
    close: close !== NONE,
    isUnshareable: alone !== NONE,
    result: result as CacheResult,
    contentType,
  };
}

const NONE = "-";
const ANSWER = /^answer (\d{1,6}|-) ([a-z0-9-]+) (close|-) (alone|-) (Hit|Miss|RefreshHit|Error|Redirect)(?: (.*))?$/;
