// `warmfront/testing`: the kit from the sources in a clone, from what was built of them in a package.

import { existsSync } from "node:fs";

const sources = new URL("../src/testing/start-warmfront.ts", import.meta.url);
const built = new URL("../dist/testing/start-warmfront.js", import.meta.url);

export const { startWarmfront } = await import((existsSync(sources) ? sources : built).href);
