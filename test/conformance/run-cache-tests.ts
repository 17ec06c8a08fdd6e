// A program: runs the published conformance suite for HTTP caches against an edge of its own on loopback, and prints the
// result of each test as JSON. A process per run, because the suite keeps its results in its modules.
//
//     node test/conformance/run-cache-tests.ts <cloudfront|rfc9111> [--suite <folder>] [--test <id>]

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { openEdge } from "../../src/edge/edge.ts";
import { openViewerListener } from "../../src/edge/transport/viewer-listener.ts";
import type { FeedNumber } from "../../src/vocabulary/ids.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { systemClock } from "../../src/vocabulary/time.ts";
import type { Fidelity } from "../../src/vocabulary/fidelity.ts";
import { ALL_METHODS, list, published } from "../scenarios/harness.ts";
import { loadSuite, verdictOf, type SuiteReport } from "./cache-tests.ts";

/** Requests that run at once. The suite pauses for three seconds in many tests, so a small number takes minutes. */
const AT_ONCE = 120;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { suite: { type: "string" }, test: { type: "string" } },
});
const fidelity = positionals[0] as Fidelity;
const suite = await loadSuite(values.suite);
const sets =
  values.test === undefined
    ? suite.sets
    : suite.sets.map((set) => ({
        ...set,
        tests: set.tests.filter(({ id }) => id === values.test).map((test) => ({ ...test, dump: true })),
      }));

const origin = createServer(suite.answer);
origin.listen(0, "127.0.0.1");
await once(origin, "listening");

const edge = openEdge({
  settings: {
    domainSuffix: "cloudfront.localhost",
    publicHttpsPort: 7443,
    popName: "LCL50-P1",
    fidelity,
    allowPrivateOrigins: true,
    limits: DEFAULT_LIMITS,
  },
  clock: systemClock,
  random: (count) => crypto.getRandomValues(new Uint8Array(count)),
  countryOf: () => undefined,
  log: () => undefined,
});
const distribution = published(
  {
    origin: { DomainName: "localhost" },
    behavior: {
      AllowedMethods: ALL_METHODS,
      MinTTL: 0,
      DefaultTTL: 0,
      ForwardedValues: {
        QueryString: true,
        Cookies: { Forward: "none" },
        Headers: list(
          "Accept",
          "Accept-Language",
          "Authorization",
          "Expect",
          "Referer",
          "User-Agent",
          "X-Forwarded-Proto",
        ),
        QueryStringCacheKeys: list(),
      },
    },
    config: { Aliases: list("127.0.0.1") },
  },
  (origin.address() as AddressInfo).port,
);
edge.apply([{ kind: "distribution", number: 1 as FeedNumber, distribution }]);
const listener = await openViewerListener({
  host: "127.0.0.1",
  port: 0,
  limits: DEFAULT_LIMITS,
  clock: systemClock,
  respond: edge.respond,
  refuse: (refused) => edge.refuse(refused),
});

const output = console.log;
if (values.test === undefined) console.log = () => undefined; // the suite's origin chats
await suite.run(sets, `http://127.0.0.1:${listener.address.port}`, AT_ONCE);
console.log = output;

const results = suite.results();
const report: SuiteReport = sets.flatMap((set) =>
  set.tests
    .filter(({ browser_only }) => browser_only !== true)
    .map((test) => ({
      id: test.id,
      kind: test.kind ?? "required",
      verdict: verdictOf(suite.sets, test.id, results),
      said: Array.isArray(results[test.id]) ? (results[test.id] as readonly string[]).join(": ") : "",
    })),
);
process.stdout.write(`${JSON.stringify(report)}\n`);
await listener.drain(0);
await edge.close();
origin.closeAllConnections();
origin.close();
process.exit(0); // the suite's client keeps connections open
