import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { epochMs } from "../vocabulary/time.ts";
import { askFor, codeOf, HOST, KEYS, NOON, openSignedWorld } from "../../test/support/viewer-signing.ts";
import { parseArguments } from "./arguments.ts";
import { signAsAsked, Unfit } from "./sign.ts";

const FLAGS = [
  "--key-id",
  "--private-key",
  "--expires",
  "--not-before",
  "--ip",
  "--resource",
  "--policy",
  "--hash",
  "--cookies",
];
const folder = mkdtempSync(join(tmpdir(), "warmfront-sign-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

const rsa = file("rsa.pem", KEYS.rsa.privateKey.export({ type: "pkcs8", format: "pem" }));
const ec = file("ec.pem", KEYS.ec.privateKey.export({ type: "sec1", format: "pem" }));
const ed = file("ed.pem", generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }));
const policy = file(
  "policy.json",
  `{\n  "Statement": [{ "Resource": "http*://${HOST}/groups/*", "Condition": { "DateLessThan": { "AWS:EpochTime": ${NOON + 9} } } }]\n}\n`,
);
const broken = file(
  "broken.json",
  '{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":"1"}}}]}',
);
const BY_RSA = ["--key-id", KEYS.rsa.id, "--private-key", rsa];
const BY_EC = ["--key-id", KEYS.ec.id, "--private-key", ec];
const URL = `http://${HOST}/groups/a?x=1`;

function run(...words: readonly string[]): ReturnType<typeof signAsAsked> {
  const given = parseArguments(words, FLAGS);
  assert(given.kind === "arguments");
  return signAsAsked(given, epochMs(NOON * 1000));
}

test("what is signed opens the edge", async () => {
  await using world = await openSignedWorld();
  world.origin.answer({ body: "private" });
  const rows: readonly (readonly string[])[] = [
    [...BY_RSA, "--expires", "+1s"],
    [...BY_RSA, "--expires", "+15m", "--hash", "sha256"],
    [...BY_EC, "--expires", "+1h"],
    [...BY_EC, "--expires", "+7d", "--hash", "sha256"],
    [...BY_RSA, "--expires", "2026-11-20T12:00:01Z"],
    [...BY_RSA, "--expires", String(NOON + 1)],
    [...BY_RSA, "--expires", "+1h", "--not-before", "2026-11-20T11:59:59Z", "--ip", "198.51.100.7"],
    [...BY_RSA, "--expires", "+1h", "--ip", "198.51.100.0/24", "--resource", `*://${HOST}/groups/*`],
    [...BY_EC, "--policy", policy],
  ];
  for (const words of rows) {
    const { out, err } = run(URL, ...words);
    assert.deepEqual(err, []);
    assert.equal(codeOf(await world.ask(askFor(out[0] ?? ""))), "200 private", String(out[0]));
    const [cookie = ""] = run(URL, ...words, "--cookies").out;
    assert.match(cookie, /^Cookie: CloudFront-/);
    const headers = { Cookie: cookie.slice("Cookie: ".length) };
    assert.equal(codeOf(await world.ask(askFor(URL, { headers }))), "200 private", cookie);
  }
});

test("what cannot be signed is refused, and says what is wanted", () => {
  const rows: readonly (readonly [words: readonly string[], message: RegExp])[] = [
    [[...BY_RSA, "--expires", "+1h"], /takes one URL/],
    [[URL, URL, ...BY_RSA, "--expires", "+1h"], /takes one URL/],
    [["d1.example/a", ...BY_RSA, "--expires", "+1h"], /takes one URL with http/],
    [["ftp://d1.example/a", ...BY_RSA, "--expires", "+1h"], /takes one URL with http/],
    [["http://d1.example/ä", ...BY_RSA, "--expires", "+1h"], /sign it with its escapes/],
    [["http://d1.example/a?Expires=1", ...BY_RSA, "--expires", "+1h"], /has Expires already/],
    [[URL, "--private-key", rsa, "--expires", "+1h"], /needs --key-id/],
    [[URL, "--key-id", "K1", "--expires", "+1h"], /needs --private-key/],
    [[URL, "--key-id", "K1", "--private-key", join(folder, "none"), "--expires", "+1h"], /cannot read the private key/],
    [[URL, "--key-id", "K1", "--private-key", policy, "--expires", "+1h"], /is not a private key in PEM/],
    [
      [URL, "--key-id", "K1", "--private-key", ed, "--expires", "+1h"],
      /ed25519 key: URLs are signed with RSA or ECDSA/,
    ],
    [[URL, ...BY_RSA], /needs --expires/],
    [[URL, ...BY_RSA, "--ip", "198.51.100.7"], /needs --expires/],
    [[URL, ...BY_RSA, "--expires", "tomorrow"], /--expires is \+1h \(s, m, h, d\), a date .* found "tomorrow"/],
    [[URL, ...BY_RSA, "--expires", "1795183200000"], /looks like milliseconds, in seconds it is 1795183200/],
    [[URL, ...BY_RSA, "--expires", "+99999d"], /more than 2147483647/],
    [[URL, ...BY_RSA, "--expires", "+1h", "--ip", "::1"], /--ip is an IPv4 address/],
    [[URL, ...BY_RSA, "--expires", "+1h", "--hash", "md5"], /--hash is sha1 or sha256/],
    [[URL, ...BY_RSA, "--expires", "+1h", "--policy", policy], /--policy says it all: --expires/],
    [[URL, ...BY_RSA, "--policy", join(folder, "none")], /cannot read the policy/],
    [[URL, ...BY_RSA, "--policy", broken], /would be refused: AWS:EpochTime of DateLessThan is not a number/],
  ];
  for (const [words, message] of rows) {
    assert.throws(
      () => run(...words),
      (error) =>
        error instanceof Unfit &&
        message.test(error.message) &&
        // 1 is could not, which is about files; 2 is not understood.
        error.status === (/cannot read|is not a private key|would be refused/.test(error.message) ? 1 : 2),
      words.join(" "),
    );
  }
});

test("what is signed and lets nobody in is told", () => {
  assert.deepEqual(run(URL, ...BY_RSA, "--expires", "2026-11-20T12:00:00Z").err, [
    "it has expired already, at 2026-11-20T12:00:00.000Z",
  ]);
  assert.match(run(URL, ...BY_RSA, "--expires", "+1h", "--resource", "https://*").err[0] ?? "", /does not cover http:/);
});

test("a URL without path is signed with the one that viewers ask for", () => {
  assert.match(run(`http://${HOST}`, ...BY_RSA, "--expires", "+1h").out[0] ?? "", /localhost\/\?Expires=/);
});
