// How the console becomes files that a browser reads: tools/build-console.ts asks for it and compresses what comes out.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// Vite wants its configuration as the default export.
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  logLevel: "warn",
  build: {
    target: "es2024",
    assetsInlineLimit: 0,
    // It would be a script in the page, which the page's policy forbids; and every browser of that target does it itself.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
