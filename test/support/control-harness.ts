// The management plane in this process, for tests that need no sockets and no edge: a store, a clock that the test
// moves, repeatable randomness, and requests signed as a caller.

import { serveApi } from "../../src/control/serve.ts";
import type { Control } from "../../src/control/context.ts";
import { DEFAULT_KEY } from "../../src/callers/default-key.ts";
import type { ApiRequest, ApiResponse } from "../../src/callers/message.ts";
import { openMemoryStore } from "../../src/store/memory/open-memory-store.ts";
import { makeLeaf, makeRoot, type MadeCertificate } from "../../src/service/make-certificate.ts";
import type { Store } from "../../src/store/store.ts";
import type { EdgeId, RandomBytes } from "../../src/vocabulary/ids.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/vocabulary/limits.ts";
import { addSeconds, epochMs, seconds, type EpochMs } from "../../src/vocabulary/time.ts";
import { signRequest } from "../../src/wire/sigv4-sign.ts";

export interface MovableClock {
  now(): EpochMs;
  advance(seconds: number): void;
}

/** Stands still until it is moved. */
export function movableClock(start = Date.UTC(2026, 10, 20)): MovableClock {
  let now = epochMs(start);
  return {
    now: () => now,
    advance: (by) => {
      now = addSeconds(now, seconds(by));
    },
  };
}

/** The same bytes in every run: a small linear congruential generator, which is all that ids need. */
export function seededRandom(seed = 1): RandomBytes {
  let state = seed >>> 0;
  return (count) =>
    Uint8Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
}

/** Who signs; the default key unless given. */
export interface Signer {
  readonly accessKeyId: string;
  readonly secret: string;
  readonly sessionToken?: string;
}

export interface Asked {
  readonly method: string;
  /** Path with query, raw: `/2020-05-31/distribution?MaxItems=1`. */
  readonly target: string;
  readonly body?: string | Uint8Array;
  readonly fields?: readonly (readonly [string, string])[];
  readonly signer?: Signer;
  readonly service?: string;
  readonly region?: string;
}

export interface ControlHarness {
  readonly control: Control;
  readonly store: Store;
  readonly clock: MovableClock;
  /** Faults that were reported; a test of well-behaved requests wants none. */
  readonly faults: unknown[];
  /** Signs and serves. */
  ask(asked: Asked): Promise<ApiResponse>;
  /** Serves as it is. */
  askRaw(request: ApiRequest): Promise<ApiResponse>;
  /** Plays a live edge that has everything in force. */
  deploy(): Promise<void>;
}

const HOST = "127.0.0.1:7400";

export async function openControlHarness(
  options: {
    readonly store?: Store;
    readonly limits?: Partial<Limits>;
    readonly propagationSeconds?: number;
    readonly audit?: Control["audit"];
  } = {},
): Promise<ControlHarness> {
  const clock = movableClock();
  const faults: unknown[] = [];
  let root: MadeCertificate | undefined;
  const store = options.store ?? (await openMemoryStore());
  const control: Control = {
    store,
    clock,
    random: seededRandom(),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    domainSuffix: "cloudfront.localhost",
    ownsCertificate: (_account, id) => id === "the-certificate",
    lookAtLogBucket: async (bucket) => ((await store.buckets.getBucket(bucket)) === undefined ? "absent" : "ready"),
    issueCertificate: (names, keyAlgorithm, now) => {
      const keyType = keyAlgorithm.startsWith("EC") ? "ec" : "rsa";
      const lifespan = { from: now, to: addSeconds(now, seconds(395 * 86_400)) };
      root ??= makeRoot(undefined, { from: now, to: addSeconds(now, seconds(3650 * 86_400)) });
      const { certificate, key } = makeLeaf(names, lifespan, root, keyType);
      return Promise.resolve({ certificate, chain: root.certificate, key });
    },
    propagationDelay: seconds(options.propagationSeconds ?? 0),
    isDefaultKeyAllowed: true,
    ...(options.audit !== undefined && { audit: options.audit }),
    reportFault: (fault) => faults.push(fault),
  };
  return {
    control,
    store,
    clock,
    faults,
    askRaw: (request) => serveApi(request, control),
    ask(asked) {
      const signer = asked.signer ?? { accessKeyId: DEFAULT_KEY.accessKeyId, secret: DEFAULT_KEY.secret };
      const mark = asked.target.indexOf("?");
      const unsigned = {
        method: asked.method,
        rawPath: mark < 0 ? asked.target : asked.target.slice(0, mark),
        rawQuery: mark < 0 ? "" : asked.target.slice(mark + 1),
        fields: [["Host", HOST] as const, ...(asked.fields ?? [])],
        body: typeof asked.body === "string" ? new TextEncoder().encode(asked.body) : (asked.body ?? new Uint8Array(0)),
      };
      const service = asked.service ?? "cloudfront";
      const fields = signRequest(
        unsigned,
        { ...signer, region: asked.region ?? "us-east-1", service },
        { at: clock.now() },
      );
      return serveApi({ ...unsigned, fields, endpoint: `http://${HOST}` }, control);
    },
    async deploy() {
      const now = clock.now();
      await store.feed.acknowledge("edge" as EdgeId, await store.feed.latest(), addSeconds(now, seconds(15)), now);
    },
  };
}
