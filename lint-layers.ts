// The layers of src/ and the rooms of src/edge and src/buckets as data, and the lint rules made from them: imports go down
// only. Proved on planted violations in test/tidy/layers.test.ts. A layer's name is not reused for an inner folder.

export const LAYERS: readonly (readonly string[])[] = [
  ["vocabulary"],
  ["http", "wire"],
  ["model"],
  ["store"],
  ["callers"],
  ["control", "edge", "buckets"],
  ["service"],
  ["cli", "testing"],
];

/**
 * The rooms of src/edge, in the same way: a room imports those of the rows above it. The files beside them are either
 * words that all rooms share (exchange.ts, edge-parts.ts and the like) or put the rooms together.
 */
export const EDGE_ROOMS: readonly (readonly string[])[] = [
  ["overload"],
  ["transport"],
  ["config"],
  // What an origin answered and what the edge made of it are one subject in two rooms.
  ["viewer-request", "origin-request", "origin-response"],
  ["storage"],
  ["viewer-response"],
  ["record"],
  ["cache"],
  ["peers"],
  ["explain"],
  ["watch"],
];

/** Files of src/edge that put the rooms together: no room imports them. */
const EDGE_TOP = [
  "edge",
  "edge-settings",
  "apply-change",
  "serve",
  "pass-through",
  "replace-error-page",
  "transport-log",
];

/** The rooms of src/buckets. The files beside them are the words that all share (operation.ts, message.ts, xml.ts and the like). */
export const BUCKET_ROOMS: readonly (readonly string[])[] = [
  ["access", "files"],
  ["signatures", "settings"],
  ["objects"],
  ["operations"],
  ["website"],
];

/** Files of src/buckets that put the rooms together. */
const BUCKETS_TOP = [
  "serve-buckets",
  "operations",
  "bucket-operations",
  "object-operations",
  "setting-operations",
  "cross-origin",
  "explain-access",
  "put-file",
];

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

/** A folder of src/ that is divided into rooms. */
interface House {
  readonly folder: string;
  readonly rooms: readonly (readonly string[])[];
  /** What puts the rooms together, and what no room imports therefore. */
  readonly top: readonly string[];
}

const HOUSES: readonly House[] = [
  { folder: "edge", rooms: EDGE_ROOMS, top: EDGE_TOP },
  { folder: "buckets", rooms: BUCKET_ROOMS, top: BUCKETS_TOP },
];

function roomPatterns({ folder, rooms, top }: House, room: string, rank: number): RestrictedPattern[] {
  const others = rooms
    .slice(rank)
    .flat()
    .filter((other) => other !== room && !(NEIGHBORS.includes(room) && NEIGHBORS.includes(other)));
  return [
    ...others.map((other) => ({
      group: [`**/${other}/**`],
      message: `src/${folder}/${room} may not import src/${folder}/${other}: rooms import those of the rows above them only.`,
    })),
    ...top.map((name) => ({
      group: [`../${name}.ts`, `../../${name}.ts`],
      message: `src/${folder}/${name}.ts puts the rooms together; no room imports it.`,
    })),
  ];
}

/** One block per folder. All patterns of a folder stand in one array: a second block would replace the first. */
const folderOverrides = LAYERS.flatMap((row, rank) =>
  row.map((folder) => ({
    files: [`src/${folder}/**/*.ts`],
    excludeFiles: ["**/*.test.ts"],
    rules: { "no-restricted-imports": restriction(patternsFor(folder, rank)) },
  })),
);

/** A room's block repeats what holds for all of its folder. */
const roomOverrides = HOUSES.flatMap((house) => {
  const { folder } = house;
  const ofFolder = patternsFor(
    folder,
    LAYERS.findIndex((row) => row.includes(folder)),
  );
  return house.rooms.flatMap((row, rank) =>
    row.map((room) => ({
      files: [`src/${folder}/${room}/**/*.ts`],
      excludeFiles: ["**/*.test.ts"],
      rules: { "no-restricted-imports": restriction([...ofFolder, ...roomPatterns(house, room, rank)]) },
    })),
  );
});

export const layerOverrides = [...folderOverrides, ...roomOverrides];
