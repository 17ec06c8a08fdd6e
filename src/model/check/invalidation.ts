// The paths of an invalidation. [CFDG Invalidation]

import type { Limits } from "../../vocabulary/limits.ts";
import { fail, type ApiFailure } from "../errors.ts";

const PATH_MAX = 4000;

/** Begins with a slash; visible ASCII, others URL-encoded; a wildcard only as the last character. */
const PATH = /^\/[\x21-\x29\x2b-\x7e]*\*?$/;

export function checkInvalidationPaths(paths: readonly string[], limits: Limits): ApiFailure | undefined {
  if (paths.length === 0) {
    return fail("InvalidArgument", "The parameter Paths is required: an invalidation has at least one path.");
  }
  if (paths.length > limits.invalidationPathsPerBatchMax) {
    return fail(
      "BatchTooLarge",
      `The invalidation has ${paths.length} paths; at most ${limits.invalidationPathsPerBatchMax} are allowed.`,
    );
  }
  return paths.every((path) => path.length <= PATH_MAX && PATH.test(path))
    ? undefined
    : fail("InvalidArgument", "Your request contains one or more invalid invalidation paths.");
}
