// Answers from prepared bytes over raw sockets, so that the origin costs as little as one can and is never what is measured.

import { createServer, type AddressInfo } from "node:net";
import { SIZES } from "./origin.ts";
import { tellPort } from "../support/bench-program.ts";

function prepare(bytes: number, cacheControl: string): Buffer {
  return Buffer.concat([
    Buffer.from(
      `HTTP/1.1 200 OK\r\nServer: bench\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: text/plain\r\n` +
        `Content-Length: ${bytes}\r\nCache-Control: ${cacheControl}\r\nETag: "${bytes}"\r\n` +
        `Last-Modified: Sat, 01 Aug 2026 00:00:00 GMT\r\nConnection: keep-alive\r\n\r\n`,
    ),
    Buffer.alloc(bytes, "x"),
  ]);
}

const answers = new Map<string, Buffer>();
for (const [name, bytes] of Object.entries(SIZES)) {
  answers.set(`/${name}`, prepare(bytes, "max-age=86400"));
  answers.set(`/nc/${name}`, prepare(bytes, "no-store"));
}
const unique = prepare(SIZES["1k"], "max-age=86400");
const absent = Buffer.from("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");

const server = createServer({ noDelay: true }, (socket) => {
  let pending = "";
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    pending += chunk.toString("latin1");
    for (let end = pending.indexOf("\r\n\r\n"); end >= 0; end = pending.indexOf("\r\n\r\n")) {
      const path = pending.slice(4, pending.indexOf(" ", 4));
      pending = pending.slice(end + 4);
      socket.write(path.startsWith("/u/") ? unique : (answers.get(path) ?? absent));
    }
  });
});
server.listen(0, "127.0.0.1", () => tellPort((server.address() as AddressInfo).port));
