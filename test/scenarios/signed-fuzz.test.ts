// Signed URLs, cookies and policies changed at random: nothing breaks, and nothing is let in that an independent reading of the
// request does not prove. Seeds are fixed; a failure tells the input.

import assert from "node:assert/strict";
import { verify } from "node:crypto";
import { test } from "node:test";
import { parseAccessPolicy } from "../../src/model/access-policy.ts";
import { askFor, codeOf, HOST, KEYS, NOON, openSignedWorld, signCookies, signUrl } from "../support/viewer-signing.ts";

/** Of the rounds below. */
const TIMES = process.env["WARMFRONT_NIGHTLY"] === "1" ? 25 : 1;
const CODES = new Set(["MissingKey", "InvalidKey", "MalformedSignature", "MalformedPolicy", "AccessDenied"]);
const ALPHABET = "ABab019-_~+/=%&?*:;,.{}[]\"'\\@$!()| ";

function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function mutate(text: string, random: (below: number) => number): string {
  let changed = text;
  for (let times = 1 + random(3); times > 0; times--) {
    const at = random(changed.length);
    const letter = ALPHABET[random(ALPHABET.length)] ?? "A";
    const length = random(12);
    switch (random(6)) {
      case 0:
        changed = changed.slice(0, at) + letter + changed.slice(at + 1);
        break;
      case 1:
        changed = changed.slice(0, at) + letter + changed.slice(at);
        break;
      case 2:
        changed = changed.slice(0, at) + changed.slice(at + 1 + length);
        break;
      case 3:
        changed = changed.slice(0, at) + changed.slice(at, at + length) + changed.slice(at);
        break;
      case 4: {
        const pieces = changed.split("&");
        pieces.splice(random(pieces.length), 0, pieces[random(pieces.length)] ?? "");
        changed = pieces.join("&");
        break;
      }
      default: {
        const pieces = changed.split("&");
        pieces.splice(random(pieces.length), 1);
        changed = pieces.join("&");
      }
    }
  }
  return changed;
}

/** Read as loosely as can be: whatever this does not prove must not be let in. */
function isProven(path: string, query: string): boolean {
  const pieces = query.split("&");
  const value = (name: string): string | undefined =>
    pieces.find((piece) => piece.startsWith(`${name}=`))?.slice(name.length + 1);
  const own = pieces.filter((piece) => !/^(?:Expires|Policy|Signature|Key-Pair-Id|Hash-Algorithm)(?:=|$)/.test(piece));
  const mime = (text: string): Buffer =>
    Buffer.from(text.replaceAll("-", "+").replaceAll("_", "=").replaceAll("~", "/"), "base64");
  const url = `http://${HOST}${path}${own.length === 0 ? "" : `?${own.join("&")}`}`;
  const policy = value("Policy");
  const text =
    policy === undefined
      ? Buffer.from(
          JSON.stringify({
            Statement: [{ Resource: url, Condition: { DateLessThan: { "AWS:EpochTime": Number(value("Expires")) } } }],
          }),
        )
      : mime(policy);
  const key = [KEYS.pair, KEYS.partner, KEYS.ec].find(({ id }) => id === value("Key-Pair-Id"));
  return (
    key !== undefined && ["sha1", "sha256"].some((hash) => verify(hash, text, key.pem, mime(value("Signature") ?? "")))
  );
}

test("a signed URL that was changed is let in only where the signature still is of it", async () => {
  await using world = await openSignedWorld();
  world.origin.answer({ body: "private" });
  const random = seeded(20261120);
  const goods = [
    signUrl("/a?x=1"),
    signUrl("/a?x=1", { policy: {} }),
    signUrl("/a?x=1", { hash: "SHA256", key: KEYS.partner }),
    signUrl("/a?x=1", { policy: { resource: `http*://${HOST}/*`, ipAddress: "198.51.100.0/24" }, hash: "SHA256" }),
  ];
  goods.push(
    signUrl("/groups/a?x=1", { key: KEYS.ec }),
    signUrl("/groups/a?x=1", { key: KEYS.ec, policy: {}, hash: "SHA256" }),
  );
  let letIn = 0;
  for (let round = 0; round < 6000 * TIMES; round++) {
    const [url = "", query = ""] = (goods[round % goods.length] ?? "").split("?");
    const path = url.slice(`http://${HOST}`.length);
    const changed = mutate(query, random).replaceAll(" ", "");
    const code = codeOf(await world.ask({ target: `${path}?${changed}` }));
    if (code === "200 private") {
      letIn++;
      assert.ok(isProven(path, changed), changed);
    } else assert.ok(CODES.has(code), `${code}: ${changed}`);
  }
  // Parameters of its own that a custom policy covers, and the like; most changes must be refused.
  assert.ok(letIn > 10 && letIn < 1500 * TIMES, `${letIn} were let in`);
});

test("cookies that were changed let nobody in either", async () => {
  await using world = await openSignedWorld();
  world.origin.answer({ body: "private" });
  const random = seeded(4242);
  const goods = [signCookies("/a"), signCookies("/a", { policy: {}, hash: "SHA256" })];
  for (let round = 0; round < 3000 * TIMES; round++) {
    const good = goods[round % 2] ?? "";
    const Cookie = mutate(good.replaceAll("; ", "&"), random).replaceAll("&", "; ");
    const code = codeOf(await world.ask(askFor("/a", { headers: { Cookie } })));
    const first = new Map<string, string>();
    for (const pair of Cookie.split(";").map((piece) => piece.trim())) {
      const [name = "", ...rest] = pair.split("=");
      if (!first.has(name)) first.set(name, rest.join("="));
    }
    const asQuery = [...first]
      .filter(([name]) => name.startsWith("CloudFront-"))
      .map(([name, value]) => `${name.slice(11)}=${value}`)
      .filter((pair) => /^(?:Expires|Policy|Signature|Key-Pair-Id|Hash-Algorithm)=/.test(pair))
      .join("&");
    if (code === "200 private") assert.ok(isProven("/a", asQuery), Cookie);
    else assert.ok(CODES.has(code), `${code}: ${Cookie}`);
  }
});

test("a policy is read as JSON reads it, or refused with a reason", () => {
  const random = seeded(7);
  const good = `{"Statement":[{"Resource":"http*://h/a?b\\u0041*","Condition":{"DateLessThan":{"AWS:EpochTime":${NOON}},"DateGreaterThan":{"AWS:EpochTime":12},"IpAddress":{"AWS:SourceIp":"192.0.2.0/24"}}}]}`;
  let read = 0;
  for (let round = 0; round < 30_000 * TIMES; round++) {
    const text = mutate(good, random);
    const outcome = parseAccessPolicy(text);
    if (outcome.kind === "malformed") {
      assert.ok(outcome.why.length > 5, text);
      continue;
    }
    read++;
    const value = JSON.parse(text.replace(/\\(.)/g, (escape, one: string) => (one === "?" ? "\\\\?" : escape))) as {
      Statement: Statement | Statement[];
    };
    const [statement] = [value.Statement].flat();
    const { Condition: condition } = statement as Statement;
    assert.equal(outcome.policy.resource, statement?.Resource, text);
    assert.equal(outcome.policy.lessThan, condition.DateLessThan["AWS:EpochTime"], text);
    assert.equal(outcome.policy.greaterThan, condition.DateGreaterThan?.["AWS:EpochTime"], text);
    assert.equal(outcome.policy.addresses?.text, condition.IpAddress?.["AWS:SourceIp"], text);
  }
  assert.ok(read > 1000, `${read} were read`);
});

interface Statement {
  Resource?: string;
  Condition: {
    DateLessThan: { "AWS:EpochTime": number };
    DateGreaterThan?: { "AWS:EpochTime": number };
    IpAddress?: { "AWS:SourceIp": string };
  };
}
