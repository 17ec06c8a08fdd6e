// A name server made small: UDP on loopback, and a table of what it answers. It counts what it is asked.

import { createSocket } from "node:dgram";

/** Addresses of either family with one TTL; a status; or nothing at all. */
export type NameAnswer =
  | { readonly addresses: readonly string[]; readonly ttl: number }
  | "NXDOMAIN"
  | "SERVFAIL"
  | "REFUSED"
  | "garbage"
  | "silence";

export interface NameServer extends AsyncDisposable {
  /** As the edge's setting takes it. */
  readonly address: string;
  /** `A name` or `AAAA name`, in order of arrival. */
  readonly asked: readonly string[];
  answer(name: string, answer: NameAnswer): void;
}

const CODES = { NXDOMAIN: 3, SERVFAIL: 2, REFUSED: 5 } as const;
const A = 1;
const AAAA = 28;

/** Names without a row do not exist. */
export async function openNameServer(rows: Readonly<Record<string, NameAnswer>> = {}): Promise<NameServer> {
  const answers = new Map(Object.entries(rows));
  const asked: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (query, peer) => {
    const { name, type, end } = readQuestion(query);
    asked.push(`${type === A ? "A" : type === AAAA ? "AAAA" : type} ${name}`);
    const answer = answers.get(name) ?? "NXDOMAIN";
    if (answer === "silence") return;
    socket.send(
      answer === "garbage" ? Buffer.from("garbage") : formatAnswer(query, type, end, answer),
      peer.port,
      peer.address,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    answer: (name, answer) => void answers.set(name, answer),
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function formatAnswer(
  query: Buffer,
  type: number,
  end: number,
  answer: Exclude<NameAnswer, "silence" | "garbage">,
): Buffer {
  const addresses =
    typeof answer === "string" ? [] : answer.addresses.filter((text) => text.includes(":") === (type === AAAA));
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | (typeof answer === "string" ? CODES[answer] : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  const records = addresses.map((address) => {
    const data = addressBytes(address);
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(typeof answer === "string" ? 0 : answer.ttl, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([head, query.subarray(12, end), ...records]);
}

function addressBytes(address: string): Buffer {
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number));
  const [front = "", back] = address.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const tail = back === undefined ? [] : groups(back);
  const zeros = back === undefined ? 0 : 8 - groups(front).length - tail.length;
  const all = [...groups(front), ...Array.from({ length: zeros }, () => "0"), ...tail];
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
}
