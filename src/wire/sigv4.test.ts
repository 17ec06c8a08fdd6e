import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import { test } from "node:test";

import * as fc from "fast-check";

import { addSeconds, epochMs, seconds } from "../vocabulary/time.ts";
import type { EpochMs } from "../vocabulary/time.ts";
import type { SignedField } from "./canonical-request.ts";
import { presignRequest, signRequest } from "./sigv4-sign.ts";
import type { Signer, UnsignedRequest } from "./sigv4-sign.ts";
import { equalSecrets } from "./equal-secrets.ts";
import { readSignature } from "./read-signature.ts";
import { AUTHENTICATION_ERRORS } from "./signature-failure.ts";
import { formatAmzDate, parseAmzDate } from "./signed-date.ts";
import { checkSignature } from "./sigv4.ts";
import type { AuthenticationFailure } from "./signature-failure.ts";
import { deriveSigningKey, hmac, newSigningKeys } from "./signing-key.ts";

const NOW = epochMs(Date.UTC(2019, 8, 29, 17, 19, 36));
const SIGNER: Signer = {
  accessKeyId: "AKIDEXAMPLE",
  secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  region: "eu-west-1",
  service: "cloudfront",
};
const NO_BODY = new Uint8Array();
const BODY = Buffer.from("<DistributionConfig/>");

function aRequest(changes: Partial<UnsignedRequest> = {}): UnsignedRequest {
  return {
    method: "GET",
    rawPath: "/2020-05-31/distribution/E1",
    rawQuery: "",
    fields: [["Host", "127.0.0.1:7400"]],
    body: NO_BODY,
    ...changes,
  };
}

function signed(changes: Partial<UnsignedRequest> = {}, at: EpochMs = NOW, as: Signer = SIGNER): UnsignedRequest {
  const request = aRequest(changes);
  return { ...request, fields: signRequest(request, as, { at }) };
}

function presigned(changes: Partial<UnsignedRequest> = {}, expiresSeconds = 60, as: Signer = SIGNER): UnsignedRequest {
  const request = aRequest(changes);
  return { ...request, rawQuery: presignRequest(request, as, { at: NOW, expiresSeconds }) };
}

function verify(request: UnsignedRequest, now: EpochMs = NOW, secret = SIGNER.secret, keys = newSigningKeys(10)) {
  const signature = readSignature(request, { services: ["cloudfront", "sts"] });
  return signature.kind === "failure" ? signature : checkSignature(signature, request, { secret, now, keys });
}

function withField(request: UnsignedRequest, name: string, value: string | undefined): UnsignedRequest {
  const others = request.fields.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  return { ...request, fields: value === undefined ? others : [...others, [name, value]] };
}

function fieldOf(request: UnsignedRequest, name: string): string {
  return request.fields.find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1] ?? "";
}

function rewritten(request: UnsignedRequest, pattern: RegExp | string, by: string): UnsignedRequest {
  return withField(request, "Authorization", fieldOf(request, "Authorization").replace(pattern, by));
}

function assertFails(outcome: { readonly kind: string }, code: string, message: string | RegExp, about = code) {
  assert.equal(outcome.kind, "failure", about);
  const failed = outcome as AuthenticationFailure;
  assert.equal(failed.code, code, about);
  if (typeof message === "string") assert.equal(failed.message, message, about);
  else assert.match(failed.message, message, about);
}

test("the published example derives its published key and signature", () => {
  const scope = { accessKeyId: "AKIDEXAMPLE", date: "20150830", region: "us-east-1", service: "iam" };
  assert.equal(
    Buffer.from(deriveSigningKey(SIGNER.secret, scope)).toString("hex"),
    "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9",
  );
  const at = epochMs(Date.UTC(2015, 7, 30, 12, 36, 0));
  const fields = signRequest(
    {
      method: "GET",
      rawPath: "/",
      rawQuery: "Action=ListUsers&Version=2010-05-08",
      fields: [
        ["Host", "iam.amazonaws.com"],
        ["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"],
      ],
      body: NO_BODY,
    },
    { ...SIGNER, region: "us-east-1", service: "iam" },
    { at },
  );
  assert.deepEqual(fields.at(-1), [
    "Authorization",
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, " +
      "SignedHeaders=content-type;host;x-amz-date, " +
      "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
  ]);
});

test("the published test suite's plain request has its published signature", () => {
  const rows = [
    ["", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    ["Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"],
  ] as const;
  for (const [rawQuery, signature] of rows) {
    const fields = signRequest(
      aRequest({ rawPath: "/", rawQuery, fields: [["Host", "example.amazonaws.com"]] }),
      { ...SIGNER, region: "us-east-1", service: "service" },
      { at: epochMs(Date.UTC(2015, 7, 30, 12, 36, 0)) },
    );
    assert.equal(fields.at(-1)?.[1].split("Signature=")[1], signature);
  }
});

test("HMAC agrees with RFC 4231, case 2", () => {
  assert.equal(
    Buffer.from(hmac("Jefe", "what do ya want for nothing?")).toString("hex"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});

test("what we sign, we verify: in the header and in the query, with and without token, body and payload hash", () => {
  const bodies: readonly UnsignedRequest["body"][] = [NO_BODY, BODY];
  for (const sessionToken of [undefined, "FwoG+/=token"]) {
    for (const body of bodies) {
      for (const payload of ["signed", "unsigned"] as const) {
        const as = { ...SIGNER, sessionToken };
        const request = aRequest({ method: "POST", rawPath: "/a%2Fb//../c d", rawQuery: "WithTags&b=+&a=%2b", body });
        const header = { ...request, fields: signRequest(request, as, { at: NOW, payload }) };
        const query = { ...request, rawQuery: presignRequest(request, as, { at: NOW, expiresSeconds: 60, payload }) };
        for (const [form, sent] of [
          ["header", header],
          ["query", query],
        ] as const) {
          const read = readSignature(sent, { services: ["cloudfront"] });
          assert(read.kind === "signature");
          assert.equal(read.form, form);
          assert.equal(read.sessionToken, sessionToken);
          assert.equal(read.region, "eu-west-1");
          assert.deepEqual(verify(sent), { kind: "ok" });
          const tampered = verify({ ...sent, body: Buffer.from("other") });
          assert.equal(tampered.kind, payload === "unsigned" ? "ok" : "failure");
        }
      }
    }
  }
});

test("a request without signature says so", () => {
  for (const request of [aRequest(), aRequest({ rawQuery: "X-Amz-Expires=5&x-amz-signature=1" })]) {
    assertFails(verify(request), "MissingAuthenticationToken", "Missing Authentication Token");
  }
});

test("an incomplete signature says what is missing", () => {
  const whole = signed();
  const shown = /\(Hashed with SHA-256 and encoded with Base64\) Authorization=[A-Za-z0-9+/]{43}=$/;
  // prettier-ignore
  const rows: readonly (readonly [UnsignedRequest, RegExp])[] = [
    [rewritten(whole, /Credential=[^,]+, /, ""),             /^Authorization header requires 'Credential' parameter\. \(/],
    [rewritten(whole, /, Signature=.*/, ""),                 /^Authorization header requires 'Signature' parameter\. \(/],
    [rewritten(whole, /SignedHeaders=[^,]+,/, ""),           /^Authorization header requires 'SignedHeaders' parameter\. \(/],
    [rewritten(whole, /SignedHeaders=[^,]+,/, "SignedHeaders=,"), /requires 'SignedHeaders' parameter/],
    [withField(whole, "X-Amz-Date", undefined),              /^Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header\./],
    [withField(whole, "Authorization", "AWS4-HMAC-SHA256"),  /^Authorization header requires 'Credential' parameter\. Authorization header requires 'Signature' parameter\. Authorization header requires 'SignedHeaders' parameter\. \(/],
    [withField(whole, "Authorization", "AWS4-HMAC-SHA256 x"), /^Invalid key=value pair \(missing equal-sign\) in Authorization header\./],
    [withField(whole, "Authorization", "Bearer secret"),     /^Authorization header requires the algorithm 'AWS4-HMAC-SHA256'/],
    [withField(whole, "Authorization", "AWS AKID:c2ln"),     /requires the algorithm/],
    [withField(whole, "Authorization", ""),                  /requires the algorithm/],
    [rewritten(whole, "Signature=", "Signature=1,Signature="), /'Signature' more than once/],
    [rewritten(whole, "SHA256", "SHA1"),                     /requires the algorithm/],
  ];
  for (const [request, message] of rows) {
    const outcome = verify(request);
    assertFails(outcome, "IncompleteSignature", message, fieldOf(request, "Authorization"));
    assert.match((outcome as AuthenticationFailure).message, shown);
    assert(!(outcome as AuthenticationFailure).message.includes("Bearer secret"));
  }
  const credential =
    "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got ";
  assertFails(
    verify(rewritten(whole, /Credential=[^,]+/, "Credential=AKID")),
    "IncompleteSignature",
    `${credential}'AKID'`,
  );
  assertFails(verify(rewritten(whole, "aws4_request", "a/b")), "IncompleteSignature", /got 'AKIDEXAMPLE\/2.*\/a\/b'$/);
  assertFails(verify(rewritten(whole, "AKIDEXAMPLE", "")), "IncompleteSignature", /got '\/2019/);
  for (const date of ["20190929", "2019-09-29T17:19:36Z", "20190230T000000Z", "20190929T240000Z", "x".repeat(5000)]) {
    const outcome = verify(withField(whole, "X-Amz-Date", date));
    assertFails(outcome, "IncompleteSignature", /^Date must be in ISO-8601 'basic format'\. Got '.{1,257}'\. See /);
  }
  // Two of a kind are malformed, never a choice.
  const twice = { ...whole, fields: [...whole.fields, ["x-amz-date", "20190929T171936Z"] as const] };
  assertFails(verify(twice), "IncompleteSignature", /Got '20190929T171936Z,20190929T171936Z'/);
});

test("an incomplete signature in the query says what is missing", () => {
  const whole = presigned();
  const without = (name: string, by = "") => ({
    ...whole,
    rawQuery: whole.rawQuery.replace(new RegExp(`(^|&)${name}=[^&]*`), by),
  });
  for (const name of ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"]) {
    const message = `AWS query-string parameters must include '${name}'. Re-examine the query-string parameters.`;
    assertFails(verify(without(name)), "IncompleteSignature", message);
    assertFails(verify(without(name, `&${name}=`)), "IncompleteSignature", message);
    const twice = { ...whole, rawQuery: `${whole.rawQuery}&${name}=1` };
    assertFails(verify(twice), "IncompleteSignature", /only once/, name);
  }
  assertFails(
    verify(without("X-Amz-Algorithm", "X-Amz-Algorithm=AWS3")),
    "IncompleteSignature",
    /X-Amz-Algorithm must/,
  );
  for (const expires of ["0", "-1", "604801", "1e3", "", "9".repeat(400)]) {
    const outcome = verify(without("X-Amz-Expires", `&X-Amz-Expires=${expires}`));
    assertFails(outcome, "IncompleteSignature", /^X-Amz-Expires must be/, expires);
  }
  const both = { ...signed(), rawQuery: whole.rawQuery };
  assertFails(verify(both), "IncompleteSignature", /not in both/);
});

test("a scope for another service, day or algorithm is refused, whatever its region", () => {
  const whole = signed();
  const date = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ";
  // prettier-ignore
  const rows: readonly (readonly [from: string, to: string, message: string])[] = [
    ["/cloudfront/",  "/s3/",         "Credential should be scoped to correct service: 'cloudfront'."],
    ["/eu-west-1/",   "//",           "Credential should be scoped to a valid region."],
    ["aws4_request",  "aws5_request", "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'."],
    ["/20190929/",    "/20190930/",   `${date}'20190930' != '20190929', from '20190929T171936Z'.`],
    ["/20190929/eu-west-1/cloudfront/", "/1//s3/", `Credential should be scoped to a valid region. Credential should be scoped to correct service: 'cloudfront'. ${date}'1' != '20190929', from '20190929T171936Z'.`],
  ];
  for (const [from, to, message] of rows) {
    const outcome = readSignature(rewritten(whole, from, to), { services: ["cloudfront"] });
    assertFails(outcome, "SignatureDoesNotMatch", message);
  }
  for (const region of ["us-east-1", "cn-northwest-1", "mars"]) {
    assert.deepEqual(verify(signed({}, NOW, { ...SIGNER, region })), { kind: "ok" });
  }
  assert.deepEqual(verify(signed({}, NOW, { ...SIGNER, service: "sts" })), { kind: "ok" });
});

test("host must be signed, and every signed field must be there", () => {
  const whole = signed({ fields: [["Host", "h"], ["X-Some", "1"]] }); // prettier-ignore
  assertFails(
    verify(rewritten(whole, "=host;", "=")),
    "SignatureDoesNotMatch",
    /^'Host' or ':authority' must be a 'SignedHeader'/,
  );
  assertFails(
    verify(withField(whole, "X-Some", undefined)),
    "SignatureDoesNotMatch",
    "The signed header 'x-some' is not in the request.",
  );
  // A field that is not signed may come along: proxies add some on the way.
  assert.deepEqual(verify(withField(whole, "X-Amz-Cf-Id", "x")), { kind: "ok" });
  // Order, case and repeats of the list are the client's matter.
  const list = "SignedHeaders=X-Some;host;x-amz-date;host";
  assert.deepEqual(verify(rewritten(whole, /SignedHeaders=[^,]+/, list)), { kind: "ok" });
});

test("a wrong signature is answered with what should have been signed", () => {
  const whole = signed({ rawPath: "/a%2Fb/./c", rawQuery: "b=2&WithTags", method: "POST", body: BODY });
  assertFails(
    verify(whole, NOW, "another secret"),
    "SignatureDoesNotMatch",
    `The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.

The Canonical String for this request should have been
'POST
/a%252Fb/c
WithTags=&b=2
host:127.0.0.1:7400
x-amz-date:20190929T171936Z

host;x-amz-date
3e55acecde712c258288affde990ec91dfc3693db4416c6a2fcd8d81ddea515d'

The String-to-Sign should have been
'AWS4-HMAC-SHA256
20190929T171936Z
20190929/eu-west-1/cloudfront/aws4_request
191b26cd380c804404cbc5553a8d451e27353177abb88f5b68df2dbfbbe3f97d'
`,
  );
});

test("a signature that is not 64 lower-case hexadecimal digits does not match", () => {
  const whole = signed();
  for (const by of [
    "Signature=0",
    `Signature=${"0".repeat(64)}`,
    `Signature=${"é".repeat(64)}`,
    `Signature=${"A".repeat(9999)}`,
  ]) {
    assertFails(verify(rewritten(whole, /Signature=.*/, by)), "SignatureDoesNotMatch", /^The request signature/);
  }
});

test("what is shown of a request is text that XML can hold", () => {
  const request = signed({ fields: [["Host", "h"], ["X-Some", "\u00c3\u00a9 \u00f0\u009f\u0098\u0080 \u0001 \u00ff"]] }); // prettier-ignore
  assert.deepEqual(verify(request), { kind: "ok" });
  assertFails(verify(request, NOW, "other"), "SignatureDoesNotMatch", /\nx-some:é 😀 \ufffd \ufffd\n/);
});

test("a signature holds for five minutes either way", () => {
  // prettier-ignore
  const rows: readonly (readonly [signedAfterSeconds: number, message: string | undefined])[] = [
    [   0, undefined],
    [-300, undefined],
    [ 300, undefined],
    [-301, "Signature expired: 20190929T171435Z is now earlier than 20190929T171436Z (20190929T171936Z - 5 min.)"],
    [ 301, "Signature not yet current: 20190929T172437Z is still later than 20190929T172436Z (20190929T171936Z + 5 min.)"],
    [-345, "Signature expired: 20190929T171351Z is now earlier than 20190929T171436Z (20190929T171936Z - 5 min.)"],
  ];
  for (const [after, message] of rows) {
    const request = signed({}, addSeconds(NOW, seconds(after)));
    for (const now of [NOW, epochMs(NOW + 999)]) {
      if (message === undefined) assert.deepEqual(verify(request, now), { kind: "ok" }, String(after));
      else assertFails(verify(request, now), "SignatureDoesNotMatch", message);
    }
  }
});

test("a signed address lives as long as it says, and five minutes when it does not say", () => {
  const later = (by: number) => addSeconds(NOW, seconds(by));
  const hour = presigned({}, 3600);
  assert.deepEqual(verify(hour, later(3600)), { kind: "ok" });
  assertFails(verify(hour, later(3601)), "RequestExpired", /^Request has expired\./);
  assertFails(verify(hour, later(-301)), "SignatureDoesNotMatch", /^Signature not yet current/);
  assert.deepEqual(verify(presigned({}, 604_800), later(604_800)), { kind: "ok" });
  // The life is itself signed.
  const longer = { ...hour, rawQuery: hour.rawQuery.replace("Expires=3600", "Expires=7200") };
  assertFails(verify(longer), "SignatureDoesNotMatch", /^The request signature/);
  const unsaid = { ...hour, rawQuery: hour.rawQuery.replace("&X-Amz-Expires=3600", "") };
  assertFails(verify(unsaid, later(301)), "SignatureDoesNotMatch", /^Signature expired/);
  assertFails(verify(unsaid, later(300)), "SignatureDoesNotMatch", /^The request signature/);
});

test("a stated payload hash must be the body's", () => {
  const field = (hash: string): readonly SignedField[] => [["Host", "h"], ["X-Amz-Content-SHA256", hash]]; // prettier-ignore
  const right = "3e55acecde712c258288affde990ec91dfc3693db4416c6a2fcd8d81ddea515d";
  const stated = (hash: string) => verify(signed({ method: "POST", body: BODY, fields: field(hash) }));
  assert.deepEqual(stated(right), { kind: "ok" });
  for (const hash of [right.toUpperCase(), "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "0".repeat(64), ""]) {
    assertFails(stated(hash), "SignatureDoesNotMatch", /^The request signature/, hash);
  }
});

test("the date may be that of the Date field, in either form", () => {
  const whole = signed();
  for (const date of ["Sun, 29 Sep 2019 17:19:36 GMT", "Sun, 29 Sep 2019 17:19:36 -0000", "20190929T171936Z"]) {
    const byDate = withField(withField(whole, "X-Amz-Date", undefined), "Date", date);
    const read = readSignature(byDate, { services: ["cloudfront"] });
    assert(read.kind === "signature", date);
    assert.equal(read.signedAt, NOW);
    assert.equal(read.amzDate, "20190929T171936Z");
  }
  for (const date of [
    "Sun, 31 Feb 2019 17:19:36 GMT",
    "Sun, 29 Foo 2019 17:19:36 GMT",
    "Sun, 29 Sep 2019 17:19:36 +0200",
  ]) {
    const byDate = withField(withField(whole, "X-Amz-Date", undefined), "Date", date);
    assertFails(verify(byDate), "IncompleteSignature", /^Date must be/);
  }
  // X-Amz-Date wins.
  assert.deepEqual(verify(withField(whole, "Date", "garbage")), { kind: "ok" });
});

test("dates are read as they are written", () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1000, 0, 1) / 1000, max: Date.UTC(9999, 11, 31) / 1000 }), (second) => {
      assert.equal(parseAmzDate(formatAmzDate(epochMs(second * 1000))), second * 1000);
    }),
    { seed: 4 },
  );
});

test("signing keys are kept once they verified something, and no more of them than allowed", () => {
  const keys = newSigningKeys(2);
  verify(signed(), NOW, "wrong", keys);
  assert.equal(keys.entries.size, 0);
  for (const region of ["a", "b", "a", "c"]) {
    assert.deepEqual(verify(signed({}, NOW, { ...SIGNER, region }), NOW, SIGNER.secret, keys), { kind: "ok" });
  }
  assert.deepEqual(
    [...keys.entries.keys()],
    ["20190929/b/cloudfront/AKIDEXAMPLE", "20190929/c/cloudfront/AKIDEXAMPLE"],
  );
  // A kept key is not good for another secret of the same access key.
  const c = { ...SIGNER, region: "c" };
  assertFails(verify(signed({}, NOW, c), NOW, "new", keys), "SignatureDoesNotMatch", /^The request/);
  assert.deepEqual(verify(signed({}, NOW, { ...c, secret: "new" }), NOW, "new", keys), { kind: "ok" });
});

test("secrets are compared by their bytes", () => {
  assert(equalSecrets("", ""));
  assert(equalSecrets("a€", "a€"));
  assert(!equalSecrets("a", "b"));
  assert(!equalSecrets("a", "ab"));
});

/** Texts that are nearly something: pieces of real ones in any order, and any characters between. */
const garbage = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ..."AWS4-HMAC-SHA256| |Credential=|SignedHeaders=|Signature=|, |AKID/20190929/eu-west-1/cloudfront/aws4_request|host|;|X-Amz-Date=|X-Amz-Algorithm=AWS4-HMAC-SHA256|X-Amz-Credential=AKID%2F20190929%2F|X-Amz-Signature=|X-Amz-SignedHeaders=host|X-Amz-Expires=60|&|=|%|%2|%2F|/|//|..|.|+|?|20190929T171936Z|Sun, 29 Sep 2019 17:19:36 GMT|UNSIGNED-PAYLOAD|\u0000|\ud800|\u00e9|\u0141".split(
          "|",
        ),
      ),
      fc.string({ unit: "binary", maxLength: 8 }),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(""));
const garbageField = fc.tuple(
  fc.oneof(
    fc.constantFrom(
      "Authorization",
      "authorization",
      "Host",
      "X-Amz-Date",
      "Date",
      "X-Amz-Content-SHA256",
      "__proto__",
    ),
    garbage,
  ),
  garbage,
);

test("no input makes verification throw, and nothing unsigned verifies", () => {
  const whole = signed({ rawQuery: "a=1", method: "POST", body: BODY });
  const wholeQuery = presigned({ rawQuery: "a=1" });
  const arbitrary = fc.record({
    base: fc.constantFrom(aRequest(), whole, wholeQuery),
    method: fc.option(garbage),
    rawPath: fc.option(garbage),
    rawQuery: fc.option(fc.tuple(garbage, fc.boolean())),
    fields: fc.array(garbageField, { maxLength: 4 }),
    body: fc.option(fc.uint8Array({ maxLength: 8 })),
  });
  const codes = new Set<string>();
  fc.assert(
    fc.property(arbitrary, ({ base, method, rawPath, rawQuery, fields, body }) => {
      const names = new Set(fields.map(([name]) => name.toLowerCase()));
      const request: UnsignedRequest = {
        method: method ?? base.method,
        rawPath: rawPath ?? base.rawPath,
        rawQuery: rawQuery === null ? base.rawQuery : rawQuery[1] ? `${base.rawQuery}&${rawQuery[0]}` : rawQuery[0],
        fields: [...base.fields.filter(([name]) => !names.has(name.toLowerCase())), ...fields],
        body: body ?? base.body,
      };
      // Against another secret, so whatever comes out is a refusal.
      const outcome = verify(request, NOW, "another secret");
      assert(outcome.kind === "failure" && Object.hasOwn(AUTHENTICATION_ERRORS, outcome.code));
      assert(!/[\ud800-\udbff](?![\udc00-\udfff])|[\u0000-\u0009\u000b-\u001f\ufffe\uffff]/.test(outcome.message));
      codes.add(outcome.code);
      // And by reading alone, a signature that any text made.
      const read = readSignature(request, { services: ["cloudfront", ""] });
      if (read.kind === "signature") checkSignature(read, request, { secret: "", now: NOW, keys: newSigningKeys(0) });
    }),
    { seed: 41, numRuns: 5000 },
  );
  // Else the texts above would not be near enough to anything.
  assert.deepEqual([...codes].sort(), ["IncompleteSignature", "MissingAuthenticationToken", "SignatureDoesNotMatch"]);
});

test("any change of what is signed is noticed", () => {
  const whole = signed({ rawPath: "/abc/def", rawQuery: "g=h&i=j", method: "POST", body: BODY, fields: [["Host", "h"], ["X-A", "b"]] }); // prettier-ignore
  assert.deepEqual(verify(whole), { kind: "ok" });
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const changeOf = (text: string, at: number, by: number) => {
    const index = at % text.length;
    const letter = letters.charAt(by % letters.length);
    return text.charAt(index) === letter ? undefined : text.slice(0, index) + letter + text.slice(index + 1);
  };
  fc.assert(
    fc.property(fc.nat(6), fc.nat(9999), fc.nat(9999), (part, at, by) => {
      const set = (text: string, make: (changed: string) => UnsignedRequest) => {
        const changed = changeOf(text, at, by);
        if (changed !== undefined) assert.equal(verify(make(changed)).kind, "failure", changed);
      };
      if (part === 0) set(whole.method, (method) => ({ ...whole, method }));
      if (part === 1) set(whole.rawPath, (rawPath) => ({ ...whole, rawPath }));
      if (part === 2) set(whole.rawQuery, (rawQuery) => ({ ...whole, rawQuery }));
      if (part === 3) set(BODY.toString(), (body) => ({ ...whole, body: Buffer.from(body) }));
      if (part === 4) set("h", (host) => withField(whole, "Host", host));
      if (part === 5) set("20190929T171936Z", (date) => withField(whole, "X-Amz-Date", date));
      if (part === 6) {
        const authorization = fieldOf(whole, "Authorization");
        set(authorization.split("Signature=")[1] ?? "", (text) =>
          rewritten(whole, /Signature=.*/, `Signature=${text}`),
        );
      }
    }),
    { seed: 42, numRuns: 1000 },
  );
});
