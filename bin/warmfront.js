#!/usr/bin/env node
// The command `warmfront`, for those who have it on their PATH: the same as `npm run warmfront --`.
process.argv.splice(2, 0, "src/cli/main.ts");
await import("./run.js");
