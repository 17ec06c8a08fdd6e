import { strict as assert } from "node:assert";
import { test } from "node:test";

import {
  canonicalFields,
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  decodeComponent,
  EMPTY_BODY_HASH,
  encodeComponent,
  hashBody,
  hashText,
  queryAsSent,
  queryParameters,
} from "./canonical-request.ts";

test("a path loses dot segments and empty segments and is encoded once more", () => {
  // prettier-ignore
  const rows: readonly (readonly [raw: string, canonical: string])[] = [
    ["",                                    "/"],
    ["/",                                   "/"],
    ["/2020-05-31/distribution/E1",         "/2020-05-31/distribution/E1"],
    ["/2020-05-31/distribution/E1/",        "/2020-05-31/distribution/E1/"],
    ["//a///b//",                           "/a/b/"],
    ["/a/./b",                              "/a/b"],
    ["/a/.",                                "/a"],
    ["/a/./",                               "/a/"],
    ["/a/../b",                             "/b"],
    ["/a/b/..",                             "/a"],
    ["/../..",                              "/"],
    ["/..//",                               "/"],
    ["/a/..b/.c/d..",                       "/a/..b/.c/d.."],
    ["/a%2Fb",                              "/a%252Fb"],
    ["/a%2fb",                              "/a%252fb"],
    ["/%2E%2E/a",                           "/%252E%252E/a"],
    ["/a b",                                "/a%20b"],
    ["/a%20b",                              "/a%2520b"],
    ["/a+b",                                "/a%2Bb"],
    ["/~a-b_c.d",                           "/~a-b_c.d"],
    ["/a!'()*:@&=$,;",                      "/a%21%27%28%29%2A%3A%40%26%3D%24%2C%3B"],
    ["/%C3%A9",                             "/%25C3%25A9"],
    ["/\u00c3\u00a9",                       "/%C3%A9"], // the bytes of é, one character each
    ["*",                                   "%2A"],
    ["a/b",                                 "a/b"],
    ["/%",                                  "/%25"],
    ["/\u0000\u007f",                       "/%00%7F"],
    ["/\u0141",                             "/%u141"], // not a byte: no client signs this
  ];
  for (const [raw, canonical] of rows) assert.equal(canonicalPath(raw), canonical, raw);
});

test("a query is decoded, encoded and sorted; as sent it is only sorted", () => {
  // prettier-ignore
  const rows: readonly (readonly [raw: string, canonical: string, asSent: string])[] = [
    ["",                          "",                              ""],
    ["WithTags",                  "WithTags=",                     "WithTags="],
    ["WithTags=",                 "WithTags=",                     "WithTags="],
    ["b=2&a=1",                   "a=1&b=2",                       "a=1&b=2"],
    ["a=2&a=1&a",                 "a=&a=1&a=2",                    "a=&a=1&a=2"],
    ["a=b&a-b=c",                 "a=b&a-b=c",                     "a=b&a-b=c"],       // by key, not by joined text
    ["a=1&B=2&A=3",               "A=3&B=2&a=1",                   "A=3&B=2&a=1"],
    ["a%3d=1&a=2",                "a=2&a%3D=1",                    "a=2&a%3d=1"],
    ["a=b+c",                     "a=b%20c",                       "a=b+c"],
    ["a=b%2Bc",                   "a=b%2Bc",                       "a=b%2Bc"],
    ["a=b%20c",                   "a=b%20c",                       "a=b%20c"],
    ["a=%7e%41%2f",               "a=~A%2F",                       "a=%7e%41%2f"],
    ["a=x:y/z,'*'",               "a=x%3Ay%2Fz%2C%27%2A%27",       "a=x:y/z,'*'"],
    ["a=b=c",                     "a=b%3Dc",                       "a=b=c"],
    ["a=%",                       "a=%25",                         "a=%"],
    ["a=%zz%f",                   "a=%25zz%25f",                   "a=%zz%f"],
    ["a=%FF",                     "a=%FF",                         "a=%FF"],
    ["a=\u00c3\u00a9",            "a=%C3%A9",                      "a=\u00c3\u00a9"],
    ["a=1&&b=2&",                 "a=1&b=2",                       "=&=&a=1&b=2"],
    ["=x",                        "=x",                            "=x"],
    ["a?b=c?d",                   "a%3Fb=c%3Fd",                   "a?b=c?d"],
    ["a=1&X-Amz-Signature=ff&b=", "a=1&b=",                        "a=1&b="],
    ["x-amz-signature=ff",        "x-amz-signature=ff",            "x-amz-signature=ff"],
  ];
  for (const [raw, canonical, asSent] of rows) {
    assert.equal(canonicalQuery(raw), canonical, raw);
    assert.equal(queryAsSent(raw), asSent, raw);
  }
});

test("a repeated parameter keeps its values in order", () => {
  assert.deepEqual(
    [...queryParameters("b=1&a=%41+b&b=&b=%zz&&__proto__=x")],
    [
      ["b", ["1", "", "%zz"]],
      ["a", ["A b"]],
      ["__proto__", ["x"]],
    ],
  );
});

test("decoding undoes encoding, for every byte", () => {
  const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
  assert.match(encodeComponent(bytes), /^[A-Za-z0-9\-._~%]+$/);
  assert.equal(decodeComponent(encodeComponent(bytes)), bytes);
});

test("values of fields are trimmed, runs of spaces collapsed, repeats joined", () => {
  // prettier-ignore
  const rows: readonly (readonly [values: readonly string[], canonical: string])[] = [
    [["a"],                  "a"],
    [[""],                   ""],
    [["  a  "],              "a"],
    [["\ta \t b\t"],         "a b"],
    [["a  b   c"],           "a b c"],
    [['"a  b"'],             '"a b"'],
    [["a", "b"],             "a,b"],
    [["b", " a ", "b"],      "b,a,b"],
    [["a, b", "c"],          "a, b,c"],
    [["\u00c3\u00a0 "],      "\u00c3\u00a0"], // à in UTF-8: its second byte is no space, though JavaScript takes it for one
    [[" \u0085"],            "\u0085"],
    [["   "],                ""],
  ];
  for (const [values, canonical] of rows) {
    const fields = values.map((value, index) => [index % 2 === 0 ? "X-Some" : "x-sOME", value] as const);
    assert.deepEqual([...canonicalFields(fields)], [["x-some", canonical]], JSON.stringify(values));
  }
});

test("the canonical request has an empty line after the fields", () => {
  const text = canonicalRequest({
    method: "GET",
    path: "/",
    query: "a=",
    values: new Map([
      ["host", "h"],
      ["x-a", ""],
      ["not-signed", "n"],
    ]),
    signedHeaders: ["host", "x-a"],
    payloadHash: "p",
  });
  assert.equal(text, "GET\n/\na=\nhost:h\nx-a:\n\nhost;x-a\np");
});

test("texts are hashed byte by byte", () => {
  const bytes = new Uint8Array([0xc3, 0xa9, 0x41]);
  assert.equal(hashText("\u00c3\u00a9A"), hashBody(bytes));
  assert.equal(hashText("abc"), hashBody(new TextEncoder().encode("abc")));
  assert.equal(hashText("\u0141"), hashBody(new TextEncoder().encode("\u0141")));
  assert.notEqual(hashText("\u0141"), hashText("A"));
  assert.equal(hashBody(new Uint8Array()), EMPTY_BODY_HASH);
  assert.equal(hashText(""), EMPTY_BODY_HASH);
});
