// What is refused before an operation has a say: addresses, bodies and signatures. Each row's answer is a golden file,
// so texts that callers search for cannot change unseen. The socket side is in listener.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiRequest, ApiResponse } from "../../src/callers/message.ts";
import { serveApi } from "../../src/control/serve.ts";
import { API_ERRORS, isApiErrorCode } from "../../src/model/errors.ts";
import type { AccessKeyId } from "../../src/vocabulary/ids.ts";
import { addSeconds, seconds } from "../../src/vocabulary/time.ts";
import { presignRequest, signRequest } from "../../src/wire/sigv4-sign.ts";
import { openControlHarness, type ControlHarness } from "../support/control-harness.ts";
import { readOnlySigner } from "./error-row.ts";
import { goldenAnswer, matchGolden } from "./golden.ts";
import { readError } from "./requests.ts";

interface Row {
  /** The claim, and the name of its golden file. */
  readonly claim: string;
  readonly code: string;
  readonly ask: (harness: ControlHarness) => Promise<ApiResponse>;
  /** A field of the answer beside those that all have. */
  readonly field?: readonly [name: string, value: string];
}

function prove(rows: readonly Row[]): void {
  for (const { claim, code, ask, field } of rows) {
    test(`${claim}: ${code}`, async () => {
      const harness = await openControlHarness();
      const answer = await ask(harness);
      const fields = new Map(answer.fields);
      const { body } = answer;
      assert(typeof body === "string");
      assert.equal(readError(body).code, code, body);
      assert(isApiErrorCode(code));
      assert.equal(answer.status, API_ERRORS[code].status);
      assert.equal(fields.get("Content-Type"), "text/xml");
      if (field !== undefined) assert.equal(fields.get(field[0]), field[1]);
      assert.deepEqual(harness.faults, []);
      const name = `front-door/${claim.replaceAll(/[^A-Za-z0-9]+/g, "-").toLowerCase()}.xml`;
      matchGolden(name, goldenAnswer(answer.status, body, fields.get("x-amzn-RequestId") ?? ""));
    });
  }
}

// Addresses

const asking =
  (method: string, target: string) =>
  (harness: ControlHarness): Promise<ApiResponse> =>
    harness.ask({ method, target });

prove([
  { claim: "no path at all", code: "NoSuchVersion", ask: asking("GET", "/") },
  { claim: "a version that never was", code: "NoSuchVersion", ask: asking("GET", "/2012-12-21/distribution") },
  { claim: "a version before the first", code: "NoSuchVersion", ask: asking("GET", "/2010-11-01/distribution") },
  { claim: "a path without version", code: "NoSuchVersion", ask: asking("GET", "/distribution") },
  { claim: "an unknown path", code: "UnknownOperation", ask: asking("GET", "/2020-05-31/distributions") },
  { claim: "a version alone", code: "UnknownOperation", ask: asking("GET", "/2020-05-31") },
  {
    claim: "a path of a newer version",
    code: "UnknownOperation",
    ask: asking("GET", "/2014-05-31/tagging?Resource=x"),
  },
  { claim: "an empty id", code: "UnknownOperation", ask: asking("GET", "/2020-05-31/distribution//config") },
  {
    claim: "a query that selects no operation",
    code: "UnknownOperation",
    ask: asking("POST", "/2020-05-31/tagging?Operation=Paint&Resource=x"),
  },
  {
    claim: "a method that the path does not have",
    code: "MethodNotAllowed",
    ask: asking("PATCH", "/2020-05-31/distribution/E1"),
    field: ["Allow", "DELETE, GET"],
  },
  { claim: "a percent sign that is no escape", code: "InvalidURI", ask: asking("GET", "/2020-05-31/distribution/%ZZ") },
  { claim: "an escape that is no UTF-8", code: "InvalidURI", ask: asking("GET", "/2020-05-31/distribution/%FF") },
  {
    claim: "a query with a broken escape",
    code: "InvalidURI",
    ask: asking("GET", "/2020-05-31/distribution?Marker=%E2%28"),
  },
  {
    claim: "a tagging request without its resource",
    code: "InvalidArgument",
    ask: asking("GET", "/2020-05-31/tagging"),
  },
]);

// Bodies

const identities = "/2020-05-31/origin-access-identity/cloudfront";
const posting =
  (body: string | Uint8Array, target = identities) =>
  (harness: ControlHarness): Promise<ApiResponse> =>
    harness.ask({ method: "POST", target, body });

const root = "CloudFrontOriginAccessIdentityConfig";
const whole = `<${root}><CallerReference>r</CallerReference><Comment>c</Comment></${root}>`;
const BOMB = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 9 }, (_, level) => `<!ENTITY ${String.fromCharCode(98 + level)} "${`&${String.fromCharCode(97 + level)};`.repeat(10)}">`).join("")}]>`;

function nested(depth: number): string {
  return "<a>".repeat(depth) + "</a>".repeat(depth);
}

/** A distribution's config that is whole, with one piece replaced. */
function distribution(from: string, to: string): string {
  const config =
    "<DistributionConfig><CallerReference>r</CallerReference><Origins><Quantity>1</Quantity><Items><Origin><Id>web</Id>" +
    "<DomainName>origin.example.com</DomainName><CustomOriginConfig><HTTPPort>80</HTTPPort><HTTPSPort>443</HTTPSPort>" +
    "<OriginProtocolPolicy>http-only</OriginProtocolPolicy></CustomOriginConfig></Origin></Items></Origins>" +
    "<DefaultCacheBehavior><TargetOriginId>web</TargetOriginId><ForwardedValues><QueryString>false</QueryString>" +
    "<Cookies><Forward>none</Forward></Cookies></ForwardedValues><ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy>" +
    "<MinTTL>0</MinTTL></DefaultCacheBehavior><Comment>c</Comment><Enabled>true</Enabled></DistributionConfig>";
  assert(config.includes(from));
  return config.replace(from, to);
}

const creating = (from: string, to: string) => posting(distribution(from, to), "/2020-05-31/distribution");

test("the bodies that the rows change are good as they are", async () => {
  const harness = await openControlHarness();
  assert.equal((await posting(whole)(harness)).status, 201);
  assert.equal((await creating("<Comment>c", "<Comment>d")(harness)).status, 201);
});

prove([
  { claim: "no body where one is needed", code: "MissingBody", ask: posting("") },
  { claim: "a body of white space", code: "MalformedXML", ask: posting("  \n ") },
  { claim: "a body that is JSON", code: "MalformedXML", ask: posting('{"CallerReference":"r"}') },
  { claim: "a body that ends early", code: "MalformedXML", ask: posting(whole.slice(0, -5)) },
  { claim: "a body with more after its end", code: "MalformedXML", ask: posting(`${whole}<more/>`) },
  { claim: "tags that cross", code: "MalformedXML", ask: posting(`<${root}><a><b></a></b></${root}>`) },
  { claim: "an attribute without quotes", code: "MalformedXML", ask: posting(`<${root} a=b></${root}>`) },
  { claim: "an unknown entity", code: "MalformedXML", ask: posting(`<${root}>&nbsp;</${root}>`) },
  { claim: "a character that XML does not have", code: "MalformedXML", ask: posting(`<${root}>\u0001</${root}>`) },
  { claim: "a reference to such a character", code: "MalformedXML", ask: posting(`<${root}>&#0;</${root}>`) },
  { claim: "a document type", code: "MalformedXML", ask: posting(`<!DOCTYPE ${root}>${whole}`) },
  { claim: "an entity bomb", code: "MalformedXML", ask: posting(`${BOMB}<${root}>&j;</${root}>`) },
  {
    claim: "an external entity",
    code: "MalformedXML",
    ask: posting(`<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><${root}>&f;</${root}>`),
  },
  { claim: "a processing instruction", code: "MalformedXML", ask: posting(`<?php echo 1 ?>${whole}`) },
  { claim: "another version of XML", code: "MalformedXML", ask: posting(`<?xml version="1.1"?>${whole}`) },
  {
    claim: "another encoding by declaration",
    code: "MalformedXML",
    ask: posting(`<?xml version="1.0" encoding="ISO-8859-1"?>${whole}`),
  },
  { claim: "bytes that are no UTF-8", code: "MalformedXML", ask: posting(Uint8Array.of(0x3c, 0x61, 0x3e, 0xff)) },
  { claim: "UTF-16", code: "MalformedXML", ask: posting(new Uint8Array(Buffer.from(`\ufeff${whole}`, "utf16le"))) },
  { claim: "elements deeper than the limit", code: "MalformedXML", ask: posting(nested(33)) },
  { claim: "elements very deep", code: "MalformedXML", ask: posting(nested(100_000)) },
  {
    claim: "more elements than the limit",
    code: "MalformedXML",
    ask: posting(`<${root}>${"<a/>".repeat(100_000)}</${root}>`),
  },
  { claim: "the wrong root", code: "MalformedXML", ask: posting("<InvalidationBatch/>") },
  { claim: "members missing", code: "MalformedXML", ask: posting(`<${root}/>`) },
  {
    claim: "a value outside its enum",
    code: "MalformedXML",
    ask: creating(
      "</DistributionConfig>",
      "<ViewerCertificate><MinimumProtocolVersion>TLSv1.9</MinimumProtocolVersion></ViewerCertificate></DistributionConfig>",
    ),
  },
  {
    claim: "an unknown element",
    code: "MalformedInput",
    ask: posting(whole.replace("<Comment>", "<Extra/><Comment>")),
  },
  {
    claim: "an element of a newer version",
    code: "MalformedInput",
    ask: (harness) =>
      posting(
        distribution("<MinTTL>0</MinTTL>", "<MinTTL>0</MinTTL><Compress>false</Compress>"),
        "/2015-07-27/distribution",
      )(harness),
  },
  {
    claim: "an element twice",
    code: "MalformedInput",
    ask: posting(whole.replace("<Comment>c</Comment>", "<Comment>c</Comment><Comment>c</Comment>")),
  },
  { claim: "an element inside a text", code: "MalformedInput", ask: posting(whole.replace("c<", "<b>c</b><")) },
  { claim: "text between elements", code: "MalformedInput", ask: posting(whole.replace("<Comment>", "text<Comment>")) },
  { claim: "a number that is none", code: "MalformedInput", ask: creating("<HTTPPort>80<", "<HTTPPort>eighty<") },
  { claim: "a number beyond 32 bits", code: "MalformedInput", ask: creating("<HTTPPort>80<", "<HTTPPort>2147483648<") },
  { claim: "a truth that is none", code: "MalformedInput", ask: creating("<Enabled>true<", "<Enabled>yes<") },
  {
    claim: "an item of another name",
    code: "MalformedInput",
    ask: creating(
      "</DistributionConfig>",
      "<Aliases><Quantity>1</Quantity><Items><Alias>a.b</Alias></Items></Aliases></DistributionConfig>",
    ),
  },
]);

// Signatures

const HOST = "127.0.0.1:7400";
const GET = { method: "GET", rawPath: "/2020-05-31/distribution", rawQuery: "", body: new Uint8Array(0) };
const KEY = { accessKeyId: "test", secret: "test", region: "us-east-1", service: "cloudfront" };

type Fields = readonly (readonly [string, string])[];

interface Forged {
  readonly as?: Partial<typeof KEY> & { readonly sessionToken?: string };
  /** Seconds off the server's clock. */
  readonly late?: number;
  readonly request?: Partial<ApiRequest>;
  /** After signing. */
  readonly change?: (fields: Fields) => Fields;
}

/** A GET that is signed, and then changed. */
const forging =
  ({ as = {}, late = 0, request = {}, change = (fields) => fields }: Forged) =>
  (harness: ControlHarness): Promise<ApiResponse> => {
    const unsigned = { ...GET, fields: [["Host", HOST] as const], ...request };
    const at = addSeconds(harness.clock.now(), seconds(late));
    const fields = change(signRequest(unsigned, { ...KEY, ...as }, { at }));
    return harness.askRaw({ ...unsigned, fields, endpoint: `http://${HOST}` });
  };

/** Replaces the Authorization, or takes it away. */
const authorizing =
  (rewrite: (value: string) => string | undefined) =>
  (fields: Fields): Fields =>
    fields.flatMap(([name, value]) => {
      if (name !== "Authorization") return [[name, value] as const];
      const rewritten = rewrite(value);
      return rewritten === undefined ? [] : [[name, rewritten] as const];
    });

const without =
  (gone: string) =>
  (fields: Fields): Fields =>
    fields.filter(([name]) => name.toLowerCase() !== gone);

const rescoped = (from: string, to: string): Forged => ({
  change: authorizing((value) => value.replace(from, to)),
});

/** A GET signed in its address. */
const presigning =
  (rewrite: (query: string) => string, options: { readonly late?: number; readonly fields?: Fields } = {}) =>
  (harness: ControlHarness): Promise<ApiResponse> => {
    const fields = [["Host", HOST] as const, ...(options.fields ?? [])];
    const at = addSeconds(harness.clock.now(), seconds(options.late ?? 0));
    const rawQuery = rewrite(presignRequest({ ...GET, fields: fields.slice(0, 1) }, KEY, { at, expiresSeconds: 60 }));
    return harness.askRaw({ ...GET, fields, rawQuery, endpoint: `http://${HOST}` });
  };

test("the signatures that the rows change are good as they are", async () => {
  const harness = await openControlHarness();
  assert.equal((await forging({})(harness)).status, 200);
  assert.equal((await forging({ late: 300 })(harness)).status, 200);
  assert.equal((await forging({ late: -300 })(harness)).status, 200);
  assert.equal((await presigning((query) => query)(harness)).status, 200);
});

prove([
  {
    claim: "no signature",
    code: "MissingAuthenticationToken",
    ask: forging({ change: authorizing(() => undefined) }),
  },
  {
    claim: "another algorithm",
    code: "IncompleteSignature",
    ask: forging({ change: authorizing((value) => value.replace("SHA256", "SHA1")) }),
  },
  {
    claim: "the legacy signature",
    code: "IncompleteSignature",
    ask: forging({ change: authorizing(() => "AWS test:bm90IGEgc2lnbmF0dXJl") }),
  },
  ...["Credential", "SignedHeaders", "Signature"].map((part) => ({
    claim: `an Authorization without ${part}`,
    code: "IncompleteSignature",
    ask: forging({ change: authorizing((value) => value.replace(new RegExp(`${part}=[^,]*,? ?`), "")) }),
  })),
  {
    claim: "a part of the Authorization twice",
    code: "IncompleteSignature",
    ask: forging({ change: authorizing((value) => `${value}, Signature=00`) }),
  },
  {
    claim: "a part of the Authorization without value",
    code: "IncompleteSignature",
    ask: forging({ change: authorizing((value) => `${value}, Signature`) }),
  },
  { claim: "no date", code: "IncompleteSignature", ask: forging({ change: without("x-amz-date") }) },
  {
    claim: "a date of another form",
    code: "IncompleteSignature",
    ask: forging({ change: (fields) => [...without("x-amz-date")(fields), ["X-Amz-Date", "2026-11-20 00:00:00"]] }),
  },
  { claim: "a credential with too few parts", code: "IncompleteSignature", ask: forging(rescoped("/cloudfront", "")) },
  {
    claim: "the scope of another service",
    code: "SignatureDoesNotMatch",
    ask: forging(rescoped("/cloudfront", "/s3")),
  },
  { claim: "a scope without region", code: "SignatureDoesNotMatch", ask: forging(rescoped("/us-east-1/", "//")) },
  {
    claim: "a scope of another day",
    code: "SignatureDoesNotMatch",
    ask: forging(rescoped("/20261120/", "/20261119/")),
  },
  {
    claim: "a scope with another end",
    code: "SignatureDoesNotMatch",
    ask: forging(rescoped("/aws4_request", "/aws5_request")),
  },
  {
    claim: "a host that is not signed",
    code: "SignatureDoesNotMatch",
    ask: forging(rescoped("SignedHeaders=host;", "SignedHeaders=")),
  },
  {
    claim: "a signed header that is not there",
    code: "SignatureDoesNotMatch",
    ask: forging({
      request: {
        fields: [
          ["Host", HOST],
          ["X-Extra", "1"],
        ],
      },
      change: without("x-extra"),
    }),
  },
  { claim: "an unknown access key", code: "InvalidClientTokenId", ask: forging({ as: { accessKeyId: "AKIANOBODY" } }) },
  {
    claim: "the built-in key where it is off",
    code: "InvalidClientTokenId",
    ask: async (harness) => {
      const control = { ...harness.control, isDefaultKeyAllowed: false };
      const unsigned = { ...GET, fields: [["Host", HOST] as const] };
      const fields = signRequest(unsigned, KEY, { at: harness.clock.now() });
      return serveApi({ ...unsigned, fields, endpoint: `http://${HOST}` }, control);
    },
  },
  { claim: "another secret", code: "SignatureDoesNotMatch", ask: forging({ as: { secret: "guess" } }) },
  {
    claim: "a host that was changed",
    code: "SignatureDoesNotMatch",
    ask: forging({ change: (fields) => [["Host", "elsewhere"], ...without("host")(fields)] }),
  },
  {
    claim: "a body that is not the one that was hashed",
    code: "SignatureDoesNotMatch",
    ask: forging({
      request: {
        fields: [
          ["Host", HOST],
          ["X-Amz-Content-SHA256", "0".repeat(64)],
        ],
      },
    }),
  },
  { claim: "a signature that is too old", code: "SignatureDoesNotMatch", ask: forging({ late: -301 }) },
  { claim: "a signature from the future", code: "SignatureDoesNotMatch", ask: forging({ late: 301 }) },
  {
    claim: "a token that is no session's",
    code: "InvalidClientTokenId",
    ask: forging({ as: { sessionToken: "made up" } }),
  },
  {
    claim: "a session that is over",
    code: "ExpiredToken",
    ask: async (harness) => {
      const parent = (await readOnlySigner(harness)).accessKeyId as AccessKeyId;
      const accessKeyId = "ASIAOVER00000000000" as AccessKeyId;
      const now = harness.clock.now();
      await harness.store.credentials.createSession(
        { accessKeyId, secret: "s", token: "t", parent, expiresAtMs: now },
        now,
      );
      return forging({ as: { accessKeyId, secret: "s", sessionToken: "t" } })(harness);
    },
  },
  {
    claim: "signed in the header and in the address",
    code: "IncompleteSignature",
    ask: presigning((query) => query, { fields: [["Authorization", "AWS4-HMAC-SHA256 Credential=x"]] }),
  },
  {
    claim: "an address without all of its signature",
    code: "IncompleteSignature",
    ask: presigning((query) => query.replace(/&X-Amz-SignedHeaders=[^&]*/, "")),
  },
  {
    claim: "an address with a part of its signature twice",
    code: "IncompleteSignature",
    ask: presigning((query) => `${query}&X-Amz-Date=20261120T000000Z`),
  },
  {
    claim: "an address that lives too long",
    code: "IncompleteSignature",
    ask: presigning((query) => query.replace("X-Amz-Expires=60", "X-Amz-Expires=604801")),
  },
  { claim: "an address that is over", code: "RequestExpired", ask: presigning((query) => query, { late: -61 }) },
  {
    claim: "an address that was changed",
    code: "SignatureDoesNotMatch",
    ask: presigning((query) => `MaxItems=5&${query}`),
  },
]);
