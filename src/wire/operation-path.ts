// Method, path and query of a request → the operation of one API version. A path is cut at its slashes first and
// decoded afterwards, because a web ACL's ARN in a path holds %2F. The path comes without the version in front of it.

import type { OperationShape } from "./shape.ts";

/** The operations of one version, ready to be found; made once. */
export interface OperationRouter {
  readonly root: PathNode;
}

interface PathNode {
  readonly literals: Map<string, PathNode>;
  placeholder: PathNode | undefined;
  /** What ends here, the most selective first. */
  readonly targets: Target[];
}

interface Target {
  readonly name: string;
  readonly operation: OperationShape;
  /** Placeholders of the path in order; two operations may name the same segment differently. */
  readonly placeholders: readonly string[];
}

/** Decoded parameters by name. */
export type Query = ReadonlyMap<string, string>;

/** What a request asks for. `params` are the path's placeholders, decoded. */
export type OperationMatch =
  | {
      readonly kind: "operation";
      readonly name: string;
      readonly operation: OperationShape;
      readonly params: Readonly<Record<string, string>>;
    }
  /** Also where the path exists but its query selects no operation. */
  | { readonly kind: "no-such-path" }
  | { readonly kind: "method-not-allowed"; readonly allowed: readonly string[] }
  /** A percent sign that is no encoding of UTF-8. */
  | { readonly kind: "malformed-path" };

const PLACEHOLDER = /^\{(\w+)\}$/;

/** The router of a version's operations. */
export function compileRouter(operations: ReadonlyMap<string, OperationShape>): OperationRouter {
  const root = emptyNode();
  for (const [name, operation] of operations) {
    let node = root;
    const placeholders: string[] = [];
    for (const segment of segmentsOf(operation.path)) {
      const placeholder = PLACEHOLDER.exec(segment)?.[1];
      if (placeholder === undefined) node = literalBelow(node, segment);
      else {
        placeholders.push(placeholder);
        node = node.placeholder ??= emptyNode();
      }
    }
    node.targets.push({ name, operation, placeholders });
    node.targets.sort((a, b) => (b.operation.selectedBy?.length ?? 0) - (a.operation.selectedBy?.length ?? 0));
  }
  return { root };
}

function emptyNode(): PathNode {
  return { literals: new Map(), placeholder: undefined, targets: [] };
}

function literalBelow(node: PathNode, segment: string): PathNode {
  let next = node.literals.get(segment);
  if (next === undefined) node.literals.set(segment, (next = emptyNode()));
  return next;
}

/** `/a/b` and `/a/b/` are both a, b: some clients end paths with a slash, the models do not agree [CFMODEL]. */
function segmentsOf(path: string): string[] {
  const segments = path.split("/").slice(1);
  if (segments.length > 1 && segments.at(-1) === "") segments.pop();
  return segments;
}

/** Finds the operation for a path as it came on the wire, without version and query: `/distribution/E1/config`. */
export function matchOperation(router: OperationRouter, method: string, rawPath: string, query: Query): OperationMatch {
  if (!rawPath.startsWith("/")) return { kind: "no-such-path" };
  const segments: string[] = [];
  for (const raw of segmentsOf(rawPath)) {
    const segment = decodePart(raw);
    if (segment === undefined) return { kind: "malformed-path" };
    segments.push(segment);
  }
  const ends: PathEnd[] = [];
  collectEnds(router.root, segments, 0, [], ends);
  for (const { node, values } of ends) {
    for (const { name, operation, placeholders } of node.targets) {
      if (operation.method !== method || !isSelected(operation, query)) continue;
      const params = Object.fromEntries(placeholders.map((placeholder, index) => [placeholder, values[index] ?? ""]));
      return { kind: "operation", name, operation, params };
    }
  }
  const allowed = new Set(ends.flatMap(({ node }) => node.targets.map(({ operation }) => operation.method as string)));
  if (allowed.size === 0 || allowed.has(method)) return { kind: "no-such-path" };
  return { kind: "method-not-allowed", allowed: [...allowed].sort() };
}

interface PathEnd {
  readonly node: PathNode;
  readonly values: readonly string[];
}

/** Every place of the tree that the path leads to, literal ones first. Visits at most the nodes that the tables have. */
function collectEnds(node: PathNode, segments: readonly string[], at: number, values: string[], ends: PathEnd[]): void {
  const segment = segments[at];
  if (segment === undefined) {
    if (node.targets.length > 0) ends.push({ node, values });
    return;
  }
  const literal = node.literals.get(segment);
  if (literal !== undefined) collectEnds(literal, segments, at + 1, values, ends);
  // An empty segment is nobody's name.
  if (node.placeholder !== undefined && segment !== "") {
    collectEnds(node.placeholder, segments, at + 1, [...values, segment], ends);
  }
}

function isSelected(operation: OperationShape, query: Query): boolean {
  return (operation.selectedBy ?? []).every(([name, value]) =>
    // Presence is enough where no value is wanted: clients send `?WithTags` and `?WithTags=`.
    value === "" ? query.has(name) : query.get(name) === value,
  );
}

/**
 * The part of a URL behind its question mark, decoded; a plus is a space. Of a name that occurs twice the first value
 * counts. `undefined` when a percent sign is no encoding of UTF-8.
 */
export function parseQuery(rawQuery: string): Query | undefined {
  const query = new Map<string, string>();
  for (const part of rawQuery.split("&")) {
    if (part === "") continue;
    const cut = part.indexOf("=");
    const name = decodePart((cut < 0 ? part : part.slice(0, cut)).replaceAll("+", " "));
    const value = decodePart((cut < 0 ? "" : part.slice(cut + 1)).replaceAll("+", " "));
    if (name === undefined || value === undefined) return undefined;
    if (!query.has(name)) query.set(name, value);
  }
  return query;
}

function decodePart(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
