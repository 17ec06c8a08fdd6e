// CustomErrorResponses, from the list of the API to what is looked up by status: which page replaces an error, and how
// long an error stays. [CFDG GeneratingCustomErrorResponses]

import type { CustomErrorResponse } from "../../model/distribution.ts";
import { seconds, type Seconds } from "../../vocabulary/time.ts";
import type { ErrorPage, ErrorTtl } from "./effective-config.ts";
import { normalizePath, type PathPattern } from "./path-pattern.ts";

export interface ErrorRules {
  /** `undefined`: there are no pages, so that a hit learns it at a glance. */
  readonly pages: ReadonlyMap<number, ErrorPage> | undefined;
  readonly ttls: ReadonlyMap<number, ErrorTtl> | undefined;
}

interface PageBehavior {
  readonly pattern: PathPattern;
  readonly ttl: { readonly max: Seconds };
}

/** `behaviors` in order of precedence, the default one last. */
export function compileErrorRules(
  responses: readonly CustomErrorResponse[],
  behaviors: readonly PageBehavior[],
): ErrorRules {
  const pages = new Map<number, ErrorPage>();
  const ttls = new Map<number, ErrorTtl>();
  for (const { ErrorCode, ResponsePagePath: path, ResponseCode, ErrorCachingMinTTL } of responses) {
    if (path !== "") pages.set(ErrorCode, { path, status: Number(ResponseCode) });
    const normalized = normalizePath(path);
    const served = behaviors.find(({ pattern }) => pattern.matches(normalized)) ?? behaviors.at(-1);
    ttls.set(ErrorCode, { min: seconds(ErrorCachingMinTTL), max: path === "" ? undefined : served?.ttl.max });
  }
  return { pages: pages.size === 0 ? undefined : pages, ttls: ttls.size === 0 ? undefined : ttls };
}
