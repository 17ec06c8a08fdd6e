// What explain tells of signed URLs and cookies: the check that failed, and what was signed instead.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  HOST,
  KEYS,
  makePolicy,
  NOON,
  openSignedWorld,
  signCookies,
  signUrl,
  SIGNED_DRAFT,
} from "../support/viewer-signing.ts";
import { formatSignedUrl } from "../../src/model/viewer-signature.ts";
import { list } from "./harness.ts";

const BASE = `http://${HOST}`;

/** Signed as one URL, asked for as another. */
function signedAs(signed: string, asked: string): string {
  return formatSignedUrl(asked, makePolicy(signed, {}));
}

interface Row {
  readonly what: string;
  readonly url: string;
  readonly cookies?: string;
  readonly from?: string;
  readonly told: RegExp;
}

const ROWS: readonly Row[] = [
  { what: "nothing signed", url: `${BASE}/a`, told: /trusted here: APKAOWNER0000000000A, APKAPARTNER00000000A/ },
  {
    what: "cookies in lower case",
    url: `${BASE}/a`,
    cookies: "cloudfront-policy=1",
    told: /there is cloudfront-policy: case counts/,
  },
  {
    what: "a key of nobody's",
    url: `${BASE}/a?Key-Pair-Id=KNOBODY`,
    told: /unknown key KNOBODY .*the account has no key/,
  },
  {
    what: "an inactive key",
    url: signUrl("/a", { key: KEYS.secondPair }),
    told: /is a key pair of account 000000000000, and is inactive/,
  },
  {
    what: "a key of another group",
    url: signUrl("/groups/a", { key: KEYS.stranger }),
    told: /unknown key KSTRANGER.*trusted here: KRSA0000000000, KEC00000000000/s,
  },
  {
    what: "expired",
    url: signUrl("/a", { expires: NOON - 90 }),
    told: /403 .*it expired 90 s ago, at 2026-11-20T11:58:30Z/,
  },
  { what: "expired long ago", url: signUrl("/a", { expires: NOON - 86_400 * 3 }), told: /it expired 3 days ago/ },
  {
    what: "not valid yet",
    url: signUrl("/a", { policy: { notBefore: NOON + 7200 } }),
    told: /not valid yet: from 2026-11-20T14:00:00Z on, in 2 h/,
  },
  {
    what: "milliseconds",
    url: signUrl("/a").replace(/Expires=\d+/, "$&000"),
    told: /looks like milliseconds, in seconds it is 1795179600/,
  },
  {
    what: "another address",
    url: signUrl("/a", { policy: { ipAddress: "192.0.2.0/24" } }),
    from: "198.51.100.7",
    told: /the viewer's address 198.51.100.7 is not in 192.0.2.0\/24/,
  },
  {
    what: "an IPv6 viewer",
    url: signUrl("/a", { policy: { ipAddress: "192.0.2.0/24" } }),
    from: "2001:db8::1",
    told: /2001:db8::1 is no IPv4 address/,
  },
  {
    what: "another scheme",
    url: signedAs(`https://${HOST}/a`, `${BASE}/a`),
    told: /signed for https and asked for over http/,
  },
  {
    what: "another scheme, with the port of each",
    url: signedAs(`https://${HOST}:7443/a`, `http://${HOST}:7480/a`),
    told: /signed for https and asked for over http, .*signed for the host \S+:7443 and asked for at \S+:7480/,
  },
  {
    what: "the alias",
    url: signedAs("http://media.example.com/a", `${BASE}/a`),
    told: /signed for the host media.example.com and asked for at d1/,
  },
  {
    what: "the own name",
    url: signedAs(`${BASE}/a`, "http://media.example.com/a"),
    told: /signed for the host d1.cloudfront.localhost/,
  },
  {
    what: "the real service's name",
    url: signedAs("https://d1.cloudfront.net/a", `${BASE}/a`),
    told: /signed for https .*signed for the host d1.cloudfront.net/,
  },
  { what: "a parameter more", url: `${signUrl("/a?x=1")}&utm=2`, told: /utm=2 was added after it was signed/ },
  {
    what: "two parameters more",
    url: signedAs(`${BASE}/a?x=1`, `${BASE}/a?x=1&y=2&z=3`),
    told: /y=2&z=3 was added after it was signed/,
  },
  {
    what: "a query at all",
    url: signedAs(`${BASE}/a`, `${BASE}/a?x=1&y=2`),
    told: /x=1&y=2 was added after it was signed/,
  },
  { what: "another order", url: signedAs(`${BASE}/a?y=2&x=1`, `${BASE}/a?x=1&y=2`), told: /in another order/ },
  {
    what: "a path without escapes",
    url: signedAs(`${BASE}/a b`, `${BASE}/a%20b`),
    told: /the path was signed without its escapes/,
  },
  { what: "a slash at the end", url: signedAs(`${BASE}/a`, `${BASE}/a/`), told: /without the slash at its end/ },
  {
    what: "the default root object",
    url: signedAs(`${BASE}/index.html`, `${BASE}/`),
    told: /the default root object was signed/,
  },
  {
    what: "another key of the behavior",
    url: signUrl("/a", { key: { ...KEYS.partner, id: KEYS.pair.id } }),
    told: /one by APKAPARTNER00000000A, with SHA1; Key-Pair-Id says APKAOWNER/,
  },
  {
    what: "another key of the account",
    url: signUrl("/a", { key: { ...KEYS.stranger, id: KEYS.pair.id } }),
    told: /one by KSTRANGER00000/,
  },
  {
    what: "a hash that is not named",
    url: signUrl("/a", { hash: "SHA256" }).replace("&Hash-Algorithm=SHA256", ""),
    told: /it is one with SHA256; Hash-Algorithm does not say so/,
  },
  {
    what: "a signature in MIME base64",
    url: signUrl("/a").replace(/Signature=./, "Signature=+"),
    told: /has \+ \/ or =, the base64 of MIME/,
  },
  {
    what: "a signature that is escaped",
    url: signUrl("/a").replace(/Signature=./, "Signature=%7E"),
    told: /Signature has %: its value is taken as it is written/,
  },
  {
    what: "nothing that can be found",
    url: signUrl("/b").replace("/b?", "/a?"),
    told: /the text to sign is \{"Statement":\[\{"Resource":"http:\/\/d1.cloudfront.localhost\/a"/,
  },
  { what: "a policy written anew", url: rewritten(), told: /the policy was written anew after it was signed/ },
  {
    what: "a policy of another shape",
    url: signUrl("/a", { policy: '{"Statement":[]}' }),
    told: /there is one Statement, not 0/,
  },
  {
    what: "a Resource of another scheme",
    url: signUrl("/a", { policy: { resource: `https://${HOST}/*` } }),
    told: /Resource differs.*scheme: Resource has https, the viewer asks over http/,
  },
  {
    what: "a Resource of another host",
    url: signUrl("/a", { policy: { resource: "http://media.example.com/*" } }),
    told: /domain: Resource has media.example.com, the viewer asks at d1/,
  },
  {
    what: "a Resource of another path",
    url: signUrl("/a", { policy: { resource: `${BASE}/b/*` } }),
    told: /path: Resource has \/b\/\*, the viewer asks for \/a/,
  },
  {
    what: "a Resource of another query",
    url: signUrl("/groups/a?x=1", { key: KEYS.rsa, policy: { resource: `${BASE}/groups/a\\?x=2` } }),
    told: /query: Resource has x=2 there/,
  },
  {
    what: "a Resource without the query",
    url: signUrl("/groups/a?x=1", { key: KEYS.rsa, policy: { resource: `${BASE}/groups/*a` } }),
    told: /query: Resource has none there/,
  },
  {
    what: "expired cookies",
    url: `${BASE}/a`,
    cookies: signCookies("/a", { expires: NOON }),
    told: /by cookies .*it expired 0 s ago/s,
  },
  {
    what: "cookies beside a signed URL",
    url: `${BASE}/a?Expires=1`,
    cookies: signCookies("/a"),
    told: /by URL .*cookies are not looked at/,
  },
];

function rewritten(): string {
  const url = signUrl("/a", { policy: { resource: `${BASE}/*` } });
  return url.replace(/Policy=([^&]*)/, (_, text: string) => {
    const bytes = Buffer.from(text.replaceAll("_", "=").replaceAll("~", "/").replaceAll("-", "+"), "base64");
    const again = JSON.stringify(JSON.parse(bytes.toString()), undefined, 1);
    return `Policy=${Buffer.from(again).toString("base64").replaceAll("+", "-").replaceAll("/", "~").replaceAll("=", "_")}`;
  });
}

const DRAFT_WITH_ROOT = {
  ...SIGNED_DRAFT,
  config: { Aliases: list("media.example.com"), DefaultRootObject: "index.html" },
};

test("each refusal is told with the check that failed and the difference", async () => {
  await using world = await openSignedWorld(DRAFT_WITH_ROOT);
  for (const { what, url, cookies, from, told } of ROWS) {
    const explained = await world.edge.explain({
      method: "GET",
      url,
      headers: cookies === undefined ? [] : [["Cookie", cookies]],
      ...(from !== undefined && { viewerAddress: from }),
    });
    const text = explained.steps.map(({ stage, decision, why }) => `${stage}: ${decision} (${why})`).join("\n");
    assert.match(explained.verdict, /^403 signed-/, what);
    assert.match(text, told, `${what}\n${text}`);
  }
  const { signaturesGood, signaturesBad, requests } = world.edge.counters();
  assert.deepEqual([signaturesGood, signaturesBad, requests], [0, 0, 0]);
});

test("one sentence says which check failed, and what was signed in the place of what was asked", async () => {
  await using world = await openSignedWorld(DRAFT_WITH_ROOT);
  for (const [url, because] of [
    [`${BASE}/a?Key-Pair-Id=KNOBODY`, /^KNOBODY is no active key .*: the account has no key KNOBODY$/],
    [`${signUrl("/a?x=1")}&utm=2`, /^the signature is not one by .*: http.*: utm=2 was added after it was signed$/],
    [signUrl("/a").replace("http:", "https:"), /: it was signed for http and asked for over https$/],
    [
      signUrl("/a", { policy: { resource: `${BASE}/b/*` } }),
      /^Resource .*: path: Resource has \/b\/\*, the viewer asks/,
    ],
    [signUrl("/a", { expires: NOON - 90 }), /^it expired 90 s ago, at 2026-11-20T11:58:30Z$/],
  ] as const) {
    const explained = await world.edge.explain({ method: "GET", url });
    assert.match(explained.because ?? "", because);
  }
});

test("what is let in is told with its key and policy", async () => {
  await using world = await openSignedWorld();
  const told = async (url: string, cookies?: string): Promise<string> => {
    const headers = cookies === undefined ? [] : [["Cookie", cookies] as const];
    const { verdict, steps } = await world.edge.explain({ method: "GET", url, headers, viewerAddress: "198.51.100.7" });
    assert.equal(verdict, "miss");
    return steps
      .filter(({ stage }) => stage === "signed-viewer")
      .map(({ decision, why }) => `${decision} (${why})`)
      .join("\n");
  };
  assert.match(
    await told(signUrl("/a?x=1")),
    /^signed by APKAOWNER0000000000A .*\ncanned policy holds \(this URL until 2026-11-20T13:00:00Z\)\nquery is x=1 /,
  );
  const policy = { resource: `${BASE}/*`, notBefore: NOON - 60, ipAddress: "198.51.100.0/24" };
  assert.match(
    await told(`${BASE}/groups/a`, signCookies("/groups/a", { key: KEYS.ec, policy })),
    /is a public key, .*\ncustom policy holds \(http:\/\/d1.cloudfront.localhost\/\* from 2026-11-20T11:59:00Z until 2026-11-20T13:00:00Z for 198.51.100.0\/24\)$/,
  );
});

test("whose distribution it is not is told nothing of its keys", async () => {
  await using world = await openSignedWorld();
  const explained = await world.edge.explain({ method: "GET", url: signUrl("/a") }, "222222222222" as never);
  assert.ok(!JSON.stringify(explained.steps).includes("APKAPARTNER"));
});
