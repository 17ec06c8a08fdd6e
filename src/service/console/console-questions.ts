// What the console asks that is no operation of the management API: a row each, asked by POST with one JSON object at
// /_warmfront/console/<name>. Nothing here changes anything.

import type { Question } from "./answered.ts";
import { listBuckets, listObjects, showPolicy } from "./bucket-questions.ts";
import { listOwnCertificates } from "./certificate-questions.ts";
import { countInvalidated, followInvalidation } from "./invalidation-questions.ts";
import { testPath } from "./test-path.ts";

export const CONSOLE_QUESTIONS: Readonly<Record<string, Question>> = {
  buckets: listBuckets,
  "bucket-objects": listObjects,
  "bucket-policy": showPolicy,
  certificates: listOwnCertificates,
  "count-invalidated": countInvalidated,
  "follow-invalidation": followInvalidation,
  "test-path": testPath,
};
