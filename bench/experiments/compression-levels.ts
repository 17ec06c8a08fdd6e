// Which level the edge should compress with: size and processor time of each, over texts that the repository has at hand.
// Run alone: node bench/experiments/compression-levels.ts. Read for decision 0012.

import { globSync, readFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** Of a page, a style sheet and so on it has none; what counts for a level is prose, code and tables. */
const TEXTS = [
  ["prose", ["docs/compatibility.md"]],
  ["script", ["src/edge/transport/http1/http1-request-reader.ts"]],
  ["JSON", ["src/model/api-tables.json"]],
  ["long script", globSync("{src,test}/**/*.ts").toSorted()],
] as const;
const REPEATS_MS = 300;

const CODERS: readonly (readonly [name: string, encode: (text: Buffer) => Buffer])[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 9].map(
    (level) => [`gzip ${level}`, (text: Buffer) => gzipSync(text, { level, chunkSize: 65_536 })] as const,
  ),
  ...[1, 2, 3, 4, 5, 6, 9].map((quality) => {
    const params = { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_LGWIN]: 18 };
    return [`br ${quality}`, (text: Buffer) => brotliCompressSync(text, { params, chunkSize: 65_536 })] as const;
  }),
];

for (const [kind, paths] of TEXTS) {
  const text = Buffer.concat(paths.map((path) => readFileSync(path))).subarray(0, 10_000_000);
  console.log(`${kind}, ${text.length} bytes`);
  for (const [name, encode] of CODERS) {
    const from = process.cpuUsage();
    let [rounds, size, micros] = [0, 0, 0];
    while (micros < REPEATS_MS * 1000) {
      size = encode(text).length;
      rounds++;
      const { user, system } = process.cpuUsage(from);
      micros = user + system;
    }
    const perRound = micros / rounds;
    const share = ((100 * size) / text.length).toFixed(1).padStart(5);
    const speed = (text.length / perRound).toFixed(1).padStart(6);
    console.log(`  ${name.padEnd(7)} ${share} %  ${speed} MB/s  ${(perRound / 1000).toFixed(2)} ms`);
  }
}
