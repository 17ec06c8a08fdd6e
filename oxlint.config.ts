import { defineConfig } from "oxlint";
import { layerOverrides } from "./lint-layers.ts";

export default defineConfig({
  plugins: ["typescript", "unicorn", "oxc", "import", "promise", "node"],
  categories: { correctness: "error", suspicious: "error" },
  options: { typeAware: true },
  ignorePatterns: ["node_modules/**", "bin/**", "console/dist/**"],
  rules: {
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/consistent-type-imports": "error",
    "import/no-cycle": "error",
    eqeqeq: "error",
    "prefer-const": "error",
    "no-var": "error",
    // Bytes are dealt with one at a time, in order: these two would forbid what a codec is made of.
    "no-await-in-loop": "off",
    // A switch over a union returns in each case; TypeScript sees a case that was forgotten.
    "consistent-return": "off",
    "typescript/consistent-return": "off",
    "no-control-regex": "off",
    // A test's promise is node:test's own business.
    "typescript/require-await": "off",
    // It is about windows of a browser; messages here go from port to port.
    "unicorn/require-post-message-target-origin": "off",
    "no-underscore-dangle": "off",
    "no-shadow": "off",
    "unicorn/no-array-sort": "off",
    "typescript/no-unsafe-type-assertion": "off",
    "typescript/no-unnecessary-type-parameters": "off",
    "unicorn/consistent-function-scoping": "off",
  },
  overrides: [
    ...layerOverrides,
    {
      files: ["**/*.test.ts", "bench/**", "test/**"],
      rules: { "typescript/no-floating-promises": "off", "typescript/no-non-null-assertion": "off" },
    },
  ],
});
