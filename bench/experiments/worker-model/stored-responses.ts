// What it costs to have a stored response in hand that another worker wrote: from this worker's memory, from memory shared
// between threads, and from the page cache in several ways; further what a miss, an admission and a claim by file cost.
// Every way ends with head and body in a buffer of the reader's.
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nextMessage, startWorker } from "./workers.ts";

const roundMs = 400;
const scratch = Buffer.allocUnsafeSlow(2 << 20);

type Way = (path: string) => unknown;

/** Microseconds per call of the quicker of two rounds, after a warm-up. Asynchronous ways run `atOnce` side by side. */
async function measureWay(way: Way, paths: readonly string[], atOnce: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    let calls = 0;
    const begun = performance.now();
    const lane = async (): Promise<void> => {
      while (performance.now() - begun < roundMs) {
        const pending = way(paths[calls++ % paths.length] ?? "");
        if (pending instanceof Promise) await pending;
        else for (let more = 1; more < 16; more++) way(paths[calls++ % paths.length] ?? "");
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
    if (round > 0) best = Math.min(best, ((performance.now() - begun) * 1000) / calls);
  }
  return best;
}

function readSync(path: string): void {
  const file = fs.openSync(path, "r");
  fs.readSync(file, scratch, 0, scratch.length, 0);
  fs.closeSync(file);
}

async function readByPromises(path: string): Promise<void> {
  const file = await fs.promises.open(path, "r");
  await file.read(scratch, 0, scratch.length, 0);
  await file.close();
}

const readOpenFile = (file: number): Promise<void> =>
  new Promise((resolve) => fs.read(file, scratch, 0, scratch.length, 0, () => resolve()));

function readByCallbacks(path: string): Promise<void> {
  return new Promise((resolve) =>
    fs.open(path, "r", (_failed, file) =>
      fs.read(file, scratch, 0, scratch.length, 0, () => fs.close(file, () => resolve())),
    ),
  );
}

/** One row per way; columns are the sizes of body. */
export async function measureStoredResponses(): Promise<Record<string, string | number>[]> {
  const folder = fs.mkdtempSync(join(tmpdir(), "worker-model-"));
  const writer = startWorker("process", { id: 0, writesTo: folder });
  await nextMessage(writer, "written");
  await writer.stop();
  let serial = 0;
  const admit = async (bytes: Buffer): Promise<void> => {
    const unfinished = join(folder, `unfinished-${serial++}`);
    await fs.promises.writeFile(unfinished, bytes, { flag: "wx" });
    await fs.promises.rename(unfinished, join(folder, `admitted-${serial % 50}`));
  };
  const rows = new Map<string, Record<string, string>>();
  for (const size of ["1", "32", "1024"]) {
    const paths = fs.readdirSync(join(folder, size)).map((name) => join(folder, size, name));
    const own = new Map(paths.map((path) => [path, fs.readFileSync(path)]));
    const shared = new Map(
      [...own].map(([path, bytes]) => {
        const copy = new Uint8Array(new SharedArrayBuffer(bytes.length + 8));
        copy.set(bytes, 8);
        return [path, { guard: new Int32Array(copy.buffer, 0, 1), bytes: copy.subarray(8) }];
      }),
    );
    const opened = new Map(paths.map((path) => [path, fs.openSync(path, "r")]));
    const WAYS: readonly (readonly [name: string, atOnce: number, way: Way])[] = [
      ["own memory, copied", 1, (path) => scratch.set(own.get(path)!)],
      [
        "shared memory, guarded, copied",
        1,
        (path) => {
          const { guard, bytes } = shared.get(path)!;
          Atomics.load(guard, 0);
          scratch.set(bytes);
          Atomics.load(guard, 0);
        },
      ],
      ["file kept open, sync", 1, (path) => void fs.readSync(opened.get(path)!, scratch, 0, scratch.length, 0)],
      ["file, sync open+read+close", 1, readSync],
      ["file kept open, callback", 1, (path) => readOpenFile(opened.get(path)!)],
      ["file kept open, callback, 16 at once", 16, (path) => readOpenFile(opened.get(path)!)],
      ["file, callbacks open+read+close", 1, readByCallbacks],
      ["the same, 16 at once", 16, readByCallbacks],
      ["file, promises open+read+close", 1, readByPromises],
      ["absent file, sync stat", 1, (path) => void fs.statSync(`${path}-absent`, { throwIfNoEntry: false })],
      [
        "claim by file, sync create+remove",
        1,
        (path) => {
          fs.closeSync(fs.openSync(`${path}-claim`, "wx"));
          fs.unlinkSync(`${path}-claim`);
        },
      ],
      ["admission: write aside, rename", 1, (path) => admit(own.get(path)!)],
    ];
    for (const [name, atOnce, way] of WAYS) {
      const microseconds = await measureWay(way, paths, atOnce);
      rows.set(name, { ...rows.get(name), [`${size} KB µs`]: microseconds.toFixed(microseconds < 10 ? 2 : 0) });
    }
    for (const file of opened.values()) fs.closeSync(file);
  }
  fs.rmSync(folder, { recursive: true });
  return [...rows].map(([name, figures]) => ({ case: name, ...figures }));
}
