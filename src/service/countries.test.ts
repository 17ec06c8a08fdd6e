import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { openCountries } from "./countries.ts";

const folder = mkdtempSync(join(tmpdir(), "warmfront-countries-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function open(countryDatabase: string, localCountry = "none"): (address: string) => string | undefined {
  const opened = openCountries({ countryDatabase, localCountry });
  assert(opened.kind === "ok", opened.kind === "failure" ? opened.message : "");
  return opened.countryOf;
}

test("the bundled database knows IPv4 and IPv6, and nothing of addresses that are nowhere", () => {
  const countryOf = open("bundled");
  for (const [address, country] of [
    ["8.8.8.8", "US"],
    ["::ffff:8.8.8.8", "US"],
    ["193.0.6.139", "NL"],
    ["2001:4860:4860::8888", "US"],
    ["127.0.0.1", undefined],
    ["::1", undefined],
    ["10.0.0.1", undefined],
    ["198.51.100.7", undefined],
    ["fe80::1%eth0", undefined],
    ["", undefined],
  ] as const) {
    assert.equal(countryOf(address), country, address);
    assert.equal(countryOf(address), country, `${address}, remembered`);
  }
});

test("local addresses have the country that they are given, and others keep theirs", () => {
  const countryOf = open("bundled", "DE");
  for (const local of ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3", "192.168.0.9", "fe80::1%eth0", "fd00::1"]) {
    assert.equal(countryOf(local), "DE", local);
  }
  assert.equal(countryOf("8.8.8.8"), "US");
  assert.equal(countryOf("198.51.100.7"), undefined, "not local, and nowhere");
});

/** A database that knows one half of IPv4, written by the format's specification: one node, then the data, then the metadata. */
function halfOfIpv4(record: Record<string, unknown>): string {
  const text = (value: string): Buffer => Buffer.concat([Buffer.of(0x40 | value.length), Buffer.from(value)]);
  const encode = (value: unknown): Buffer => {
    if (typeof value === "string") return text(value);
    if (typeof value === "number") return Buffer.of(0xa2, value >> 8, value & 0xff); // uint16
    const members = Object.entries(value as object);
    return Buffer.concat([
      Buffer.of(0xe0 | members.length),
      ...members.flatMap(([name, inner]) => [text(name), encode(inner)]),
    ]);
  };
  const NODES = 1;
  // Left: the first data, which is 16 bytes behind the tree. Right: nothing.
  const tree = Buffer.of(0, 0, NODES + 16, 0, 0, NODES);
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    database_type: "test",
    ip_version: 4,
    node_count: NODES,
    record_size: 24,
  });
  const path = join(folder, `${Object.keys(record).join("-")}.mmdb`);
  writeFileSync(
    path,
    Buffer.concat([tree, Buffer.alloc(16), encode(record), Buffer.from("\xab\xcd\xefMaxMind.com", "latin1"), metadata]),
  );
  return path;
}

test("an own database may have either shape of record; a code that is no country's is not known", () => {
  for (const [record, country] of [
    [{ country_code: "FR" }, "FR"],
    [{ country: { iso_code: "JP" } }, "JP"],
    [{ continent_code: "FR" }, undefined],
    [{ country_code: "EU" }, undefined],
    [{ country_code: 7, country: { iso_code: "JP" } }, undefined],
  ] as const) {
    const countryOf = open(halfOfIpv4(record));
    assert.equal(countryOf("1.2.3.4"), country, JSON.stringify(record));
    assert.equal(countryOf("193.0.0.1"), undefined);
    assert.equal(countryOf("1::1"), undefined, "a tree of IPv4 says nothing of IPv6");
  }
});

test("a database that cannot be read, and a local country that is none, are told at the start", () => {
  const whole = halfOfIpv4({ country_code: "FR" });
  const text = join(folder, "text.mmdb");
  writeFileSync(text, "country,DE\n");
  const cut = join(folder, "cut.mmdb");
  writeFileSync(cut, Buffer.from("\xab\xcd\xefMaxMind.com", "latin1"));
  for (const [settings, message] of [
    [{ countryDatabase: join(folder, "absent.mmdb"), localCountry: "none" }, /absent\.mmdb cannot be read: ENOENT/],
    [{ countryDatabase: folder, localCountry: "none" }, /cannot be read: EISDIR/],
    [
      { countryDatabase: text, localCountry: "none" },
      /text\.mmdb cannot be read: .+; --country-database wants a file in MMDB/,
    ],
    [{ countryDatabase: cut, localCountry: "none" }, /cut\.mmdb cannot be read/],
    [{ countryDatabase: whole, localCountry: "UK" }, /^--local-country must be a country's ISO .* found "UK"$/],
  ] as const) {
    const opened = openCountries(settings);
    assert(opened.kind === "failure", JSON.stringify(settings));
    assert.match(opened.message, message);
  }
});

test("a database that is damaged inside says so when it is read, rather than that an address is nowhere", () => {
  const path = halfOfIpv4({ country_code: "FR" });
  const bytes = readFileSync(path);
  bytes.fill(0xff, 22, 34); // the record
  writeFileSync(path, bytes);
  assert.throws(() => open(path)("1.2.3.4"));
});
