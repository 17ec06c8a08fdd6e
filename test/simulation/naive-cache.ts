// What may be answered, by a cache that is imagined as simply as possible: it keeps every answer of the origin for ever, and
// asks of each whether this viewer may have it. It knows no storage, no collapsing, no order of promises.

import assert from "node:assert/strict";
import type { Fidelity } from "../../src/vocabulary/fidelity.ts";
import { contentOf, entityTag, fieldOf, type Fetch, type Trace, type Viewer } from "./world.ts";

/** Errors, and stale answers while the origin fails, are kept as long: nothing sets ErrorCachingMinTTL here. */
const ERROR_SECONDS = 10;

interface Lasting {
  /** `undefined`: not to be given to anybody but who asked for it. */
  readonly fresh: number | undefined;
  readonly whileRevalidate: number;
  /** When the origin fails; when it answers 503. */
  readonly onFailure: number;
  readonly onError: number;
}

function lastingOf({ status: seen, control, ttl: [min, byDefault, max] }: Fetch, fidelity: Fidelity): Lasting {
  const status = seen === 304 || seen === 206 ? 200 : seen;
  const isByRfc = fidelity === "rfc9111";
  const said = Number(/s-maxage=(\d+)/.exec(control ?? "")?.[1] ?? /max-age=(\d+)/.exec(control ?? "")?.[1] ?? "x");
  const refusal = /no-store|private|no-cache/.exec(control ?? "")?.[0];
  const none = { whileRevalidate: 0, onFailure: 0, onError: 0 };
  const clamped = Math.max(min, Math.min(said, max));
  if (status === 502 || status === 504) return { fresh: isByRfc ? undefined : ERROR_SECONDS, ...none };
  if (!isByRfc && (status === 404 || status === 503)) {
    const kept = refusal === undefined && said > 0 ? Math.max(ERROR_SECONDS, Math.min(said, max)) : ERROR_SECONDS;
    return { fresh: kept, ...none };
  }
  if (isByRfc && refusal !== undefined) return { fresh: refusal === "no-cache" ? 0 : undefined, ...none };
  if (isByRfc && status === 503 && Number.isNaN(said)) return { fresh: undefined, ...none };
  const fresh =
    refusal !== undefined
      ? min
      : Number.isNaN(said)
        ? isByRfc
          ? Math.max(min, byDefault)
          : Math.max(min, byDefault)
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
export function judge({ viewers, fetches, invalidations }: Trace, fidelity: Fidelity): void {
  for (const [index, viewer] of viewers.entries()) {
    const said = `viewer ${index} (${viewer.method} ${viewer.path} ${viewer.variant}, action ${viewer.order})`;
    judgeOne(viewer, said);
  }

  function judgeOne(viewer: Viewer, said: string): void {
    const { answer } = viewer;
    assert.ok(answer !== undefined, `${said} got no answer`);
    const same = fetches.filter(({ path, variant }) => path === viewer.path && variant === viewer.variant);
    /** The last action before this viewer that took what it asks for out of the cache. */
    const cleared = Math.max(
      -1,
      ...invalidations
        .filter(({ path, order }) => order < viewer.order && matches(path, viewer.path))
        .map(({ order }) => order),
    );
    const isLive = (fetch: Fetch): boolean => fetch.began > cleared;
    const id = fieldOf(answer.fields, "x-fetch");
    if (id === undefined) {
      if (!viewer.isEnabled) return assert.equal(answer.status, 403, `${said}: the distribution is disabled`);
      const cause = same.find(
        (fetch) =>
          fetch.state === "failed" &&
          fetch.status === answer.status &&
          (fetch.headOrder > viewer.order ||
            (isLive(fetch) && isWithin(viewer, fetch, lastingOf(fetch, fidelity).fresh))),
      );
      return assert.ok(cause !== undefined, `${said}: ${answer.status} although no fetch has failed so`);
    }
    assert.ok(viewer.isEnabled, `${said} was served by a disabled distribution`);
    const fetch = fetches[Number(id)];
    assert.ok(fetch !== undefined && same.includes(fetch), `${said} got fetch ${id}, which is of another key`);
    judgeBody(viewer, fetch, said);

    if (fetch.headOrder > viewer.order) {
      // It came while the viewer waited: its own, or one that was under way and not invalidated.
      return assert.ok(isLive(fetch), `${said} joined fetch ${id}, which is older than an invalidation`);
    }
    assert.ok(
      isLive(fetch),
      `${said} got fetch ${id}, which began at ${fetch.began} and was invalidated at ${cleared}`,
    );
    const lasting = lastingOf(fetch, fidelity);
    assert.ok(lasting.fresh !== undefined, `${said} got fetch ${id}, which is not to be stored`);
    const { fresh } = lasting;
    if (isWithin(viewer, fetch, fresh)) return judgeNewest(viewer, fetch, same, said);
    if (isWithin(viewer, fetch, fresh + lasting.whileRevalidate)) return;
    const trouble = same.find((other) => {
      const window = other.state === "failed" ? lasting.onFailure : other.status === 503 ? lasting.onError : 0;
      if (window === 0) return false;
      const isKnown = other.headOrder > viewer.order || isWithin(viewer, other, ERROR_SECONDS);
      return isKnown && (window === Number.POSITIVE_INFINITY || isWithin(viewer, fetch, fresh + window, other));
    });
    assert.ok(trouble !== undefined, `${said} got fetch ${id}, which was stale, and nothing excuses it`);
  }

  /** Nothing newer had taken its place when the viewer asked. */
  function judgeNewest(viewer: Viewer, fetch: Fetch, same: readonly Fetch[], said: string): void {
    const newer = same.find(
      (other) =>
        other.status === 200 &&
        other.wholeOrder < viewer.order &&
        other.wholeOrder > fetch.wholeOrder &&
        other.began > fetch.wholeOrder &&
        (lastingOf(other, fidelity).fresh ?? 0) > 0 &&
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

function judgeBody(viewer: Viewer, fetch: Fetch, said: string): void {
  const { answer, received, method, range, end } = viewer;
  assert.ok(answer !== undefined);
  const { status } = answer;
  const tag = fieldOf(answer.fields, "etag");
  const version = tag === undefined ? fetch.version : Number(/-(\d+)"$/.exec(tag)?.[1]);
  if (tag !== undefined) assert.equal(tag, entityTag(viewer.path, viewer.variant, version), `${said}: foreign ETag`);
  const content = contentOf(viewer.path, viewer.variant, version);
  if (status === 304) {
    assert.equal(viewer.ifNoneMatch, tag, `${said} got 304 and has another version`);
    return assert.equal(received.length, 0, `${said} got 304 with a body`);
  }
  if (method === "HEAD") return;
  let expected = content;
  if (status === 206) {
    const [, from = "", to = ""] = /^bytes (\d+)-(\d+)\/30$/.exec(fieldOf(answer.fields, "content-range") ?? "") ?? [];
    assert.ok(range !== undefined && Number(from) === range[0] && Number(to) === range[1], `${said}: another part`);
    expected = content.subarray(Number(from), Number(to) + 1);
  }
  if (end === "whole") assert.equal(received.toString(), expected.toString(), `${said}: not what the origin has sent`);
  else
    assert.ok(
      expected.subarray(0, received.length).equals(received),
      `${said}: not the beginning of what the origin has`,
    );
}
