import assert from "node:assert/strict";
import test from "node:test";
import { allowedValues, flagOf, nearest, readSettings, SETTINGS, variableOf } from "./settings.ts";

const none = new Map<string, string>();

test("every setting has a default that its own rule allows", () => {
  for (const [name, setting] of SETTINGS) {
    const read = readSettings({ flags: new Map([[name, String(setting.default)]]), environment: {} });
    assert.equal(read.kind, "ok", `${name}: ${JSON.stringify(read)}`);
  }
});

test("flags and variables are made from the name, and no two settings share one", () => {
  assert.equal(flagOf("edgeHttpPort"), "--edge-http-port");
  assert.equal(variableOf("edgeHttpPort"), "WARMFRONT_EDGE_HTTP_PORT");
  const names = [...SETTINGS.keys()];
  assert.equal(new Set(names.map(flagOf)).size, names.length);
  assert.equal(new Set(names.map(variableOf)).size, names.length);
});

test("a flag wins over the environment, that over the file, that over the default", () => {
  const file = { path: "warmfront.json", content: { apiPort: 3, edgeHttpPort: 3, publicHttpsPort: 3 } };
  const environment = { WARMFRONT_API_PORT: "2", WARMFRONT_EDGE_HTTP_PORT: "2" };
  const read = readSettings({ flags: new Map([["apiPort", "1"]]), environment, file });
  assert(read.kind === "ok");
  const { apiPort, edgeHttpPort, publicHttpsPort, domainSuffix } = read.settings;
  assert.deepEqual([apiPort, edgeHttpPort, publicHttpsPort, domainSuffix], [1, 2, 3, "cloudfront.localhost"]);
});

test("a limit is a setting like any other", () => {
  const read = readSettings({ flags: none, environment: { WARMFRONT_DISTRIBUTIONS_PER_ACCOUNT_MAX: "7" } });
  assert(read.kind === "ok");
  assert.equal(read.settings.limits.distributionsPerAccountMax, 7);
});

const refused = [
  [{ WARMFRONT_API_PORT: "70000" }, 'WARMFRONT_API_PORT must be 0 to 65535, found "70000"'],
  [{ WARMFRONT_API_PORT: "7400x" }, 'WARMFRONT_API_PORT must be 0 to 65535, found "7400x"'],
  [{ WARMFRONT_API_PORT: "-1" }, 'WARMFRONT_API_PORT must be 0 to 65535, found "-1"'],
  [{ WARMFRONT_LOG_LEVEL: "loud" }, 'WARMFRONT_LOG_LEVEL must be error, warn, info, debug, found "loud"'],
  [
    { WARMFRONT_DOMAIN_SUFFIX: ".Example" },
    'WARMFRONT_DOMAIN_SUFFIX must be a domain name in lower case, without a leading dot, found ".Example"',
  ],
] as const;

for (const [environment, message] of refused) {
  test(`refused with the place and what is allowed: ${message}`, () => {
    assert.deepEqual(readSettings({ flags: none, environment }), { kind: "failure", message });
  });
}

test("a key of the file that is no setting is refused with the one that was meant", () => {
  const file = { path: "warmfront.json", content: { apiport: 1 } };
  assert.deepEqual(readSettings({ flags: none, environment: {}, file }), {
    kind: "failure",
    message: 'warmfront.json: "apiport" is not a setting; did you mean "apiPort"?',
  });
});

test("a file that is no object is refused", () => {
  const read = readSettings({ flags: none, environment: {}, file: { path: "x.json", content: [1] } });
  assert.deepEqual(read, { kind: "failure", message: "x.json: expected one JSON object of settings" });
});

test("the nearest name is offered for a slip, and none for something else", () => {
  assert.equal(nearest("--api-prot", ["--api-port", "--data-dir"]), "--api-port");
  assert.equal(nearest("--zzzzzz", ["--api-port", "--data-dir"]), undefined);
});

test("what is allowed can be told for every setting", () => {
  for (const setting of SETTINGS.values()) assert.notEqual(allowedValues(setting), "");
});
