// The console's files as they were built (tools/build-console.ts), read into memory when somebody first asks and again after they were
// built anew. Every path that is no file is the page: the console finds its way by paths itself. Without a built console
// its address says how to come by one.

import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ApiField, ApiRequest, ApiResponse } from "../../callers/message.ts";
import { parseAcceptEncoding, weightOfCoding } from "../../http/accept-encoding.ts";
import { combineField } from "../../http/field-list.ts";

const BUILT = fileURLToPath(new URL("../../../console/dist", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Best first, with how files that were compressed so end. */
const CODINGS = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const;

export interface ConsoleFiles {
  /** Answers GET and HEAD. */
  answer(request: Pick<ApiRequest, "rawPath" | "fields">): Promise<ApiResponse>;
}

type Files = ReadonlyMap<string, Uint8Array>;

export function openConsoleFiles(folder: string = BUILT): ConsoleFiles {
  let read: Promise<Files> | undefined;
  let readAtMs: number | undefined;

  /** A build puts a whole new folder in place, so the page's time tells. */
  async function files(): Promise<Files | undefined> {
    const builtAtMs = await stat(join(folder, "index.html")).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
    if (builtAtMs === undefined) return undefined;
    if (read === undefined || readAtMs !== builtAtMs) {
      readAtMs = builtAtMs;
      read = readFiles(folder);
    }
    return read;
  }

  return {
    async answer({ rawPath, fields }) {
      const known = await files().catch(() => undefined);
      if (known === undefined) return notBuilt(rawPath);
      const isFile = /^\/(?:assets\/[\w.-]+|[\w-]+\.\w+)$/.test(rawPath);
      const path = isFile ? rawPath : "/index.html";
      const bytes = known.get(path);
      if (bytes === undefined) return { status: 404, fields: [["Content-Type", "text/plain"]], body: "no such file\n" };
      return answerFile(path, bytes, known, combineField(fields, "accept-encoding") ?? "");
    },
  };
}

async function readFiles(folder: string): Promise<Files> {
  const files = new Map<string, Uint8Array>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length).replaceAll("\\", "/"), await readFile(path));
  }
  return files;
}

function answerFile(path: string, bytes: Uint8Array, files: Files, accepted: string): ApiResponse {
  // The names of built files carry a digest of what is in them.
  const isForever = path.startsWith("/assets/");
  const fields: ApiField[] = [
    ["Content-Type", TYPES[extname(path)] ?? "application/octet-stream"],
    ["Cache-Control", isForever ? "public, max-age=31536000, immutable" : "no-cache"],
    ["Vary", "Accept-Encoding"],
  ];
  const weights = parseAcceptEncoding(accepted);
  for (const [coding, ending] of CODINGS) {
    const coded = files.get(path + ending);
    if (coded === undefined || (weightOfCoding(weights, coding) ?? 0) === 0) continue;
    return { status: 200, fields: [...fields, ["Content-Encoding", coding]], body: "", bytes: coded };
  }
  return { status: 200, fields, body: "", bytes };
}

function notBuilt(rawPath: string): ApiResponse {
  if (rawPath.startsWith("/assets/"))
    return { status: 404, fields: [["Content-Type", "text/plain"]], body: "no such file\n" };
  const body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Warmfront: the console is not built</title>
<h1>The console is not built</h1>
<p>The server runs; only its web console is missing. In the project's folder, run <code>node bin/run.js tools/build-console.ts</code>
and load this page again. <code>npm start</code> does so by itself wherever it can: what it said about it is in the terminal.
</html>
`;
  return { status: 503, fields: [["Content-Type", "text/html; charset=utf-8"]], body };
}
