// The layers of src/ and the rooms of src/edge as data, and the lint rules made from them: imports go down only. Proved on planted violations in
// test/tidy/layers.test.ts. A folder's name here is not reused for an inner folder.

export const LAYERS: readonly (readonly string[])[] = [
  ["vocabulary"],
  ["http", "wire"],
  ["model"],
  ["store"],
  ["callers"],
  ["control", "edge", "buckets"],
  ["service"],
  ["cli"],
];

/**
 * The rooms of src/edge, in the same way: a room imports those of the rows above it. The files beside them are either
 * words that all rooms share (exchange.ts, edge-parts.ts and the like) or put the rooms together.
 */
export const EDGE_ROOMS: readonly (readonly string[])[] = [
  ["transport"],
  ["config"],
  // What an origin answered and what the edge made of it are one subject in two rooms.
  ["viewer-request", "origin-request", "origin-response"],
  ["storage"],
  ["viewer-response"],
  ["cache"],
  ["explain"],
];

/** Files of src/edge that put the rooms together: no room imports them. */
const EDGE_TOP = ["edge", "serve", "pass-through", "replace-error-page", "transport-log"];

/** Within a row these two know each other; all other rooms of a row do not. */
const NEIGHBORS: readonly string[] = ["origin-request", "origin-response"];

/** Folders of pure functions: they run anywhere, so they import no `node:` module but these. */
const PURE = ["vocabulary", "http", "wire", "model"];
const PURE_MAY_IMPORT = ["assert", "assert/strict", "buffer", "crypto"];

interface RestrictedPattern {
  group: string[];
  message: string;
}

function patternsFor(folder: string, rank: number): RestrictedPattern[] {
  const notBelow = LAYERS.slice(rank)
    .flat()
    .filter((other) => other !== folder);
  const patterns: RestrictedPattern[] = notBelow.map((other) => ({
    group: [`**/${other}/**`],
    message: `src/${folder} may not import src/${other}: imports go down the layers only.`,
  }));
  if (PURE.includes(folder)) {
    patterns.push({
      group: ["node:*", ...PURE_MAY_IMPORT.map((name) => `!node:${name}`)],
      message: `src/${folder} is pure: of Node's modules it imports only ${PURE_MAY_IMPORT.join(", ")}.`,
    });
  }
  if (folder !== "service" && folder !== "store") {
    patterns.push({
      group: ["**/store/memory/**", "**/store/sqlite/**"],
      message: `Only src/service names a concrete store; src/${folder} takes the port of store/store.ts.`,
    });
  }
  return patterns;
}

function restriction(patterns: RestrictedPattern[]): ["error", { patterns: RestrictedPattern[] }] {
  return ["error", { patterns }];
}

function roomPatterns(room: string, rank: number): RestrictedPattern[] {
  const others = EDGE_ROOMS.slice(rank)
    .flat()
    .filter((other) => other !== room && !(NEIGHBORS.includes(room) && NEIGHBORS.includes(other)));
  const rooms = others.map((other) => ({
    group: [`**/${other}/**`],
    message: `src/edge/${room} may not import src/edge/${other}: rooms import those of the rows above them only.`,
  }));
  const top = EDGE_TOP.map((name) => ({
    group: [`../${name}.ts`, `../../${name}.ts`],
    message: `src/edge/${name}.ts puts the rooms together; no room imports it.`,
  }));
  return [...rooms, ...top];
}

/** One block per folder. All patterns of a folder stand in one array: a second block would replace the first. */
const folderOverrides = LAYERS.flatMap((row, rank) =>
  row.map((folder) => ({
    files: [`src/${folder}/**/*.ts`],
    excludeFiles: ["**/*.test.ts"],
    rules: { "no-restricted-imports": restriction(patternsFor(folder, rank)) },
  })),
);

/** So a room's block repeats what holds for all of src/edge. */
const edgePatterns = patternsFor(
  "edge",
  LAYERS.findIndex((row) => row.includes("edge")),
);
const roomOverrides = EDGE_ROOMS.flatMap((row, rank) =>
  row.map((room) => ({
    files: [`src/edge/${room}/**/*.ts`],
    excludeFiles: ["**/*.test.ts"],
    rules: { "no-restricted-imports": restriction([...edgePatterns, ...roomPatterns(room, rank)]) },
  })),
);

export const layerOverrides = [...folderOverrides, ...roomOverrides];
