// Answers of origins that end too early, too late or before anything: what viewers get and what is stored.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fidelity } from "../../src/vocabulary/fidelity.ts";
import { openRawOrigin, type RawRequest } from "../support/raw-origin.ts";
import { ALL_METHODS, list, openWorld, readAnswer, viewerRequest, type DistributionDraft } from "./harness.ts";

function draft(port: number, over: DistributionDraft = {}): DistributionDraft {
  return {
    ...over,
    origin: {
      CustomOriginConfig: {
        HTTPPort: port,
        HTTPSPort: port,
        OriginProtocolPolicy: "http-only",
        OriginSslProtocols: list("TLSv1.2"),
        OriginReadTimeout: 5,
        OriginKeepaliveTimeout: 5,
      },
      ConnectionAttempts: 1,
      ...over.origin,
    },
  };
}

const OK = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n";
type Ending = "keep" | "end" | "reset";

// What is written and how the connection ends; whether the message breaks off, and whether it is stored, by fidelity.
const ROWS: readonly (readonly [
  what: string,
  bytes: string,
  ending: Ending,
  brokeOff: boolean,
  stored: boolean,
  rfc?: { readonly brokeOff: boolean; readonly stored: boolean },
])[] = [
  ["a whole body of its length", `${OK}Content-Length: 4\r\n\r\nbody`, "keep", false, true],
  ["a body short of its length", `${OK}Content-Length: 9\r\n\r\nbody`, "end", true, false],
  ["a body short of its length, reset", `${OK}Content-Length: 9\r\n\r\nbody`, "reset", true, false],
  ["whole chunks", `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`, "keep", false, true],
  ["chunks without the last one", `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n`, "end", true, false],
  ["half a chunk", `${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nbody`, "reset", true, false],
  ["a body until the end", `${OK}\r\nbody`, "end", false, true],
  ["a body until a reset", `${OK}\r\nbody`, "reset", false, true, { brokeOff: true, stored: false }],
  ["HTTP/1.0 until the end", "HTTP/1.0 200 OK\r\nCache-Control: max-age=60\r\n\r\nbody", "end", false, true],
];

for (const fidelity of ["cloudfront", "rfc9111"] as const satisfies readonly Fidelity[]) {
  for (const [what, bytes, ending, brokeOff, stored, rfc] of ROWS) {
    const expected = fidelity === "rfc9111" && rfc !== undefined ? rfc : { brokeOff, stored };
    test(`${what}: ${expected.brokeOff ? "broken off" : "whole"}, ${expected.stored ? "stored" : "not stored"} (${fidelity}) [CFDG RequestAndResponseBehaviorCustomOrigin]`, async () => {
      await using origin = await openRawOrigin(({ socket }) => {
        socket.write(bytes, () => {
          if (ending === "end") socket.end();
          // Once the edge has had the time to read: a reset takes what is unread along.
          else if (ending === "reset") setTimeout(() => socket.resetAndDestroy(), 20);
        });
      });
      await using world = await openWorld({}, { settings: { fidelity } });
      world.publish(draft(origin.port));
      const got = await world.ask("GET /a");
      assert.deepEqual([got.status, got.body, got.brokeOff], [200, "body", expected.brokeOff]);
      assert.equal(world.edge.counters().storedResponses, expected.stored ? 1 : 0);
    });
  }
}

test("a body beyond what may be cached at all is an error where caching is on, and passed through where it is off", async () => {
  const sized = `${OK}Content-Length: 2000\r\n\r\n${"x".repeat(2000)}`;
  const chunked = `${OK}Transfer-Encoding: chunked\r\n\r\n7d0\r\n${"x".repeat(2000)}\r\n0\r\n\r\n`;
  await using origin = await openRawOrigin(({ socket, line }) => {
    socket.write(line === "GET /sized" ? sized : chunked);
  });
  await using world = await openWorld({}, { limits: { originBodyBytesMax: 1024 } });
  world.publish(draft(origin.port));
  const refused = await world.ask("GET /sized");
  assert.equal(refused.status, 502);
  assert.match(world.events.at(-1)?.why ?? "", /2000 bytes, more than the 1024 that may be cached/);
  const chunks = await world.ask("GET /chunked");
  assert.ok(chunks.status === 502 || chunks.brokeOff, "an error where all of it has come with the head");
  world.publish(draft(origin.port, { behavior: { MinTTL: 0, DefaultTTL: 0, MaxTTL: 0 } }));
  for (const path of ["/sized", "/chunked"]) {
    const got = await world.ask(`GET ${path}?past`);
    assert.deepEqual([got.status, got.body.length, got.brokeOff], [200, 2000, false]);
  }
});

test("redirects of an origin are passed on and stored, never followed", async () => {
  await using world = await openWorld();
  world.origin.answer({ status: 302, headers: { Location: "/elsewhere", "Cache-Control": "max-age=60" } });
  const got = await world.ask("GET /a");
  assert.deepEqual([got.status, got.field("location")], [302, "/elsewhere"]);
  assert.equal((await world.ask("GET /a")).result, "Hit");
  assert.equal(world.origin.asked.length, 1);
});

test("many fields are passed on, all of them; a header section beyond its bound is a 502", async () => {
  await using origin = await openRawOrigin(({ socket, line }) => {
    const count = line === "GET /many" ? 1000 : 5000;
    const fields = Array.from({ length: count }, (_, index) => `X-${index}: a\r\n`).join("");
    socket.write(`${OK}${fields}Content-Length: 0\r\n\r\n`);
  });
  await using world = await openWorld();
  world.publish(draft(origin.port));
  const got = await world.ask("GET /many");
  assert.equal(got.status, 200);
  assert.equal(got.fields.filter(([name]) => name.startsWith("X-") && /\d$/.test(name)).length, 1000);
  assert.equal((await world.ask("GET /more")).status, 502);
  assert.match(world.events.at(-1)?.why ?? "", /header section is larger than originHeaderBytesMax/);
});

// Interim responses: [RFC 9110 §15.2] has them forwarded, the real service keeps them to itself.
for (const fidelity of ["cloudfront", "rfc9111"] as const) {
  test(`103 and 102 of an origin ${fidelity === "rfc9111" ? "reach" : "do not reach"} the viewer, 100 never does (${fidelity})`, async () => {
    const interim =
      "HTTP/1.1 100 Continue\r\n\r\n" +
      "HTTP/1.1 102 Processing\r\n\r\n" +
      "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 5\r\n\r\n";
    await using origin = await openRawOrigin(({ socket }) => {
      socket.write(`${interim}${OK}Content-Length: 4\r\n\r\nbody`);
    });
    await using world = await openWorld({}, { settings: { fidelity } });
    world.publish(draft(origin.port));
    const heard: unknown[] = [];
    const request = viewerRequest("GET /a");
    const answer = await world.edge.respond({
      ...request,
      interim: (_about, status, fields) => heard.push([status, fields]),
    });
    assert.equal(answer.status, 200);
    assert.deepEqual(
      heard,
      fidelity === "cloudfront"
        ? []
        : [
            [102, []],
            [103, [["Link", "</a.css>"]]],
          ],
    );
  });
}

test("an origin that answers before the upload ends is heard at once; an error ends the upload", async () => {
  for (const status of [200, 413]) {
    let uploaded = 0;
    const seen: RawRequest[] = [];
    await using origin = await openRawOrigin((asked) => {
      seen.push(asked);
      asked.socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 4\r\n\r\nbody`);
      asked.socket.on("data", (chunk) => (uploaded += chunk.length));
    });
    await using world = await openWorld();
    world.publish(draft(origin.port, { behavior: { AllowedMethods: ALL_METHODS } }));
    const request = viewerRequest({ method: "POST", target: "/a" });
    let given = 0;
    const upload = { isGivenUp: false };
    let more: (() => void) | undefined;
    const answer = await world.edge.respond({
      ...request,
      body: {
        length: undefined,
        chunks: (async function* () {
          try {
            for (;;) {
              given++;
              yield Buffer.alloc(1000);
              // The viewer goes on when the test says so: after the answer is there.
              await new Promise<void>((resolve) => (more = resolve));
            }
          } finally {
            upload.isGivenUp = true;
          }
        })(),
      },
    });
    assert.equal(answer.status, status);
    if (status >= 400) {
      more?.();
      for (let turn = 0; turn < 100 && !upload.isGivenUp; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.ok(upload.isGivenUp, "no more is taken of the viewer");
      assert.equal(given, 2);
    }
    assert.equal((await readAnswer(answer)).body, "body");
    more?.();
    assert.ok(uploaded <= 3000);
    assert.equal(seen.length, 1);
  }
});
