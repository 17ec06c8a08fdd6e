// What is asked about is read as a viewer's bytes are: what the edge would refuse is refused, in words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_LIMITS } from "../../vocabulary/limits.ts";
import { readAsked, type ExplainRequest } from "./explained-request.ts";

const URL_A = "http://www.example.com:7480/a";

test("a request is what a viewer would send: host, path and query as they are written", () => {
  const rows = [
    ["http://www.example.com", "/", undefined],
    ["http://www.example.com?x=1", "/", "x=1"],
    ["HTTPS://www.example.com/a/../b;~?#f", "/a/../b;~", ""],
    [`${URL_A}%20b?x=%zz&y`, "/a%20b", "x=%zz&y"],
  ] as const;
  for (const [url, path, query] of rows) {
    const read = readAsked({ method: "GET", url }, DEFAULT_LIMITS);
    assert(read.kind === "request", url);
    assert.deepEqual([read.request.path, read.request.query], [path, query]);
  }
});

test("what the edge would refuse before it looks for a distribution is told with its status and in words", () => {
  const rows: readonly [Partial<ExplainRequest>, status: number, reason: string, why: RegExp][] = [
    [{ url: `${URL_A}${"x".repeat(9000)}` }, 413, "url-too-long", /viewerUrlBytesMax, which is 8192 bytes/],
    [{ url: `${URL_A} b` }, 400, "bad-target", /as %20/],
    [{ url: "http://www.example.com/caf\u00e9" }, 400, "bad-target", /as %20/],
    [{ url: "http://a_b c/x" }, 400, "bad-host", /name or an address/],
    [{ method: "B AD" }, 400, "bad-method", /letters, digits/],
    [{ method: "G@T" }, 400, "bad-method", /letters, digits/],
    [{ method: "CONNECT" }, 501, "connect-not-supported", /asks for a tunnel/],
    [{ headers: [["Bad Name", "x"]] }, 400, "bad-field-name", /name of a header/],
    [{ headers: [["X", "a\u0001b"]] }, 400, "bad-field-value", /no control characters/],
    [{ headers: [["X", "y".repeat(70_000)]] }, 413, "head-too-large", /viewerHeaderBytesMax/],
    [{ headers: [["Content-Length", "x"]] }, 400, "bad-content-length", /is one number/],
  ];
  for (const [asked, status, reason, why] of rows) {
    const read = readAsked({ method: "GET", url: URL_A, ...asked }, DEFAULT_LIMITS);
    assert(read.kind === "refused", JSON.stringify(asked).slice(0, 80));
    assert.deepEqual([read.status, read.reason], [status, reason]);
    assert.match(read.why, why);
  }
});

test("what nobody can send is told apart from what is refused", () => {
  const rows: readonly [Partial<ExplainRequest>, why: RegExp][] = [
    [{ url: "ftp://www.example.com/" }, /not an http or https URL/],
    [{ url: "http:///a" }, /not an http or https URL/],
    [{ url: "http://me:secret@www.example.com/" }, /^name and password in front of a host are not sent/],
    [{ url: `${URL_A}\r\nX: y` }, /line break/],
    [{ headers: [["X", "a\nHost: other"]] }, /line break/],
  ];
  for (const [asked, why] of rows) {
    const read = readAsked({ method: "GET", url: URL_A, ...asked }, DEFAULT_LIMITS);
    assert(read.kind === "unreadable", JSON.stringify(asked));
    assert.match(read.why, why);
  }
});
