// Which behavior a path would meet, by the code of the edge, for patterns as they are or as somebody is about to save them.

import { compilePathPattern } from "../../edge/config/path-pattern.ts";
import { explainMatch, requestedPath } from "../../edge/viewer-request/match-behavior.ts";
import { refused, type Question } from "./answered.ts";

const PATTERNS_MAX = 1000;
const PATTERN_LENGTH_MAX = 255;
const PATH_LENGTH_MAX = 8192;

/** `patterns`: those of CacheBehaviors, in order; the default behavior comes after them. */
export const testPath: Question = async ({ path, patterns, defaultRootObject }) => {
  const isText = (value: unknown): value is string => typeof value === "string" && value.length <= PATTERN_LENGTH_MAX;
  if (typeof path !== "string" || !path.startsWith("/") || path.length > PATH_LENGTH_MAX) {
    return refused("path is a path as a viewer writes it: it begins with a slash");
  }
  if (
    !Array.isArray(patterns) ||
    patterns.length > PATTERNS_MAX ||
    !patterns.every(isText) ||
    !isText(defaultRootObject)
  ) {
    return refused("patterns is a list of path patterns, and defaultRootObject a text");
  }
  const behaviors = [
    ...patterns.map((text) => ({ pattern: compilePathPattern(text), isDefault: false })),
    { pattern: compilePathPattern("*"), isDefault: true },
  ];
  const asked = requestedPath(path.replace(/[?#].*$/s, ""), { defaultRootObject });
  return { kind: "ok", answer: { path: asked, tried: explainMatch(behaviors, asked) } };
};
