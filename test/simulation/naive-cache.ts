// What may be answered, by a cache that is imagined as simply as possible: it keeps every answer of the origin for ever, and
// asks of each whether this viewer may have it. It knows no storage, no collapsing, no order of promises.

import assert from "node:assert/strict";
import { answerFields } from "../../src/edge/transport/message.ts";
import { gunzipSync } from "node:zlib";
import { contentOf, entityTag, fieldOf, PAGE_PATH, type Fetch, type Setup, type Trace, type Viewer } from "./world.ts";
import { listFields } from "../../src/edge/origin-request/origin-request.ts";

/** Errors, and stale answers while the origin fails, are kept as long: where ErrorCachingMinTTL is set here it is the same. */
const ERROR_SECONDS = 10;
/** Where there are error pages. */
const PAGED: ReadonlySet<number> = new Set([404, 502, 503]);

interface Lasting {
  /** `undefined`: not to be given to anybody but who asked for it. */
  readonly fresh: number | undefined;
  readonly whileRevalidate: number;
  /** When the origin fails; when it answers 503. */
  readonly onFailure: number;
  readonly onError: number;
}

function lastingOf(fetch: Fetch, { fidelity, errorPages }: Setup): Lasting {
  const {
    status: seen,
    control,
    authorized,
    ttl: [min, byDefault, max],
  } = fetch;
  const status = seen === 304 || seen === 206 ? 200 : seen;
  const isByRfc = fidelity === "rfc9111";
  const said = Number(/s-maxage=(\d+)/.exec(control ?? "")?.[1] ?? /max-age=(\d+)/.exec(control ?? "")?.[1] ?? "x");
  const refusal = /no-store|private|no-cache/.exec(control ?? "")?.[0];
  const none = { whileRevalidate: 0, onFailure: 0, onError: 0 };
  const clamped = Math.max(min, Math.min(said, max));
  const isKept = !isByRfc || (errorPages && PAGED.has(status));
  if (status === 502 || status === 504) return { fresh: isKept ? ERROR_SECONDS : undefined, ...none };
  if (isByRfc && authorized && !/public|s-maxage|must-revalidate/.test(control ?? "")) {
    return { fresh: undefined, ...none };
  }
  if (!isByRfc && (status === 404 || status === 503)) {
    const kept = refusal === undefined && said > 0 ? Math.max(ERROR_SECONDS, Math.min(said, max)) : ERROR_SECONDS;
    return { fresh: kept, ...none };
  }
  if (isByRfc && refusal !== undefined) return { fresh: refusal === "no-cache" ? 0 : undefined, ...none };
  if (isByRfc && status === 503 && Number.isNaN(said)) return { fresh: isKept ? ERROR_SECONDS : undefined, ...none };
  const fresh =
    refusal !== undefined
      ? min
      : Number.isNaN(said)
        ? Math.max(min, byDefault) || (status === 404 && errorPages ? ERROR_SECONDS : 0)
        : clamped;
  if (status >= 400 || /must-revalidate/.test(control ?? "")) return { fresh, ...none };
  if (refusal !== undefined && min === 0) return { fresh, ...none };
  if (isByRfc && /s-maxage/.test(control ?? "")) return { fresh, ...none };
  const ifError = /stale-if-error=(\d+)/.exec(control ?? "")?.[1];
  return {
    fresh,
    whileRevalidate: Number(/stale-while-revalidate=(\d+)/.exec(control ?? "")?.[1] ?? 0),
    onFailure: Number(ifError ?? Number.POSITIVE_INFINITY),
    onError: Number(ifError ?? (isByRfc ? 0 : Number.POSITIVE_INFINITY)),
  };
}

function matches(invalidation: string, path: string): boolean {
  return invalidation.endsWith("*") ? path.startsWith(invalidation.slice(0, -1)) : path === invalidation;
}

/** Throws with what is wrong about the first viewer who got what nobody may get. */
export function judge({ setup, viewers, fetches, invalidations }: Trace): void {
  for (const { id, request, path } of fetches) {
    if (setup.cookies) continue;
    assert.equal(
      fieldOf(listFields(request.fields), "cookie"),
      undefined,
      `fetch ${id} of ${path} tells the origin a cookie`,
    );
  }
  for (const [index, viewer] of viewers.entries()) {
    const said = `viewer ${index} (${viewer.method} ${viewer.path} ${viewer.variant}, action ${viewer.order})`;
    judgeOne(viewer, said);
  }

  function judgeOne(viewer: Viewer, said: string): void {
    const { answer } = viewer;
    assert.ok(answer !== undefined, `${said} got no answer`);
    /** What the edge made because there was no answer says nothing of variants, unless they are in the key. */
    const isForAll = ({ state }: Fetch): boolean =>
      state === "failed" && setup.fidelity === "rfc9111" && !setup.cookies;
    /** What the origin was asked that can answer this viewer, for its own path or for the page. */
    const fetchesOf = (path: string, method: string): Fetch[] =>
      fetches.filter(
        (fetch) =>
          fetch.path === path &&
          (fetch.variant === viewer.variant || isForAll(fetch)) &&
          fetch.gzip === viewer.gzip &&
          (fetch.method === "POST") === (method === "POST"),
      );
    const same = fetchesOf(viewer.path, viewer.method);
    /** Nothing has taken it out of the cache since it was asked for and before this viewer came. */
    const isLive = (fetch: Fetch): boolean =>
      !invalidations.some(
        ({ path, order }) => order < viewer.order && order >= fetch.began && matches(path, fetch.path),
      );
    const id = fieldOf(answerFields(answer), "x-fetch");
    if (id === undefined) {
      if (!viewer.isEnabled) return assert.equal(answer.status, 403, `${said}: the distribution is disabled`);
      // The range may lie beyond the end of the compressed form, which is shorter.
      if (answer.status === 416 && viewer.gzip && viewer.range !== undefined) return;
      const cause = [...same, ...(setup.errorPages ? fetchesOf(PAGE_PATH, "GET") : [])].find(
        (fetch) =>
          fetch.state === "failed" &&
          fetch.status === answer.status &&
          (fetch.headOrder > viewer.order ||
            (isLive(fetch) && isWithin(viewer, fetch, lastingOf(fetch, setup).fresh)) ||
            // A page is looked up when the error is there, by the clock of that moment.
            (setup.errorPages && viewer.answeredAt < fetch.headAt + ERROR_SECONDS * 1000)),
      );
      return assert.ok(cause !== undefined, `${said}: ${answer.status} although no fetch has failed so`);
    }
    assert.ok(viewer.isEnabled, `${said} was served by a disabled distribution`);
    const fetch = fetches[Number(id)];
    assert.ok(fetch !== undefined);
    judgeBody(viewer, fetch, setup, said);
    const owner = fieldOf(answerFields(answer), "set-cookie");
    const keepsCookies = setup.cookies || setup.fidelity === "rfc9111";
    const isOwn = owner === undefined || (keepsCookies && owner === `owner=${viewer.variant}`);
    assert.ok(isOwn, `${said} got the cookie ${owner}`);
    if (!same.includes(fetch)) return judgePage(viewer, fetch);
    // Never stored, so it is the answer to this very request.
    if (viewer.method === "POST") return assert.ok(fetch.headOrder > viewer.order, `${said} got another's answer`);

    if (fetch.headOrder > viewer.order) {
      // It came while the viewer waited: its own, or one that was under way and not invalidated.
      return assert.ok(isLive(fetch), `${said} joined fetch ${id}, which is older than an invalidation`);
    }
    assert.ok(isLive(fetch), `${said} got fetch ${id}, which began at ${fetch.began} and was invalidated since`);
    const lasting = lastingOf(fetch, setup);
    assert.ok(lasting.fresh !== undefined, `${said} got fetch ${id}, which is not to be stored`);
    const { fresh } = lasting;
    if (isWithin(viewer, fetch, fresh)) return judgeNewest(viewer, fetch, same, said);
    // While the origin was asked the clock was set back, and then it answered with trouble: what is fresh is not hidden by that.
    if (viewer.answeredAt < viewer.now && viewer.answeredAt < fetch.headAt + fresh * 1000) return;
    if (isWithin(viewer, fetch, fresh + lasting.whileRevalidate)) return;
    const trouble = same.find((other) => {
      const window = other.state === "failed" ? lasting.onFailure : other.status === 503 ? lasting.onError : 0;
      if (window === 0) return false;
      const isKnown = other.headOrder > viewer.order || isWithin(viewer, other, ERROR_SECONDS);
      return isKnown && (window === Number.POSITIVE_INFINITY || isWithin(viewer, fetch, fresh + window, other));
    });
    assert.ok(trouble !== undefined, `${said} got fetch ${id}, which was stale, and nothing excuses it`);

    /** A page instead of an error that this viewer may have met: whole, whatever was asked for of the object. */
    function judgePage(asking: Viewer, page: Fetch): void {
      const isPage = setup.errorPages && fetchesOf(PAGE_PATH, "GET").includes(page);
      assert.ok(isPage, `${said} got fetch ${page.id}, which is of another key`);
      assert.ok(isLive(page), `${said} got a page that was invalidated`);
      assert.ok(answer?.status !== 206 && answer?.status !== 304, `${said} got ${answer?.status} for a page`);
      const error = same.find(
        (each) =>
          PAGED.has(each.status) &&
          (each.headOrder > asking.order || (isLive(each) && isWithin(asking, each, lastingOf(each, setup).fresh))),
      );
      assert.ok(error !== undefined, `${said} got a page although nothing has failed`);
    }
  }

  /** Nothing newer had taken its place when the viewer asked. */
  function judgeNewest(viewer: Viewer, fetch: Fetch, same: readonly Fetch[], said: string): void {
    const newer = same.find(
      (other) =>
        other.status === 200 &&
        other.wholeOrder < viewer.order &&
        other.wholeOrder > fetch.wholeOrder &&
        other.began > fetch.wholeOrder &&
        (lastingOf(other, setup).fresh ?? 0) > 0 &&
        !invalidations.some(
          ({ path, order }) => order > other.began && order < viewer.order && matches(path, other.path),
        ),
    );
    assert.ok(newer === undefined, `${said} got fetch ${fetch.id} although ${newer?.id} had taken its place`);
  }
}

/** Had it fewer seconds on its back than that when the viewer asked, or when `trouble` came while the viewer waited? */
function isWithin(viewer: Viewer, fetch: Fetch, seconds: number | undefined, trouble?: Fetch): boolean {
  if (seconds === undefined) return false;
  const at = trouble === undefined || trouble.headOrder < viewer.order ? viewer.now : trouble.headAt;
  return at < fetch.headAt + seconds * 1000;
}

function judgeBody(viewer: Viewer, fetch: Fetch, { bytes }: Setup, said: string): void {
  const { answer, received, method, range, end } = viewer;
  assert.ok(answer !== undefined);
  const { status } = answer;
  const coding = fieldOf(answerFields(answer), "content-encoding");
  assert.ok(coding === undefined || (coding === "gzip" && viewer.gzip), `${said} cannot read ${coding}`);
  const tag = fieldOf(answerFields(answer), "etag")?.replace(/^W\//, "");
  const version = tag === undefined ? fetch.version : Number(/-(\d+)"$/.exec(tag)?.[1]);
  if (tag !== undefined) assert.equal(tag, entityTag(fetch.path, viewer.variant, version), `${said}: foreign ETag`);
  const content = contentOf(fetch.path, viewer.variant, version, bytes);
  if (status === 304) {
    assert.equal(viewer.ifNoneMatch, tag, `${said} got 304 and has another version`);
    return assert.equal(received.length, 0, `${said} got 304 with a body`);
  }
  if (method === "HEAD") return;
  if (coding !== undefined) {
    if (status !== 200 && status !== 404) return; // a part of the coded form
    if (end === "whole") assert.ok(gunzipSync(received).equals(content), `${said}: not what the origin has sent`);
    return;
  }
  let expected = content;
  if (status === 206) {
    const [, from = "", to = ""] =
      /^bytes (\d+)-(\d+)\/\d+$/.exec(fieldOf(answerFields(answer), "content-range") ?? "") ?? [];
    assert.ok(range !== undefined && Number(from) === range[0] && Number(to) === range[1], `${said}: another part`);
    expected = content.subarray(Number(from), Number(to) + 1);
  }
  if (end === "whole") assert.ok(received.equals(expected), `${said}: not what the origin has sent`);
  else
    assert.ok(
      expected.subarray(0, received.length).equals(received),
      `${said}: not the beginning of what the origin has`,
    );
}
