// The server's own paths on the management port: below /_warmfront/, which no bucket can be named, and /metrics, which Prometheus
// asks for. Health and readiness are open to all and say nothing but that the server runs and that viewers are served; explain is for
// the caller's own distributions, key pairs (own-key-pairs.ts) are the caller's account's.

import { isIP } from "node:net";
import type { Control } from "../control/context.ts";
import type { ApiRequest, ApiResponse } from "../callers/message.ts";
import { compareKeys } from "../edge/explain/compare-keys.ts";
import type { ExplainRequest } from "../edge/explain/explained-request.ts";
import type { BucketAsk, ExplanationStep } from "../edge/explain/explanation.ts";
import type { AccountId } from "../vocabulary/ids.ts";
import { answerTestControls, type TestControls } from "./own-test-controls.ts";
import type { EdgeFollowers, Explained } from "./edge-followers.ts";
import type { IdentifyCaller } from "./identify-caller.ts";
import { json, readJsonObject, refuseCaller, refuseUnknown } from "./own-json.ts";
import { EXPOSITION_TYPE } from "./metrics/exposition.ts";
import type { Metrics, Readiness } from "./metrics/open-metrics.ts";
import { isMetricsRequest, whyNoMetrics } from "./metrics/who-may-ask.ts";
import { answerKeyPairs } from "./own-key-pairs.ts";
import type { Settings } from "./settings.ts";

export const PREFIX = "/_warmfront/";

/** Of the bucket store: what it would say to an edge. `account`: who wants to know. */
export type ExplainBucket = (ask: BucketAsk, account: AccountId) => Promise<ExplanationStep>;

export interface OwnAnswers {
  /** By a signature, or by a session of the console. */
  readonly identify: IdentifyCaller;
  readonly explain: EdgeFollowers["explain"];
  readonly explainBucket: ExplainBucket;
  /** Why the log of a distribution does not get to its bucket; `undefined`: it does, or has nothing to put. */
  readonly explainLog: (distribution: string) => ExplanationStep | undefined;
  readonly metrics: Pick<Metrics, "read" | "readiness">;
  /** Who may have them. */
  readonly metricsFor: Settings["metrics"];
  /** `undefined`: this server is not for tests. */
  readonly testControls?: TestControls | undefined;
}

export function isOwnPath(rawPath: string): boolean {
  return rawPath.startsWith(PREFIX);
}

export async function answerOwnPath(request: ApiRequest, control: Control, answers: OwnAnswers): Promise<ApiResponse> {
  if (isMetricsRequest(request)) return answerMetrics(request, control, answers);
  const path = request.rawPath.slice(PREFIX.length);
  switch (`${request.method} ${path}`) {
    case "GET health":
    case "HEAD health":
      return json(200, { status: "alive" });
    case "GET ready":
    case "HEAD ready":
      return answerReadiness(await answers.metrics.readiness());
    case "POST explain":
      return explain(request, control, answers);
  }
  const { identify, testControls: controls } = answers;
  const found = /^key-pairs(?=\/|$)/.test(path)
    ? await answerKeyPairs(path.slice("key-pairs".length), request, control, identify)
    : await answerTestControls(path, request, control, { identify, controls });
  return (
    found ??
    json(404, {
      error: `there is no ${request.method} ${PREFIX}${path.slice(0, 100)}: GET ${PREFIX}health, GET ${PREFIX}ready, POST ${PREFIX}explain, POST ${PREFIX}tail, POST ${PREFIX}traffic, GET ${PREFIX}trace/ID, ${PREFIX}key-pairs, ${PREFIX}clock and POST ${PREFIX}reset are here`,
    })
  );
}

function answerReadiness(readiness: Readiness): ApiResponse {
  if (readiness.kind === "not-ready") return json(503, { status: "not ready", why: readiness.why });
  const { listening, wanted } = readiness;
  return json(200, { status: "ready", workers: { listening, wanted } });
}

async function answerMetrics(
  request: ApiRequest,
  control: Control,
  { metrics, metricsFor }: OwnAnswers,
): Promise<ApiResponse> {
  const refused = whyNoMetrics(request, metricsFor);
  if (refused !== undefined) return text(403, `${refused}\n`);
  try {
    const told = await metrics.read();
    return told === undefined ? text(503, "the supervisor does not answer\n") : text(200, told, EXPOSITION_TYPE);
  } catch (fault) {
    control.reportFault(fault, "metrics");
    return text(500, "the server failed to gather its metrics; its log says why\n");
  }
}

function text(status: number, body: string, type = "text/plain; charset=utf-8"): ApiResponse {
  return {
    status,
    fields: [
      ["Content-Type", type],
      ["Cache-Control", "no-store"],
    ],
    body,
  };
}

async function explain(request: ApiRequest, control: Control, answers: OwnAnswers): Promise<ApiResponse> {
  try {
    const identified = await answers.identify(request);
    if (identified.kind === "failure") return refuseCaller(identified);
    const sent = readJsonObject(request.body);
    const unknown = refuseUnknown(sent, EXPLAIN_MEMBERS);
    if (unknown !== undefined) return unknown;
    const about = parseExplainRequest(sent);
    if (about === undefined) {
      return json(400, {
        error: 'the body must be JSON like {"method":"GET","url":"http://…/","headers":[["Accept","*/*"]]}',
      });
    }
    const { edge, otherUrl } = sent ?? {};
    if (edge !== undefined && !isEdgeNumber(edge)) {
      const found = JSON.stringify(edge).slice(0, 100);
      return json(400, { error: `"edge" is the number of an edge worker, from 1, found ${found}` });
    }
    const { account } = identified.caller;
    const one = await answers.explain(about, account, edge);
    if (one.kind !== "explained") return refuseExplain(one);
    if (typeof otherUrl === "string" && URL.canParse(otherUrl)) {
      const other = await answers.explain({ ...about, url: otherUrl }, account, edge);
      if (other.kind !== "explained") return refuseExplain(other);
      return json(200, compareKeys(one.explanation, other.explanation));
    }
    const { bucketAsk, owner: _owner, hasFreshCopy: _copy, ...rest } = one.explanation;
    const explained = { ...rest, edge: one.edge };
    const found = explained.steps.find(({ stage }) => stage === "find-distribution")?.decision ?? "";
    const log = answers.explainLog(found);
    const told = log === undefined ? explained : { ...explained, steps: [...explained.steps, log] };
    if (bucketAsk === undefined) return json(200, told);
    // The edge does not know the policies of buckets; this process has them.
    const last = await answers.explainBucket(bucketAsk, account);
    const refused = verdictOf(last, bucketAsk);
    const ending = refused === undefined ? {} : { verdict: refused, because: last.why };
    return json(200, { ...told, ...ending, steps: [...told.steps, last] });
  } catch (fault) {
    control.reportFault(fault, "explain");
    return json(500, { error: "the server failed to explain; its log says why" });
  }
}

/** What the bucket store refuses is what the viewer gets, or the page that stands for it; `undefined` where it answers. */
function verdictOf({ decision }: ExplanationStep, { errorPages }: BucketAsk): string | undefined {
  const status = Number(/^[45]\d\d(?= )/.exec(decision)?.[0]);
  if (Number.isNaN(status)) return undefined;
  const shown = errorPages.find(([replaced]) => replaced === status)?.[1];
  return shown === undefined ? decision : `${decision}, shown as ${shown}`;
}

const EXPLAIN_MEMBERS = ["method", "url", "headers", "viewerAddress", "serverName", "otherUrl", "edge"];

const isEdgeNumber = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;

function refuseExplain({ kind, why }: Exclude<Explained, { kind: "explained" }>): ApiResponse {
  return json(kind === "absent" ? 404 : 503, { error: why });
}

function parseExplainRequest(sent: ReturnType<typeof readJsonObject>): ExplainRequest | undefined {
  if (sent === undefined) return undefined;
  const { method, url } = sent;
  const headers = "headers" in sent ? sent.headers : [];
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === "string");
  if (typeof method !== "string" || typeof url !== "string" || !URL.canParse(url)) return undefined;
  if (!Array.isArray(headers) || !headers.every(isPair)) return undefined;
  const viewerAddress = "viewerAddress" in sent ? sent.viewerAddress : "127.0.0.1";
  if (typeof viewerAddress !== "string" || isIP(viewerAddress) === 0) return undefined;
  const serverName = "serverName" in sent ? sent.serverName : undefined;
  if (serverName !== undefined && typeof serverName !== "string") return undefined;
  const about = { method, url, headers: headers as (readonly [string, string])[], viewerAddress };
  return serverName === undefined ? about : { ...about, serverName };
}
