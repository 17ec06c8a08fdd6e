// Signatures that others make are accepted by the whole edge: the JavaScript SDK's signer, both AWS CLIs, botocore's signer, and
// openssl as the guide has it. Each vector is made when the test runs, and each is refused once it is changed.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { getSignedCookies, getSignedUrl } from "@aws-sdk/cloudfront-signer";
import { askFor, codeOf, HOST, KEYS, NOON, openSignedWorld, type TestKey } from "../support/viewer-signing.ts";
import { clearedEnvironment, findPrograms, runProgram } from "./program.ts";

const URL = `http://${HOST}/groups/a%20b.jpg?size=large&x=%2F`;
const EXPIRES = NOON + 600;
/** The viewer of the tests comes from 198.51.100.7. */
const RANGE = "198.51.100.0/24";
const FROM = NOON - 60;
const KEY = KEYS.rsa;

function pemOf({ privateKey }: TestKey): string {
  return privateKey.export({ type: privateKey.asymmetricKeyType === "ec" ? "sec1" : "pkcs1", format: "pem" });
}

/** Accepted as it is, refused with a letter of the signature changed and for another path. */
async function assertAccepted(urls: Readonly<Record<string, string>>): Promise<void> {
  await using world = await openSignedWorld();
  world.origin.answer({ body: "private" });
  for (const [what, url] of Object.entries(urls)) {
    assert.equal(codeOf(await world.ask(askFor(url))), "200 private", `${what}: ${url}`);
    const changed = url.replace(
      /Signature=(.{30})(.)/,
      (_, kept: string, one: string) => `Signature=${kept}${one === "A" ? "B" : "A"}`,
    );
    assert.equal(codeOf(await world.ask(askFor(changed))), "AccessDenied", `${what}, changed`);
    if (!url.includes("Policy=")) {
      assert.equal(codeOf(await world.ask(askFor(url.replace("/a%20b", "/b")))), "AccessDenied", `${what}, elsewhere`);
    }
  }
}

test("URLs and cookies of the JavaScript SDK's signer are accepted", async () => {
  await using world = await openSignedWorld();
  world.origin.answer({ body: "private" });
  const url = URL;
  const seconds = (at: number): string => new Date(at * 1000).toISOString();
  const policy = JSON.stringify({
    Statement: [{ Resource: `http*://${HOST}/groups/*`, Condition: { DateLessThan: { "AWS:EpochTime": EXPIRES } } }],
  });
  let accepted = 0;
  for (const key of [KEYS.rsa, KEYS.ec]) {
    for (const algorithm of [undefined, "SHA1", "SHA256"] as const) {
      const by = { keyPairId: key.id, privateKey: pemOf(key), ...(algorithm && { algorithm }) };
      const inputs = [
        { url, dateLessThan: seconds(EXPIRES) },
        { url, dateLessThan: seconds(EXPIRES), dateGreaterThan: seconds(FROM), ipAddress: RANGE },
        { url, dateLessThan: seconds(EXPIRES), ipAddress: "198.51.100.7" },
        { url, policy },
      ] as const;
      for (const input of inputs) {
        const signed = getSignedUrl({ ...by, ...input });
        assert.equal(codeOf(await world.ask(askFor(signed))), "200 private", signed);
        const cookies = getSignedCookies({ ...by, ...input });
        const Cookie = Object.entries(cookies)
          .map(([name, value]) => `${name}=${value}`)
          .join("; ");
        assert.equal(codeOf(await world.ask(askFor(url, { headers: { Cookie } }))), "200 private", Cookie);
        accepted += 2;
      }
    }
  }
  assert.equal(accepted, 48);
});

test("URLs of the AWS CLIs are accepted", async (context) => {
  const programs = [...new Set(findPrograms("aws"))];
  if (programs.length === 0) return context.skip("there is no aws");
  const folder = mkdtempSync(join(tmpdir(), "warmfront-sign-"));
  try {
    const keyFile = join(folder, "key.pem");
    writeFileSync(keyFile, pemOf(KEY), { mode: 0o600 });
    const date = (at: number): string => new Date(at * 1000).toISOString();
    const ways = {
      canned: ["--date-less-than", date(EXPIRES)],
      custom: ["--date-less-than", date(EXPIRES), "--date-greater-than", date(FROM), "--ip-address", RANGE],
    };
    const given = { environment: clearedEnvironment(folder), folder, timeoutSeconds: 30 };
    const urls: Record<string, string> = {};
    // The same program under two names is asked twice at most.
    for (const program of programs.slice(0, 3)) {
      for (const [way, words] of Object.entries(ways)) {
        const by = ["--key-pair-id", KEY.id, "--private-key", `file://${keyFile}`];
        const { status, out, err } = await runProgram(
          program,
          ["cloudfront", "sign", "--url", URL, ...by, ...words],
          given,
        );
        if (status !== 0 && /rsa|cryptography|No module/i.test(err)) continue;
        assert.equal(status, 0, `${program}: ${err}`);
        urls[`${program} ${way}`] = out.trim();
      }
    }
    assert.ok(Object.keys(urls).length > 0, "some aws can sign");
    await assertAccepted(urls);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The callback is openssl's, so that no library for RSA is needed; botocore rewrites base64 and builds policy and URL. */
const BOTOCORE = `
import datetime, subprocess, sys
from botocore.signers import CloudFrontSigner
url, key_file, key_id, expires, start, ip = sys.argv[1:]
def sign(message):
    return subprocess.run(["openssl", "dgst", "-sha1", "-sign", key_file], input=message, capture_output=True, check=True).stdout
at = lambda text: datetime.datetime.fromtimestamp(int(text), datetime.timezone.utc).replace(tzinfo=None)
import os; os.environ["TZ"] = "UTC"
import time; time.tzset()
signer = CloudFrontSigner(key_id, sign)
print(signer.generate_presigned_url(url, date_less_than=at(expires)))
policy = signer.build_policy(url, at(expires), date_greater_than=at(start), ip_address=ip)
print(signer.generate_presigned_url(url, policy=policy))
`;

test("URLs of botocore's signer are accepted", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-sign-"));
  try {
    const keyFile = join(folder, "key.pem");
    writeFileSync(keyFile, pemOf(KEY), { mode: 0o600 });
    const given = { environment: clearedEnvironment(folder), folder, timeoutSeconds: 30 };
    const urls: Record<string, string> = {};
    for (const python of [...new Set(findPrograms("python3"))].slice(0, 3)) {
      const words = ["-c", BOTOCORE, URL, keyFile, KEY.id, String(EXPIRES), String(FROM), RANGE];
      const { status, out, err } = await runProgram(python, words, given);
      if (status !== 0 && err.includes("ModuleNotFoundError")) continue;
      assert.equal(status, 0, `${python}: ${err}`);
      const [canned = "", custom = ""] = out.trim().split("\n");
      urls[`${python} canned`] = canned;
      urls[`${python} custom`] = custom;
    }
    if (Object.keys(urls).length === 0) return context.skip("there is no python3 with botocore");
    await assertAccepted(urls);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("signatures by openssl, as the guide makes them, are accepted", async (context) => {
  const [openssl] = findPrograms("openssl");
  const [shell] = findPrograms("sh");
  if (openssl === undefined || shell === undefined) return context.skip("there is no openssl");
  const folder = mkdtempSync(join(tmpdir(), "warmfront-sign-"));
  try {
    const given = { environment: clearedEnvironment(folder), folder, timeoutSeconds: 30 };
    const policy = `{ "Statement": [ {\n "Resource":"${URL.split("?")[0]}*",\n "Condition":{"DateLessThan":{"AWS:EpochTime":${EXPIRES}}}}]}\n`;
    const canned = `{"Statement":[{"Resource":"${URL}","Condition":{"DateLessThan":{"AWS:EpochTime":${EXPIRES}}}}]}`;
    const urls: Record<string, string> = {};
    for (const key of [KEYS.rsa, KEYS.ec]) {
      for (const hash of ["sha1", "sha256"]) {
        for (const [way, text] of Object.entries({ policy, canned })) {
          writeFileSync(join(folder, "key.pem"), pemOf(key), { mode: 0o600 });
          writeFileSync(join(folder, "text"), text);
          const script = `openssl dgst -${hash} -sign key.pem text | openssl base64 -A | tr -- '+=/' '-_~'; echo; openssl base64 -A < text | tr -- '+=/' '-_~'`;
          const { status, out, err } = await runProgram(shell, ["-c", script], given);
          assert.equal(status, 0, err);
          const [signature = "", encoded = ""] = out.trim().split("\n");
          const first = way === "canned" ? `Expires=${EXPIRES}` : `Policy=${encoded}`;
          const last = hash === "sha1" ? "" : "&Hash-Algorithm=SHA256";
          urls[`${key.id} ${hash} ${way}`] = `${URL}&${first}&Signature=${signature}&Key-Pair-Id=${key.id}${last}`;
        }
      }
    }
    await assertAccepted(urls);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
