// The JavaScript SDK's client of the bucket store under test, and what a test that breaks things needs beside it: tries that go
// on until there is an answer.

import { S3Client } from "@aws-sdk/client-s3";
import type { RunningService } from "./running-service.ts";

/** As the default user; one try per request, unless told otherwise. */
export function bucketClient(
  service: Pick<RunningService, "apiUrl">,
  maxAttempts = 1,
  credentials = { accessKeyId: "test", secretAccessKey: "test" },
): S3Client {
  return new S3Client({
    endpoint: service.apiUrl,
    region: "us-east-1",
    credentials,
    forcePathStyle: true,
    maxAttempts,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

/** Milliseconds between two tries. */
const PAUSE_MS = 25;
const TRIES_MAX = 800;

/**
 * Tries until there is an answer that is not the server's own fault, as any client of S3 does. A refusal is thrown; `isFirst`
 * tells whether an earlier try may have been carried out without its answer arriving.
 */
export async function untilAnswered<T>(
  send: () => Promise<T>,
): Promise<{ readonly answer: T; readonly isFirst: boolean }> {
  for (let tries = 1; ; tries++) {
    try {
      return { answer: await send(), isFirst: tries === 1 };
    } catch (error) {
      const status = statusOf(error);
      if ((status !== undefined && status < 500) || tries === TRIES_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** Of an answer that an SDK threw; `undefined` where there was none. */
export function statusOf(error: unknown): number | undefined {
  return (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
