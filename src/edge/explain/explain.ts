// "Why is this a miss, why is this refused": runs the pure stages on the live configuration and the cache as it is, and
// writes down each decision. It asks no origin and changes nothing, not even how recently a stored response was used.

import { formatDuration } from "../../vocabulary/duration.ts";
import type { AccountId } from "../../vocabulary/ids.ts";
import { seconds, type EpochMs } from "../../vocabulary/time.ts";
import { computeCacheKey } from "../cache/cache-key.ts";
import { readKey } from "../cache/read-key.ts";
import type { EffectiveDistribution } from "../config/effective-config.ts";
import type { ReasonName } from "../reasons.ts";
import { whyBypassed } from "../cache/lookup.ts";
import type { CacheKey, InspectedResponse } from "../storage/cache-storage.ts";
import { isFresh } from "../storage/stored-age.ts";
import { holdStale, servedStale } from "../cache/stale-rules.ts";
import { keyedAsVariant } from "../cache/variants.ts";
import type { EdgeParts } from "../edge-parts.ts";
import { isRefusal, type Keyed, type Received, type Refusal, type Routed } from "../exchange.ts";
import { chooseErrorPage } from "../origin-response/custom-error-response.ts";
import type { ViewerRequest } from "../transport/message.ts";
import { authorizeViewer } from "../viewer-request/authorize-viewer.ts";
import { checkCertificate } from "../viewer-request/check-certificate.ts";
import { enforceViewerProtocol } from "../viewer-request/enforce-viewer-protocol.ts";
import { findDistribution } from "../viewer-request/find-distribution.ts";
import { explainMatch, matchBehavior } from "../viewer-request/match-behavior.ts";
import { receive } from "../viewer-request/receive.ts";
import { openProvenSignatures } from "../viewer-request/signed/proven-signatures.ts";
import { restrictCountries } from "../viewer-request/restrict-countries.ts";
import {
  explainKey,
  explainNearInvalidation,
  explainOwner,
  explainStored,
  whyKeptError,
  whyUnsatisfiable,
} from "./explain-cache.ts";
import { explainCompression } from "./explain-compression.ts";
import { explainHandshake, serverNameOf } from "./explain-handshake.ts";
import { explainSigned } from "./explain-signed.ts";
import { explainOriginRequest, shownInstead, type ToldOrigin } from "./explain-origin-request.ts";
import { explainParts } from "./explain-parts.ts";
import { readAsked, type ExplainRequest } from "./explained-request.ts";
import type { Add, Explanation, ExplanationStep } from "./explanation.ts";
import { toldParts } from "./key-difference.ts";
import { nearestCause } from "./nearest-cause.ts";

/** With `account`, distributions of others are as good as absent. */
export async function explain(
  asked: ExplainRequest,
  account: AccountId | undefined,
  edge: EdgeParts,
): Promise<Explanation> {
  const steps: ExplanationStep[] = [];
  const asking = readAsked(asked, edge.limits);
  if (asking.kind !== "request") {
    const { kind, why } = asking;
    const isRefused = kind === "refused";
    adderOf(steps)(
      "receive",
      isRefused ? `${asking.status}` : kind,
      why,
      isRefused ? asking.source : "[RFC 9110 §4.2]",
    );
    return { verdict: isRefused ? `${asking.status} ${asking.reason}` : kind, because: why, steps };
  }
  const read = asking.request;
  const serverName = asked.serverName === undefined ? serverNameOf(read.host) : asked.serverName || undefined;
  const request: ViewerRequest =
    read.scheme === "https" ? { ...read, tls: explainHandshake(serverName, account, edge, adderOf(steps)) } : read;
  return explainRequest(request, steps, account, edge);
}

/** The same of a request that a viewer has made. What is decided is added to `steps`. */
export async function explainRequest(
  request: ViewerRequest,
  steps: ExplanationStep[],
  account: AccountId | undefined,
  edge: EdgeParts,
): Promise<Explanation> {
  const add = adderOf(steps);
  const refuse = (stage: string, refused: Refusal, pages?: EffectiveDistribution["errorPages"]): Explanation => {
    const decision = refused.location === undefined ? `${refused.status}` : `${refused.status} to ${refused.location}`;
    add(stage, decision, refused.why, refused.source);
    return { verdict: errorVerdict(refused, pages), because: refused.why, steps };
  };
  const now = edge.clock.now();
  explainTime(now, edge, add);
  const received = receive(request, now);
  if (isRefusal(received)) return refuse("receive", received);
  add(
    "receive",
    "accepted",
    `${request.method} ${request.target} at host ${request.host} over ${request.scheme}`,
    "[RFC 9112 §3]",
  );

  const distribution = findForAccount(received, account, edge);
  if (isRefusal(distribution)) return refuse("find-distribution", distribution);
  const { errorPages } = distribution;
  const found = edge.config.find(request.host);
  add("find-distribution", distribution.id, `${request.host} is its ${found?.by} ${found?.name}`, "[CFDG CNAMEs]");

  const misdirected = checkCertificate(received, distribution);
  if (misdirected !== undefined) return refuse("check-certificate", misdirected);

  const routed = matchBehavior(received, distribution, edge.countryOf);
  if (routed.path !== request.path) {
    add(
      "default-root-object",
      routed.path,
      `the path is / and DefaultRootObject is ${distribution.defaultRootObject}`,
      "[CFDG DefaultRootObject]",
    );
  }
  for (const { pattern, matched, why } of explainMatch(distribution.behaviors, routed.path)) {
    add(
      "match-behavior",
      matched ? `behavior ${pattern}` : `not ${pattern}`,
      why,
      "[CFDG distribution-web-values-specify]",
    );
  }

  explainErrorPages(routed, add);
  if (distribution.geo !== undefined) {
    const restricted = restrictCountries(routed, distribution.geo);
    if (restricted !== undefined) return refuse("restrict-countries", restricted, errorPages);
    const { country } = routed;
    const why =
      country === undefined
        ? `the country of ${request.viewerAddress} is not known: such viewers are served`
        : `${request.viewerAddress} is in ${country}, which the ${distribution.geo.kind} allows`;
    add("restrict-countries", "allowed", why, "[CFDG georestrictions]");
  }

  const detour = enforceViewerProtocol(routed, edge.publicHttpsPort);
  if (detour !== undefined) return refuse("enforce-viewer-protocol", detour, errorPages);
  add(
    "enforce-viewer-protocol",
    "allowed",
    `ViewerProtocolPolicy is ${routed.behavior.viewerProtocolPolicy}`,
    "[CFDG using-https-viewers-to-cloudfront]",
  );

  // Nothing is remembered of a request that nobody made.
  const proven = openProvenSignatures({ provenSignatureBytesMax: 0, refusedSignatureBytesMax: 0 });
  const signing = { ...edge.signing, proven };
  const authorized = authorizeViewer(routed, signing);
  const nearer = explainSigned(routed, authorized, { ...edge, signing }, add);
  if (isRefusal(authorized)) {
    const refused = refuse("authorize-viewer", authorized, errorPages);
    return nearer === undefined ? refused : { ...refused, because: `${authorized.why}: ${nearer}` };
  }
  // A signature makes another exchange of it, also where only another reading of the path asked for one.
  const isSigned = (authorized as Routed) !== routed;
  add(
    "authorize-viewer",
    "allowed",
    `AllowedMethods lists ${request.method}, and ${isSigned ? "the viewer's signature opens the behavior" : "nothing protects the behavior"}`,
    "[CFDG distribution-web-values-specify]",
  );

  if (edge.load.isPressed) {
    const why = "more is asked of this edge than it can answer: what it does not come to in time is answered 503";
    add("load", "may be refused", why, "[D-0021]");
  }
  if (edge.fetcher.isCrowded(authorized.behavior.origin)) {
    const why = "too many wait for a connection to the origin: what would wait too is answered 503";
    add("load", "fetches are refused", why, "[D-0021]");
  }
  const bypassed = whyBypassed(authorized);
  if (bypassed !== undefined) {
    add("cache", "pass", bypassed.why, bypassed.source);
    const passed = { verdict: "pass", because: bypassed.why, steps };
    return endAtOrigin(passed, explainOriginRequest(authorized, undefined, add, edge), errorPages);
  }
  return explainKeyed({ ...authorized, cacheKey: computeCacheKey(authorized) }, steps, edge);
}

/** From the key on. */
export async function explainKeyed(withKey: Keyed, steps: ExplanationStep[], edge: EdgeParts): Promise<Explanation> {
  const add = adderOf(steps);
  const { now } = withKey;
  const { errorPages } = withKey.distribution;
  /** What is known of the key. */
  let known: Pick<Explanation, "owner" | "hasFreshCopy" | "key" | "cause"> = {};
  const end = (verdict: string, because?: string): Explanation => ({
    verdict,
    ...(because !== undefined && { because }),
    steps,
    ...known,
  });
  let keyed = withKey;
  explainKey(keyed, add);
  const owner = explainOwner(keyed, edge, add);
  if (owner !== undefined) known = { owner };
  let stored = await inspect(keyed.cacheKey, edge);
  if (stored?.head.isVaryMarker === true) {
    const names = stored.head.variesOn ?? [];
    keyed = keyedAsVariant(keyed, names);
    stored = await inspect(keyed.cacheKey, edge);
    add("cache-key", `variant by ${names.join(", ")}`, "what is stored names them in its Vary", "[RFC 9111 §4.1]");
  }
  const hasFreshCopy = owner !== undefined && stored !== undefined && isFresh(stored.head, now);
  known = {
    ...known,
    ...(hasFreshCopy && { hasFreshCopy }),
    key: toldParts(readKey(keyed.cacheKey.text) ?? [], keyed.behavior),
  };
  const isServed = stored !== undefined && (isFresh(stored.head, now) || servedStale(stored.head, now) !== undefined);
  const verdict = stored === undefined ? "miss" : isServed ? "hit" : "expired";
  const part = explainStored(keyed, stored, add, edge.limits.viewerRangesMax);
  explainCompression(keyed, verdict === "miss" ? undefined : stored, add, edge);
  // An error that is kept is a hit to the cache, and an error to its viewer; so is a range beyond the end.
  if (verdict === "hit" && stored !== undefined) {
    explainNearInvalidation(stored, keyed, edge, add);
    if (stored.head.status >= 400) {
      const choice = chooseErrorPage(errorPages, stored.head);
      const instead = choice.kind === "replace" ? `, shown as ${shownInstead(choice.page)}` : "";
      return end(`hit: ${stored.head.status}${instead}`, whyKeptError(stored, keyed, edge));
    }
    return part?.kind === "unsatisfiable" ? end("hit: 416", whyUnsatisfiable(stored.bodyLength)) : end(verdict);
  }
  const parts = await explainParts(keyed, stored, add, edge);
  if (parts !== undefined)
    return parts.beyond === undefined ? end("hit") : end("hit: 416", whyUnsatisfiable(parts.beyond));
  const cause = await nearestCause(keyed, stored, edge);
  known = { ...known, cause };
  add("cause", cause.kind, cause.why, cause.source);
  const told = explainOriginRequest(keyed, stored, add, edge);
  if (told.failed !== undefined && stored !== undefined) {
    const trouble = { kind: "failed", status: told.failed.status } as const;
    if (holdStale(stored.head, trouble, keyed.behavior.ttl, now) !== undefined) {
      add("stale", "served: hit", "the origin would not be asked, which is a failure of it", "[CFDG HTTPStatusCodes]");
      return end("hit");
    }
  }
  return endAtOrigin(end(verdict), told, errorPages);
}

/** Where the origin would be asked. */
function endAtOrigin(
  explanation: Explanation,
  { failed, bucketAsk }: ToldOrigin,
  errorPages: EffectiveDistribution["errorPages"],
): Explanation {
  if (failed !== undefined) {
    return { ...explanation, verdict: errorVerdict(failed, errorPages), because: failed.why };
  }
  return bucketAsk === undefined ? explanation : { ...explanation, bucketAsk };
}

function adderOf(steps: ExplanationStep[]): Add {
  return (stage, decision, why, source) => void steps.push({ stage, decision, why, source });
}

/** Two readings that are closer are of the same time. */
const SAME_MS = 100;

/** Only where tests have moved it: it is what ages and ends of signatures are reckoned by. */
function explainTime(now: EpochMs, { clock, machineClock }: EdgeParts, add: Add): void {
  const aheadMs = now - machineClock.now();
  if (clock === machineClock || Math.abs(aheadMs) < SAME_MS) return;
  const ahead = `${formatDuration(seconds(Math.round(aheadMs / 1000)))} ${aheadMs > 0 ? "ahead of" : "behind"}`;
  add("clock", new Date(now).toISOString(), `the clock was moved: it is ${ahead} the machine's time`, "[D-0034]");
}

/** What a viewer gets of an error: a page in its place, where there is one. */
function errorVerdict(
  { status, reason }: { readonly status: number; readonly reason: ReasonName },
  pages: EffectiveDistribution["errorPages"],
): string {
  const choice = chooseErrorPage(pages, { status, madeHere: reason });
  const instead = choice.kind === "replace" ? `, shown as ${shownInstead(choice.page)}` : "";
  return `${status} ${reason}${instead}`;
}

/** A copy that counts no more is as good as none. */
async function inspect(key: CacheKey, edge: EdgeParts): Promise<InspectedResponse | undefined> {
  const stored = await edge.storage.inspect(key);
  return stored?.head.lease?.isHeld === false ? undefined : stored;
}

function findForAccount(
  received: Received,
  account: AccountId | undefined,
  edge: EdgeParts,
): ReturnType<typeof findDistribution> {
  const owner = edge.config.find(received.request.host)?.owner;
  const isOthers = account !== undefined && owner !== undefined && owner.distribution.account !== account;
  if (!isOthers) return findDistribution(received, edge.config);
  // Worded and decided as for a host that nobody has.
  return findDistribution(received, { ...edge.config, find: () => undefined });
}

/** What the origin will say is not known here, so all that may come is told. */
function explainErrorPages({ distribution }: Routed, add: Add): void {
  for (const status of distribution.errorPages?.keys() ?? []) {
    const { why, source } = chooseErrorPage(distribution.errorPages, { status });
    add("error-page", `instead of a ${status} of the origin`, why, source);
  }
}
