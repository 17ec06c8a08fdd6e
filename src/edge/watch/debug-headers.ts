// Debug headers: a viewer who may sends X-Warmfront-Debug, and its answer says in X-Warmfront-… fields what was decided and why, as explain would. The field
// goes no further: it is in no key and no origin gets it. Where another worker owns the key, that one says what it decided in fields of its answer.

import type { AccountId } from "../../vocabulary/ids.ts";
import { isLoopbackAddress } from "../../vocabulary/network-address.ts";
import type { Clock } from "../../vocabulary/time.ts";
import type { EffectiveDistribution } from "../config/effective-config.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import { explainKeyed, explainRequest } from "../explain/explain.ts";
import type { Explanation, ExplanationStep } from "../explain/explanation.ts";
import { answerFields, type Answer, type Field, type ViewerRequest } from "../transport/message.ts";
import type { AskedOrigin } from "../watching.ts";
import { withoutFields } from "../without-fields.ts";
import { DEBUG_FIELD, readDebugToken, traceMark } from "./debug-token.ts";

/** Who is shown them: whoever has a token; viewers on this machine, too. */
export type DebugHeadersFor = "token" | "loopback";

export interface DebugSettings {
  readonly shownTo: DebugHeadersFor;
  readonly serviceSecret: Uint8Array;
}

export interface DebugHeaders {
  /** `undefined`: it does not ask for them. `serve` is asked with the request as it goes on. */
  respond(
    request: ViewerRequest,
    distribution: EffectiveDistribution | undefined,
    serve: (request: ViewerRequest) => Answer | Promise<Answer>,
  ): Answer | Promise<Answer> | undefined;
  /** The same of what another worker asks. */
  answerKeyed(
    keyed: Keyed,
    edge: EdgeParts,
    lookUp: (keyed: Keyed, edge: EdgeParts) => Answer | Promise<Answer>,
  ): Promise<Answer> | undefined;
  asked(request: ViewerRequest, told: AskedOrigin): void;
}

const TRACE_FIELD = "x-warmfront-trace";
const VALUE_MAX = 300;

export function openDebugHeaders(
  { shownTo, serviceSecret }: DebugSettings,
  { parts, machineClock, edgeNumber }: { parts: EdgeParts; machineClock: Clock; edgeNumber: number },
): DebugHeaders {
  const mark = traceMark(serviceSecret);
  const asked = new WeakMap<ViewerRequest, AskedOrigin[]>();

  function mayBeShown(sent: string, request: ViewerRequest, account: AccountId): boolean {
    if (shownTo === "loopback" && isLoopbackAddress(request.viewerAddress)) return true;
    return readDebugToken(sent, machineClock.now(), serviceSecret) === account;
  }

  async function shown(
    request: ViewerRequest,
    serve: (request: ViewerRequest) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const steps: ExplanationStep[] = [];
    const told: AskedOrigin[] = [];
    asked.set(request, told);
    const explanation = await explained(explainRequest(request, steps, undefined, parts));
    const answer = await serve(parts.peers === undefined ? request : marked(request, told));
    if (answer.body.kind === "tunnel") return answer;
    const { place } = parts.peers ?? {};
    const owner = explanation?.owner;
    const edge = `${edgeNumber} of ${place?.count ?? 1}${owner === undefined ? "" : `; the key is ${owner + 1}'s`}`;
    const fields: Field[] = [["X-Warmfront-Edge", edge], ...fieldsOf(explanation, steps, told)];
    return withFields(answer, fields);
  }

  function marked(request: ViewerRequest, told: AskedOrigin[]): ViewerRequest {
    const copy: ViewerRequest = {
      ...request,
      fields: [...request.fields, [TRACE_FIELD, mark]],
      field: (lowerName) => (lowerName === TRACE_FIELD ? mark : request.field(lowerName)),
    };
    asked.set(copy, told);
    return copy;
  }

  async function answerAsOwner(
    keyed: Keyed,
    edge: EdgeParts,
    lookUp: (keyed: Keyed, edge: EdgeParts) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const own: Keyed = { ...keyed, request: without(keyed.request) };
    const steps: ExplanationStep[] = [];
    const told: AskedOrigin[] = [];
    asked.set(own.request, told);
    const explanation = await explained(explainKeyed(own, steps, edge));
    return withFields(await lookUp(own, edge), fieldsOf(explanation, steps, told));
  }

  return {
    respond(request, distribution, serve) {
      const sent = request.field(DEBUG_FIELD);
      if (sent === undefined && request.field(TRACE_FIELD) === undefined) return undefined;
      const bare = without(request);
      const isShown =
        sent !== undefined && distribution !== undefined && mayBeShown(sent, request, distribution.account);
      return isShown ? shown(bare, serve) : serve(bare);
    },
    answerKeyed(keyed, edge, lookUp) {
      return keyed.request.field(TRACE_FIELD) === mark ? answerAsOwner(keyed, edge, lookUp) : undefined;
    },
    asked: (request, told) => void asked.get(request)?.push(told),
  };
}

function without(request: ViewerRequest): ViewerRequest {
  const { interim } = request;
  const kept = withoutFields(request, (lowerName) => lowerName === DEBUG_FIELD || lowerName === TRACE_FIELD);
  // Interim responses are about the request that the transport knows.
  const own =
    interim === undefined
      ? {}
      : { interim: ((_about, status, fields) => interim(request, status, fields)) as typeof interim };
  return { ...request, ...kept, ...own };
}

/** What fails is not told: it is no reason to refuse a viewer. */
async function explained(explaining: Promise<Explanation>): Promise<Explanation | undefined> {
  try {
    return await explaining;
  } catch {
    return undefined;
  }
}

/** The owner of the key knows better: where that has spoken, only who is not there yet is added. */
function withFields(answer: Answer, fields: readonly Field[]): Answer {
  const said = new Set(answerFields(answer).map(([name]) => name));
  const hasOwners = said.has("X-Warmfront-Verdict");
  const added = fields.filter(([name]) => !said.has(name) && !(hasOwners && OF_OWNER.has(name)));
  return { ...answer, fields: [...answer.fields, ...added] };
}

const OF_OWNER: ReadonlySet<string> = new Set(["X-Warmfront-Freshness", "X-Warmfront-Cause"]);

function fieldsOf(
  explanation: Explanation | undefined,
  steps: readonly ExplanationStep[],
  told: readonly AskedOrigin[],
): readonly Field[] {
  const of = (stage: string): readonly ExplanationStep[] => steps.filter((step) => step.stage === stage);
  const behavior = of("match-behavior")
    .at(-1)
    ?.decision.replace(/^behavior /, "");
  const key = of("cache-key")
    .find(({ decision }) => decision.startsWith("digest "))
    ?.decision.slice("digest ".length);
  const freshness = of("freshness").map(({ decision, why }) => `${decision} (${why})`);
  const cause = explanation?.cause && `${explanation.cause.kind} (${explanation.cause.why})`;
  const origins = told.map(({ origin, status, ms, why }) => `${origin} ${status ?? `failed: ${why}`} after ${ms} ms`);
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["Distribution", of("find-distribution").at(-1)?.decision],
    ["Behavior", behavior],
    ["Key", key],
    ["Verdict", explanation?.verdict],
    ["Freshness", freshness.length === 0 ? undefined : freshness.join("; ")],
    ["Cause", cause],
    ["Origin", origins.length === 0 ? undefined : origins.join("; ")],
  ];
  return rows.flatMap(([name, value]): Field[] =>
    value === undefined ? [] : [[`X-Warmfront-${name}`, printed(value)]],
  );
}

/** As a field value may be, whatever viewers and origins have said. */
function printed(value: string): string {
  const plain = value.replaceAll(/[^ -~]/g, "?");
  return plain.length > VALUE_MAX ? `${plain.slice(0, VALUE_MAX)}...` : plain;
}
