import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { addSeconds, epochMs, seconds, type EpochMs } from "../vocabulary/time.ts";
import { readCertificateFolder } from "./certificate-folder.ts";
import { makeLeaf, makeRoot, type MadeCertificate } from "./make-certificate.ts";

const NOW = epochMs(Date.UTC(2026, 10, 20));
const clock = { now: () => NOW };
const day = (days: number): EpochMs => addSeconds(NOW, seconds(days * 86_400));
const ROOT = makeRoot("example", { from: day(-100), to: day(100) });
const made = (names: readonly string[], from = -1, to = 10): MadeCertificate =>
  makeLeaf(names, { from: day(from), to: day(to) }, ROOT);
const SHOP = made(["Shop.example", "*.shop.example"]);
const A = "111111111111";

/** Path below the folder, content. */
type Files = Readonly<Record<string, string>>;

function folderOf(t: TestContext, files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-certificates-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

test("pairs are read with the names that they are for, each for the account of its folder", (t) => {
  const www = made(["www.example"], -1, 5);
  const folder = folderOf(t, {
    // Good for longer than the other, so it comes after it.
    [`${A}/shop.pem`]: SHOP.certificate + ROOT.certificate,
    [`${A}/shop.key`]: SHOP.key,
    [`${A}/.gitignore`]: "*",
    "222222222222/w-1.crt": www.certificate,
    "222222222222/w-1.key": www.key,
  });
  const read = readCertificateFolder(folder, clock);
  assert.deepEqual(read.faults, []);
  assert.deepEqual(
    read.certificates.map(({ id, account, names }) => [id, account, ...names]),
    [
      ["w-1", "222222222222", "www.example"],
      ["shop", A, "shop.example", "*.shop.example"],
    ],
  );
  assert.deepEqual(readCertificateFolder("", clock), { certificates: [], faults: [] });
});

test("of two certificates for the same host the one that lasts longer comes last", (t) => {
  const [soon, late] = [made(["a.example"], -1, 5), made(["a.example"], -1, 50)];
  const folder = folderOf(t, {
    [`${A}/a.pem`]: late.certificate,
    [`${A}/a.key`]: late.key,
    [`${A}/b.pem`]: soon.certificate,
    [`${A}/b.key`]: soon.key,
  });
  const read = readCertificateFolder(folder, clock);
  assert.deepEqual(
    read.certificates.map(({ id }) => id),
    ["b", "a"],
  );
});

test("a faulty certificate is told by its path and by what is wrong with it", (t) => {
  const pair = (certificate: string, key: string): Files => ({ [`${A}/x.pem`]: certificate, [`${A}/x.key`]: key });
  const other = made(["other.example"]);
  const rows: [Files, RegExp][] = [
    [pair(made(["x.example"], -20, -1).certificate, other.key), /the key .*x\.key is not the one of .*x\.pem/],
    [{ ...pair("", ""), ...expired() }, /x\.pem has expired: it was good until Nov 19 /],
    [early(), /x\.pem is not good before Nov 21 /],
    [pair("certificate", SHOP.key), /x\.pem is not a certificate in PEM/],
    [pair(SHOP.certificate, "key"), /x\.key is not a private key in PEM, or is locked/],
    [{ [`${A}/x.pem`]: SHOP.certificate }, /x\.key cannot be read: it is not there/],
    [{ [`${A}/x.key`]: SHOP.key }, /x\.key is a key without a certificate/],
    [{ [`${A}/x.txt`]: "" }, /x\.txt is neither a certificate/],
    [{ [`${A}/a b.pem`]: SHOP.certificate }, /a b\.pem: a certificate is called by letters/],
    [
      { ...pair(SHOP.certificate, SHOP.key), [`${A}/x.crt`]: SHOP.certificate },
      /there is another certificate called x/,
    ],
    [{ "shop/x.pem": "" }, /shop is not a folder named by an account's id/],
    [{ [A]: "" }, /111111111111 is not a folder named by an account's id/],
    [pair(ROOT.certificate, ROOT.key), /x\.pem names no host/],
  ];
  function expired(): Files {
    const leaf = made(["x.example"], -20, -1);
    return pair(leaf.certificate, leaf.key);
  }
  function early(): Files {
    const leaf = made(["x.example"], 1, 2);
    return pair(leaf.certificate, leaf.key);
  }
  for (const [files, message] of rows) {
    const good = { [`${A}/good.pem`]: SHOP.certificate, [`${A}/good.key`]: SHOP.key };
    const isWholeFolder = A in files;
    const { certificates, faults } = readCertificateFolder(
      folderOf(t, { ...(!isWholeFolder && good), ...files }),
      clock,
    );
    assert.equal(faults.length, 1, String(message));
    assert.match(faults[0] ?? "", message);
    assert.match(faults[0] ?? "", /^certificates: .*; see --certificates-dir$/);
    // The others are read all the same.
    assert.equal(
      certificates.some(({ id }) => id === "good"),
      !isWholeFolder,
    );
  }
  const missing = readCertificateFolder("/nowhere/at/all", clock);
  assert.match(missing.faults.join(), /\/nowhere\/at\/all cannot be read: it is not there/);
});
