// What signed URLs cost: hits of a hot one against hits of the same page that nobody has to sign for, on the same edge; and URLs
// that were never seen before, each of which costs a verification.

import { mkdtempSync, rmSync } from "node:fs";
import { createPublicKey, randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_KEY } from "../src/callers/default-key.ts";
import { cannedPolicyText } from "../src/model/access-policy.ts";
import { formatSignedUrl, signPolicy, verifyPolicy } from "../src/model/viewer-signature.ts";
import { openSqliteStore } from "../src/store/sqlite/open-sqlite-store.ts";
import { NO_CLAIMS } from "../src/store/store.ts";
import { newKeyPairId } from "../src/vocabulary/ids.ts";
import { systemClock } from "../src/vocabulary/time.ts";
import { decodeUrlSafe } from "../src/wire/url-safe-base64.ts";
import { newEcKey, newRsaKey, type TestKey } from "../test/support/viewer-signing.ts";
import { startBenchService, viewOnce, type BenchService } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { runLoad } from "./support/load-generator.ts";
import { compare } from "./support/rounds.ts";
import { formatSpread, median } from "./support/statistics.ts";
import { distributionBefore, openBenchOrigin } from "./support/stored-page.ts";

const CONNECTIONS = 64;
const COLD_URLS = 4000;
const VERIFICATIONS = 4000;
const EXPIRES = 2_000_000_000;

function requestFor(host: string, target: string): Buffer {
  return Buffer.from(`GET ${target} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: bench\r\naccept: */*\r\n\r\n`);
}

/** The target of a URL that is signed with a canned policy. */
function signedTarget(host: string, path: string, key: TestKey, expires = EXPIRES): string {
  const url = `http://${host}${path}`;
  const signature = signPolicy(cannedPolicyText(url, expires), key.privateKey);
  return formatSignedUrl(url, {
    stated: { kind: "canned", expires },
    signature,
    keyId: key.id,
    hash: "SHA1",
  }).slice(`http://${host}`.length);
}

/** A distribution whose `/signed/*` is for those who sign with the key; both are put into the store while nothing runs. */
async function openSignedService(
  folder: string,
  originPort: number,
  keys: readonly TestKey[],
): Promise<{ service: BenchService; host: string }> {
  let host: string;
  {
    await using service = await startBenchService({ dataDirectory: folder });
    host = await distributionBefore(service, originPort);
    await service.end();
  }
  await using store = await openSqliteStore({ path: join(folder, "store.sqlite") });
  const { account } = DEFAULT_KEY;
  const now = systemClock.now();
  const [made] = (await store.resources.list("distribution", account, { after: "", limit: 1 })).items;
  if (made === undefined) throw new Error("the store does not have what the API created");
  const { config } = made;
  const TrustedSigners = { Enabled: true, Quantity: 1, Items: ["self"] };
  const behavior = { ...config.DefaultCacheBehavior, PathPattern: "/signed/*", TrustedSigners };
  const next = { ...config, CacheBehaviors: { Quantity: 1, Items: [behavior] } };
  await store.resources.update(made, { config: next, claims: NO_CLAIMS }, now);
  for (const key of keys) {
    const created = await store.resources.create(
      {
        kind: "key-pair",
        id: key.id as never,
        account,
        config: { PublicKey: key.pem, Status: "Active" },
        handle: "",
        reference: key.id,
        creationDigest: "",
        claims: NO_CLAIMS,
        tags: [],
      },
      10,
      now,
    );
    if (created.kind !== "created") throw new Error(`could not register a key: ${created.kind}`);
  }
  return { service: await startBenchService({ dataDirectory: folder }), host };
}

async function waitForHit(edgePort: number, host: string, path: string): Promise<void> {
  for (let tried = 0; tried < 200; tried++) {
    if ((await viewOnce(edgePort, host, path)).headers.get("x-cache")?.startsWith("Hit") === true) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the edge never answered ${path} with a hit`);
}

/** Verifications alone, on the core that the load runs on otherwise. */
function verificationRate(key: TestKey, publicKey: Parameters<typeof verifyPolicy>[2]): number {
  const text = Buffer.from(cannedPolicyText("http://d1.example/a", EXPIRES));
  const signature = decodeUrlSafe(signPolicy(text.toString(), key.privateKey)) ?? Buffer.alloc(0);
  const begun = performance.now();
  for (let count = 0; count < VERIFICATIONS; count++) {
    if (!verifyPolicy(text, signature, publicKey, "SHA1")) throw new Error("a good signature is refused");
  }
  return VERIFICATIONS / ((performance.now() - begun) / 1000);
}

export const signedHit: Bench = {
  name: "signed-hit",
  about: "Hits of a signed URL against hits of an unsigned one; verifications.",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "warmfront-bench-"));
    await using origin = await openBenchOrigin();
    const keys = {
      "RSA 2048": newRsaKey(newKeyPairId(randomBytes)),
      "ECDSA P-256": newEcKey(newKeyPairId(randomBytes)),
    };
    const { service: opened, host } = await openSignedService(folder, origin.port, Object.values(keys));
    await using service = opened;
    try {
      const figures: Figure[] = [];
      const hot = signedTarget(host, "/signed/page", keys["RSA 2048"]);
      for (const path of ["/page", hot]) await waitForHit(service.edgePort, host, path);
      const load = { connections: CONNECTIONS, expectedStatus: 200, port: service.edgePort };
      const [signed, unsigned] = [requestFor(host, hot), requestFor(host, "/page")];
      const { rounds } = await compare(
        {
          one: { processId: service.edgeId, load: { ...load, request: () => signed } },
          other: { processId: service.edgeId, load: { ...load, request: () => unsigned } },
        },
        { rounds: 7, seconds: 1.2, warmUpSeconds: 2 },
      );
      const cpu = median(rounds.map(({ one, other }) => other.cpuMicroseconds / one.cpuMicroseconds)).toFixed(2);
      figures.push({
        what: "hits of a hot signed URL: share of unsigned ones",
        value: formatSpread(
          rounds.map(({ one, other }) => one.perSecond / other.perSecond),
          2,
        ),
        unit: "× requests/s",
        wanted: "≥ 0.9",
        how: `1 KB, ${CONNECTIONS} connections, 7 rounds in turn, ${hot.length} bytes of target against 5; by CPU time ${cpu}; ${median(rounds.map(({ one }) => one.perSecond)).toFixed(0)} requests/s`,
      });
      for (const [kind, key] of Object.entries(keys)) {
        const cold = Array.from({ length: COLD_URLS }, (_, at) =>
          requestFor(host, signedTarget(host, "/signed/page", key, EXPIRES - at - 1)),
        );
        const { perSecond } = await runLoad({ ...load, request: (index) => cold[index], seconds: 20 });
        figures.push({
          what: `hits by signed URLs that were never seen, ${kind}`,
          value: perSecond.toFixed(0),
          unit: "requests/s",
          how: `${COLD_URLS} URLs, each verified; one core`,
        });
        figures.push({
          what: `verifications alone, ${kind}`,
          value: verificationRate(key, createPublicKey(key.pem)).toFixed(0),
          unit: "/s",
          how: `${VERIFICATIONS} of one text; one core`,
        });
      }
      return figures;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
