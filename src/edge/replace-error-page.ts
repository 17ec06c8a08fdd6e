// An error in whose place the distribution has a page. What is decided about it is in origin-response/custom-error-response.ts;
// here the page is fetched, by the same way through cache and origin as any other, once serve.ts has an answer.

import type { ErrorPage } from "./config/effective-config.ts";
import { newTally, type EdgeParts } from "./edge-parts.ts";
import type { Authorized, Routed } from "./exchange.ts";
import { authorizeEdge, chooseErrorPage, dressPage, pageRequest } from "./origin-response/custom-error-response.ts";
import type { Answer } from "./transport/message.ts";
import { matchBehavior } from "./viewer-request/match-behavior.ts";
import { finishUnseen } from "./viewer-response/finish-unseen.ts";

/** The stages behind authorization. */
type AnswerAuthorized = (authorized: Authorized, edge: EdgeParts) => Answer | Promise<Answer>;

/**
 * The last step: an error for which the distribution has a page is answered with that page, fetched like any other of its
 * pages, from its own cache entry where it is stored. Nothing of this happens twice for one request.
 */
export function replaceErrorPage(
  routed: Routed,
  answer: Answer | Promise<Answer>,
  answerPage: AnswerAuthorized,
  edge: EdgeParts,
): Answer | Promise<Answer> {
  if (answer instanceof Promise) return answer.then((settled) => replaceErrorPage(routed, settled, answerPage, edge));
  const { distribution } = routed;
  const choice = chooseErrorPage(distribution.errorPages, answer);
  return choice.kind === "keep" ? answer : fetchPage(routed, choice.page, answer, answerPage, edge);
}

async function fetchPage(
  routed: Routed,
  page: ErrorPage,
  failed: Answer,
  answerPage: AnswerAuthorized,
  edge: EdgeParts,
): Promise<Answer> {
  const received = { request: pageRequest(routed, page), now: edge.clock.now() };
  const forPage = authorizeEdge(matchBehavior(received, routed.distribution, edge.countryOf));
  if (forPage === undefined) return failed;
  void finishUnseen(failed.body);
  // The viewer's request is counted already, as the error that it met.
  const tally = newTally();
  const got = await answerPage(forPage, { ...edge, tally });
  edge.tally.originFailures += tally.originFailures;
  return dressPage(got, page, failed);
}
