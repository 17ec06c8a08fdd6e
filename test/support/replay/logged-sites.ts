// What a replay is asked of: an origin of all kinds of answers, and four distributions in front of it whose logs differ in bucket,
// prefix and cookies; one has none, and one an error page.

import type { DistributionConfig } from "@aws-sdk/client-cloudfront";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { bucketClient } from "../bucket-client.ts";
import { createLogBucket } from "../delivered-logs.ts";
import { cloudFrontClient, deploy, smallConfig } from "../distribution.ts";
import type { RunningService } from "../running-service.ts";

export interface LoggedSite {
  readonly id: string;
  readonly domain: string;
  /** "": it has no log. */
  readonly bucket: string;
  readonly prefix: string;
  readonly hasCookies: boolean;
}

export interface LoggedSites extends AsyncDisposable {
  readonly sites: readonly LoggedSite[];
  /** Resolves when the origin was asked for it, which it never answers: the path is below `/never/`. */
  asked(path: string): Promise<void>;
}

type Logs = Pick<LoggedSite, "bucket" | "prefix" | "hasCookies">;

const LOGS: readonly Logs[] = [
  { bucket: "logs-one", prefix: "", hasCookies: true },
  { bucket: "logs-one", prefix: "same/bucket", hasCookies: false },
  { bucket: "logs-two", prefix: "two/", hasCookies: true },
  { bucket: "", prefix: "", hasCookies: false },
];

const TEXT = "some text that repeats, ".repeat(200);
const LONG = Buffer.alloc(4_000_000, "l");
const STORED = { "Cache-Control": "max-age=3600", ETag: '"v1"', "Content-Type": "text/plain; charset=utf-8" };

/** Where their logs go. */
export const LOG_BUCKETS = ["logs-one", "logs-two"] as const;

/** By the first part of the path. */
const ANSWERS: Readonly<Record<string, (response: ServerResponse, path: string) => void>> = {
  hot: (response, path) => response.writeHead(200, STORED).end(`page ${path} `.padEnd(100 + path.length * 30, ".")),
  page: (response, path) => response.writeHead(200, STORED).end(path),
  text: (response) => response.writeHead(200, STORED).end(TEXT),
  secure: (response) => response.writeHead(200, STORED).end("secure"),
  private: (response) => response.writeHead(200, STORED).end("private"),
  long: (response) => response.writeHead(200, { ...STORED, "Content-Length": String(LONG.length) }).end(LONG),
  live: (response) => response.writeHead(200, { "Cache-Control": "no-store" }).end("live"),
  missing: (response) => response.writeHead(404, { "Content-Type": "text/html" }).end("<p>not here"),
  moved: (response) => response.writeHead(302, { Location: "/hot/1", "Cache-Control": "max-age=60" }).end(),
  form: (response, path) => response.writeHead(path.length % 3 === 0 ? 204 : 201).end(),
  chunks: (response) => {
    response.writeHead(200, { "Cache-Control": "max-age=60" });
    response.write("one ");
    response.end("two");
  },
  cut: (response) => {
    response.writeHead(200, { "Content-Length": "1000", "Cache-Control": "no-store" });
    response.write("only some of it", () => setImmediate(() => response.destroy()));
  },
  gone: (response) => response.destroy(),
};

export async function openLoggedSites(service: RunningService): Promise<LoggedSites> {
  const awaited = new Map<string, PromiseWithResolvers<void>>();
  const askedFor = (path: string): PromiseWithResolvers<void> => {
    const known = awaited.get(path) ?? Promise.withResolvers<void>();
    awaited.set(path, known);
    return known;
  };
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    const [, part = ""] = path.split("/");
    request.resume().once("end", () => {
      if (part === "never") askedFor(path).resolve();
      else ANSWERS[part]?.(response, path);
    });
  });
  server.on("clientError", (_, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  try {
    const s3 = bucketClient(service);
    for (const Bucket of LOG_BUCKETS) await createLogBucket(s3, Bucket);
    const client = cloudFrontClient(service);
    const { port } = server.address() as AddressInfo;
    const sites = await Promise.all(
      LOGS.map(async (logs) => ({ ...logs, ...(await deploy(client, configOf(port, logs))) })),
    );
    return { sites, asked: (path) => askedFor(path).promise, [Symbol.asyncDispose]: close };
  } catch (fault) {
    await close();
    throw fault;
  }
}

function configOf(port: number, { bucket, prefix, hasCookies }: Logs): DistributionConfig {
  const config = smallConfig(port);
  const base = {
    TargetOriginId: "site",
    ViewerProtocolPolicy: "allow-all" as const,
    MinTTL: 0,
    Compress: true,
    ForwardedValues: { QueryString: true, Cookies: { Forward: "none" as const } },
  };
  const all = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"] as const;
  const Items = [
    { ...base, PathPattern: "/secure/*", ViewerProtocolPolicy: "redirect-to-https" as const },
    { ...base, PathPattern: "/private/*", TrustedSigners: { Enabled: true, Quantity: 1, Items: ["self"] } },
    { ...base, PathPattern: "/form/*", AllowedMethods: { Quantity: all.length, Items: [...all] } },
  ];
  return {
    ...config,
    HttpVersion: "http2",
    DefaultCacheBehavior: base,
    CacheBehaviors: { Quantity: Items.length, Items },
    ...(bucket !== "" && {
      Logging: { Enabled: true, IncludeCookies: hasCookies, Bucket: `${bucket}.s3.amazonaws.com`, Prefix: prefix },
    }),
    ...(prefix.startsWith("two") && {
      CustomErrorResponses: {
        Quantity: 1,
        Items: [{ ErrorCode: 404, ResponsePagePath: "/page/sorry", ResponseCode: "200", ErrorCachingMinTTL: 5 }],
      },
    }),
  };
}
