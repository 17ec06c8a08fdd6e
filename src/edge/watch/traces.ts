// What was decided about single requests, as explain tells it, and what then happened; kept while somebody watches with traces, and by id. The
// decisions are written down before they are taken: the cache is as the request finds it. With several workers the owner of the
// key keeps a piece of its own, under the same id, since it alone knows what was stored.

import type { AccountId } from "../../vocabulary/ids.ts";
import type { Limits } from "../../vocabulary/limits.ts";
import type { Clock } from "../../vocabulary/time.ts";
import type { EffectiveDistribution } from "../config/effective-config.ts";
import type { EdgeParts } from "../edge-parts.ts";
import { firstByteMs, takenMs, type Ended } from "../ended.ts";
import type { Keyed } from "../exchange.ts";
import { explainKeyed, explainRequest } from "../explain/explain.ts";
import type { Cause, Explanation, ExplanationStep } from "../explain/explanation.ts";
import { decidedResult, detailedResult } from "../record/result-types.ts";
import type { Answer, ViewerRequest } from "../transport/message.ts";
import type { AskedOrigin } from "../watching.ts";

/** What one worker knows of a request. */
export interface TracePiece {
  readonly id: string;
  /** The worker, from 1. */
  readonly edge: number;
  /** `owner`: it was asked by the worker that had the viewer. */
  readonly role: "viewer" | "owner";
  readonly time: string;
  readonly method: string;
  readonly url: string;
  /** As explain would have told it, just before. */
  readonly verdict: string;
  /** Of a miss. */
  readonly cause?: Cause;
  /** Decisions in their order, then what happened. */
  readonly steps: readonly ExplanationStep[];
}

export interface Traces {
  /** Answers by `serve`, and writes down what it decides; or just answers, where as much was traced in this second as may be. */
  respond(
    request: ViewerRequest,
    edge: EdgeParts,
    serve: (request: ViewerRequest) => Answer | Promise<Answer>,
    /** As the transport knows it, where that is another. */
    sent?: ViewerRequest,
  ): Answer | Promise<Answer>;
  answerKeyed(
    keyed: Keyed,
    edge: EdgeParts,
    lookUp: (keyed: Keyed, edge: EdgeParts) => Answer | Promise<Answer>,
  ): Answer | Promise<Answer>;
  asked(request: ViewerRequest, told: AskedOrigin): void;
  ended(ended: Ended): void;
  /** As JSON. `undefined`: it was not traced, is forgotten, or is another account's. */
  find(id: string, account: AccountId): string | undefined;
  clear(): void;
}

export type TraceLimits = Pick<Limits, "tailTracesMax" | "tailTraceBytesMax" | "tailTracesPerSecondMax">;

/** While it is under way. */
interface Begun {
  readonly steps: ExplanationStep[];
  explanation: Explanation | undefined;
  readonly asked: AskedOrigin[];
}

interface Kept {
  readonly account: AccountId;
  readonly text: string;
}

export function openTraces({
  machineClock,
  edgeNumber,
  limits,
}: {
  readonly machineClock: Clock;
  /** The worker, from 1. */
  readonly edgeNumber: number;
  readonly limits: TraceLimits;
}): Traces {
  let begun = new WeakMap<ViewerRequest, Begun>();
  /** The oldest first. */
  const kept = new Map<string, Kept>();
  let bytes = 0;
  let second = 0;
  let inSecond = 0;

  function isTooMany(): boolean {
    const now = Math.floor(machineClock.now() / 1000);
    if (now !== second) {
      second = now;
      inSecond = 0;
    }
    return ++inSecond > limits.tailTracesPerSecondMax;
  }

  function keep(piece: TracePiece, { account }: EffectiveDistribution): void {
    const text = JSON.stringify(piece);
    bytes += text.length - (kept.get(piece.id)?.text.length ?? 0);
    kept.delete(piece.id);
    kept.set(piece.id, { account, text });
    for (const [id, oldest] of kept) {
      if (kept.size <= limits.tailTracesMax && bytes <= limits.tailTraceBytesMax) break;
      kept.delete(id);
      bytes -= oldest.text.length;
    }
  }

  function begin(request: ViewerRequest): Begun {
    const one: Begun = { steps: [], explanation: undefined, asked: [] };
    begun.set(request, one);
    return one;
  }

  /** A trace that fails is no reason to refuse a viewer. */
  async function explained(one: Begun, explaining: Promise<Explanation>): Promise<void> {
    try {
      one.explanation = await explaining;
    } catch (fault) {
      one.steps.push({ stage: "trace", decision: "broken off", why: String(fault), source: "" });
    }
  }

  function pieceOf(id: string, role: TracePiece["role"], request: ViewerRequest, one: Begun): TracePiece {
    const { verdict = "unknown", cause } = one.explanation ?? {};
    return {
      id,
      edge: edgeNumber,
      role,
      time: new Date(machineClock.now()).toISOString(),
      method: request.method,
      url: `${request.scheme}://${request.host}${request.target}`,
      verdict,
      ...(cause !== undefined && { cause }),
      steps: [...one.steps.map(withoutSecrets), ...one.asked.map(askedStep)],
    };
  }

  return {
    respond(request, edge, serve, sent = request) {
      if (isTooMany()) return serve(request);
      const one = begin(request);
      begun.set(sent, one);
      return explained(one, explainRequest(request, one.steps, undefined, edge)).then(() => serve(request));
    },
    answerKeyed(keyed, edge, lookUp) {
      if (isTooMany()) return lookUp(keyed, edge);
      const one = begin(keyed.request);
      const answering = async (): Promise<Answer> => {
        await explained(one, explainKeyed(keyed, one.steps, edge));
        const answer = await lookUp(keyed, edge);
        if (answer.requestId !== undefined) {
          keep(pieceOf(answer.requestId, "owner", keyed.request, one), keyed.distribution);
        }
        return answer;
      };
      return answering();
    },
    asked: (request, told) => void begun.get(request)?.asked.push(told),
    ended(ended) {
      const { request, answer } = ended;
      const { distribution } = ended.served;
      if (distribution === undefined || !("memo" in request) || answer?.requestId === undefined) return;
      const one = begun.get(request);
      if (one === undefined) return;
      begun.delete(request);
      const piece = pieceOf(answer.requestId, "viewer", request, one);
      keep({ ...piece, steps: [...piece.steps, endedStep(ended, answer)] }, distribution);
    },
    find(id, account) {
      const found = kept.get(id);
      return found?.account === account ? found.text : undefined;
    },
    clear() {
      begun = new WeakMap();
      kept.clear();
      bytes = 0;
    },
  };
}

/** What lets a viewer in is not told. [D-0031] */
function withoutSecrets(step: ExplanationStep): ExplanationStep {
  const named = /^(cookie: [^=]*|header (?:authorization|cookie):)/i.exec(step.decision)?.[0];
  return named === undefined || step.stage !== "cache-key" ? step : { ...step, decision: `${named} (not told)` };
}

function askedStep({ origin, what, ms, status, why }: AskedOrigin): ExplanationStep {
  const decision = status === undefined ? `failed after ${ms} ms` : `${status} after ${ms} ms`;
  const asked = `${origin} was asked: ${what}`;
  return { stage: "origin", decision, why: why === undefined ? asked : `${asked}: ${why}`, source: "" };
}

function endedStep(ended: Ended, answer: Answer): ExplanationStep {
  const { outcome, bytesOut } = ended;
  return {
    stage: "answer",
    decision: `${answer.status} ${detailedResult(answer, decidedResult(answer), outcome)}`,
    why: `${bytesOut} bytes in ${takenMs(ended)} ms, the first after ${firstByteMs(ended)} ms; ${ENDINGS[outcome]}`,
    source: "",
  };
}

const ENDINGS = {
  whole: "it was sent whole",
  "broke-off": "it broke off",
  "viewer-left": "the viewer left before it was whole",
} as const;
