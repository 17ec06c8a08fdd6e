import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { readSettings } from "../service/settings.ts";
import { askServer } from "./ask-server.ts";

const VARIABLES = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

for (const [claim, environment, status, expected] of [
  ["the built-in key where that is unknown", {}, 403, /^no such key \(asked with the built-in access key: AWS_ACCESS/],
  ["a key of its own", { AWS_ACCESS_KEY_ID: "AKIAX", AWS_SECRET_ACCESS_KEY: "x" }, 403, /^no such key$/],
  ["the built-in key, for what is not there", {}, 404, /^no such key$/],
] as const) {
  test(`a refusal tells who asked: ${claim}`, async (t) => {
    const before = VARIABLES.map((name) => [name, process.env[name]] as const);
    for (const name of VARIABLES) delete process.env[name];
    Object.assign(process.env, environment);
    t.after(() => {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    });
    const server = createServer((_, response) => response.writeHead(status).end('{"error":"no such key"}'));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const read = readSettings({ flags: new Map([["apiPort", String(port)]]), environment: {} });
    assert(read.kind === "ok");
    const answer = await askServer<object>({ method: "GET", path: "key-pairs" }, read.settings, {
      settingFlags: new Map([["--api-port", String(port)]]),
    });
    assert(typeof answer === "string");
    assert.match(answer, expected);
  });
}
