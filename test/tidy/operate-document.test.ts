// What docs/operate.md, the unit and the alert rules name is there: settings, metrics, commands.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { VERBS } from "../../src/cli/verbs.ts";
import { METRICS } from "../../src/service/metrics/families.ts";
import { readSettings, SETTINGS } from "../../src/service/settings.ts";

const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

const TYPES = new Map(METRICS.map(({ name, type }) => [name, type]));

test("each metric of the alert rules is one that /metrics answers, and each alert is told about", () => {
  const rules = read("alerts.yml");
  const asked = [...rules.matchAll(/\bwarmfront_[a-z_]+/g)].map(([name]) => name);
  assert.ok(asked.length > 10);
  const unknown = asked.filter(
    (name) => !TYPES.has(name) && TYPES.get(name.replace(/_(?:bucket|sum|count)$/, "")) !== "histogram",
  );
  assert.deepEqual(unknown, []);
  const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = ""]) => name);
  const told = read("operate.md");
  assert.deepEqual(
    alerts.filter((name) => !told.includes(name)),
    [],
  );
});

test("the settings file of docs/operate.md is read, and commands and settings that it names are there", () => {
  const text = read("operate.md");
  const [, file = ""] = /<<JSON\n([^]*?)\n {4}JSON\n/.exec(text) ?? [];
  const given = {
    flags: new Map<string, string>(),
    environment: {},
    file: { path: "it", content: JSON.parse(file) as unknown },
  };
  const settings = readSettings(given);
  assert.equal(settings.kind, "ok", settings.kind === "ok" ? "" : settings.message);
  for (const [, verb = ""] of text.matchAll(/(?:\bwf|`warmfront) (\w[\w-]*)/g)) assert.ok(verb in VERBS, verb);
  const named = text.matchAll(/`((?:[a-z]+[A-Z])[A-Za-z]*)`/g);
  for (const [, setting = ""] of named) assert.ok(SETTINGS.has(setting as never), setting);
});

test("the unit starts and reloads by commands that there are", () => {
  const unit = read("warmfront.service");
  for (const [, verb = "", flags = ""] of unit.matchAll(/^Exec\w+=\S+\/warmfront (\w+)(.*)$/gm)) {
    assert.ok(verb in VERBS, verb);
    assert.equal(flags, " --config /etc/warmfront/warmfront.json");
  }
});
