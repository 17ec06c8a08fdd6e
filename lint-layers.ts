// The layers of src/ as data, and the lint rules made from them: imports go down only. Proved on planted violations in
// test/tidy/layers.test.ts. A folder's name here is not reused for an inner folder.

export const LAYERS: readonly (readonly string[])[] = [
  ["vocabulary"],
  ["http", "wire"],
  ["model"],
  ["store"],
  ["control", "edge"],
  ["service"],
  ["cli"],
];

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

/** One block per folder. All patterns of a folder stand in one array: a second block would replace the first. */
export const layerOverrides = LAYERS.flatMap((row, rank) =>
  row.map((folder) => ({
    files: [`src/${folder}/**/*.ts`],
    excludeFiles: ["**/*.test.ts"],
    rules: { "no-restricted-imports": restriction(patternsFor(folder, rank)) },
  })),
);
