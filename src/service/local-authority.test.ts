import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { addSeconds, epochMs, seconds, type Clock, type EpochMs } from "../vocabulary/time.ts";
import { openLocalAuthority, rootFileOf } from "./local-authority.ts";

const SUFFIX = "cloudfront.localhost";
const DAY = 86_400;

interface Bench {
  readonly folder: string;
  readonly clock: Clock;
  readonly pass: (days: number) => void;
}

function openBench(t: TestContext): Bench {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-authority-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  let now: EpochMs = epochMs(Date.UTC(2026, 10, 20));
  return { folder, clock: { now: () => now }, pass: (days) => (now = addSeconds(now, seconds(days * DAY))) };
}

test("root and leaf are what browsers want, and the root vouches for names below the suffix alone [RFC 5280 §4.2]", async (t) => {
  const { folder, clock } = openBench(t);
  const made = await openLocalAuthority(folder, SUFFIX, clock);
  const root = new X509Certificate(made.root);
  const leaf = new X509Certificate(made.leaf.certificate);
  assert.equal(made.rootFile, rootFileOf(folder, SUFFIX));
  assert.equal(readFileSync(made.rootFile, "utf8"), made.root);

  assert.equal(root.ca, true);
  assert(root.checkIssued(root) && root.verify(root.publicKey));
  assert.equal(leaf.ca, false);
  assert(leaf.checkIssued(root) && leaf.verify(root.publicKey));
  assert.equal(leaf.subjectAltName, `DNS:*.${SUFFIX}, DNS:${SUFFIX}`);
  assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.1"]); // serverAuth
  assert.notEqual(leaf.checkHost(`d1.${SUFFIX}`), undefined);
  assert.equal(leaf.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");
  const days = (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 1000 / DAY;
  assert(days <= 398, `${days} days`);
  assert(root.raw.includes(Buffer.from("0603551d1e0101ff", "hex")), "name constraints, critical");
});

test("keys are for their owner's eyes", async (t) => {
  const { folder, clock } = openBench(t);
  const { rootFile } = await openLocalAuthority(folder, SUFFIX, clock);
  const modeOf = (name: string): string => (statSync(join(rootFile, "..", name)).mode & 0o777).toString(8);
  assert.deepEqual(["root.key", "leaf.key", "root.pem", "leaf.pem"].map(modeOf), ["600", "600", "644", "644"]);
});

test("the leaf is made anew within a month of its end, the root only when a leaf would outlive it", async (t) => {
  const { folder, clock, pass } = openBench(t);
  let last = await openLocalAuthority(folder, SUFFIX, clock);
  const made: string[] = [];
  // Eleven years, a week at a time.
  for (let week = 0; week < 574; week++) {
    pass(7);
    const next = await openLocalAuthority(folder, SUFFIX, clock);
    if (next.leaf.certificate !== last.leaf.certificate) made.push(next.root === last.root ? "leaf" : "both");
    assert.equal(next.isRootReplaced, next.root !== last.root);
    const left = (new X509Certificate(next.leaf.certificate).validToDate.getTime() - clock.now()) / 1000 / DAY;
    assert(left > 23, `week ${week}: ${left} days left`);
    const rootLeft = (new X509Certificate(next.root).validToDate.getTime() - clock.now()) / 1000 / DAY;
    assert(rootLeft > left, `week ${week}: the root ends first`);
    last = next;
  }
  assert.equal(made.filter((what) => what === "both").length, 1);
  assert.equal(made.length, 10 + 1);
});

test("each suffix has its own, and finds it again", async (t) => {
  const { folder, clock } = openBench(t);
  const one = await openLocalAuthority(folder, SUFFIX, clock);
  const other = await openLocalAuthority(folder, "cdn.example", clock);
  assert.equal(new X509Certificate(other.leaf.certificate).subjectAltName, "DNS:*.cdn.example, DNS:cdn.example");
  assert.deepEqual(await openLocalAuthority(folder, SUFFIX, clock), one);
});

test("files that are broken, or do not belong together, are made anew", async (t) => {
  const { folder, clock } = openBench(t);
  const first = await openLocalAuthority(folder, SUFFIX, clock);
  const at = (name: string): string => join(first.rootFile, "..", name);
  writeFileSync(at("leaf.pem"), first.leaf.certificate.slice(0, 100));
  const second = await openLocalAuthority(folder, SUFFIX, clock);
  assert.equal(second.root, first.root);
  assert.notEqual(second.leaf.certificate, first.leaf.certificate);
  assert.equal(second.isRootReplaced, false);

  writeFileSync(at("leaf.key"), readFileSync(at("root.key")));
  const third = await openLocalAuthority(folder, SUFFIX, clock);
  assert.equal(third.root, first.root);
  assert.notEqual(third.leaf.certificate, second.leaf.certificate);

  rmSync(at("root.key"));
  const fourth = await openLocalAuthority(folder, SUFFIX, clock);
  assert.notEqual(fourth.root, first.root);
  assert.equal(fourth.isRootReplaced, true);
  assert(new X509Certificate(fourth.leaf.certificate).verify(new X509Certificate(fourth.root).publicKey));
});

test("a folder that cannot be used is told of by its path", async (t) => {
  const { folder, clock } = openBench(t);
  writeFileSync(join(folder, "authority"), "");
  await assert.rejects(
    openLocalAuthority(folder, SUFFIX, clock),
    /the local certificate authority in .*authority\/cloudfront\.localhost cannot be used: /,
  );
  rmSync(join(folder, "authority"));
  const { rootFile } = await openLocalAuthority(folder, SUFFIX, clock);
  if (process.getuid?.() === 0) return; // root may read everything
  chmodSync(rootFile, 0o000);
  await assert.rejects(openLocalAuthority(folder, SUFFIX, clock), /cannot be used: EACCES/);
});
