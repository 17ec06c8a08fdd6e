// The viewers: raw sockets over keep-alive, and the one answer that they expect, whose length never varies, so that
// counting bytes counts answers.
import { connect } from "node:net";
import type { Socket } from "node:net";

/** The bytes of one hit: 1 KB of body, and in the head who answered. */
export function formatAnswer(id: number): Buffer {
  const name = String(id).padStart(4, "0");
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Length: 1024\r\nX-Cache: Hit from cloudfront\r\nX-Worker: ${name}\r\n\r\n${"x".repeat(1024)}`,
  );
}

const answerBytes = formatAnswer(0).length;
/** A request for a way to die, or for the hit. */
export const formatRequest = (path = "/"): string =>
  `GET ${path} HTTP/1.1\r\nHost: d111.cloudfront.net\r\nUser-Agent: load\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nCookie: session=1\r\n\r\n`;

export async function openSockets(port: number, count: number): Promise<Socket[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
      return socket;
    }),
  );
}

/** As many answers as can be had: each connection asks again as soon as it is answered. Answers per second. */
export async function measureThroughput(port: number, seconds: number): Promise<number> {
  const sockets = await openSockets(port, 64);
  const request = Buffer.from(formatRequest());
  let received = 0;
  for (const socket of sockets) {
    let pending = answerBytes;
    socket.on("data", (chunk) => {
      received += chunk.length;
      pending -= chunk.length;
      if (pending > 0) return;
      pending += answerBytes;
      socket.write(request);
    });
    socket.write(request);
  }
  const begun = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  for (const socket of sockets) socket.destroy();
  return received / answerBytes / ((performance.now() - begun) / 1000);
}

/** Requests at a steady pace whether or not earlier ones were answered, so that a stall is felt by all that fall into it. Milliseconds, ascending. */
export async function measureLatency(port: number, perMillisecond: number, seconds: number): Promise<number[]> {
  const sockets = await openSockets(port, 32);
  const latencies: number[] = [];
  const senders = sockets.map((socket) => {
    const sentAt: number[] = [];
    let received = 0;
    socket.on("data", (chunk) => {
      received += chunk.length;
      for (; received >= answerBytes; received -= answerBytes)
        latencies.push(performance.now() - (sentAt.shift() ?? Number.NaN));
    });
    return () => {
      sentAt.push(performance.now());
      socket.write(formatRequest());
    };
  });
  let turn = 0;
  const ticks = setInterval(() => {
    for (let sent = 0; sent < perMillisecond; sent++) senders[turn++ % senders.length]?.();
  }, 1);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  clearInterval(ticks);
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (const socket of sockets) socket.destroy();
  return latencies.sort((left, right) => left - right);
}

/** The value below which that share of an ascending list lies. */
export function percentile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;
}
