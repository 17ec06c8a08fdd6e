// Reads the framing `aws-chunked`, in which S3's clients send bodies that they sign piece by piece or sum up at the end:
// bytes in, events out, no promise and no digest. Surprises: it lies inside of HTTP's own framing, so lengths are told three
// times over, and lines of the trailer may end without a carriage return. [S3API sigv4-streaming]

export type ChunkEvent =
  /** A chunk begins; the last one has no bytes. */
  | { readonly kind: "chunk"; readonly bytes: number; readonly signature: string | undefined }
  /** Bytes of the chunk that began last: a view of what was pushed. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "trailer"; readonly name: string; readonly value: string }
  /** All is there; nothing may follow. */
  | { readonly kind: "end" }
  /** Nothing more can be read of it. */
  | { readonly kind: "malformed"; readonly why: string };

export interface ChunkReader {
  /** In order; after `end` or `malformed` there is nothing more than `malformed`. */
  push(input: Uint8Array): readonly ChunkEvent[];
}

export interface ChunkReaderOptions {
  /** Each chunk carries a signature, or none does. */
  readonly isSigned: boolean;
  /** Of one line: a chunk's head or a line of the trailer. */
  readonly lineBytesMax: number;
  readonly trailersMax: number;
}

/** No object is longer than 5 TB, which has 11 digits. */
const HEAD = /^([0-9A-Fa-f]{1,11})(?:;chunk-signature=([0-9a-f]{64}))?$/;
/** A token and a text without control characters [RFC 9110 §5.1, §5.5], where white space around the value is not part of it. */
const TRAILER = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([\x20-\x7e]*?)[ \t]*$/;

const LF = 0x0a;
const CR = 0x0d;

type Awaited = "head" | "bytes" | "after-bytes" | "trailer" | "end" | "malformed";

export function openChunkReader({ isSigned, lineBytesMax, trailersMax }: ChunkReaderOptions): ChunkReader {
  let awaited: Awaited = "head";
  /** Bytes of the chunk that are yet to come. */
  let left = 0;
  /** A line that is not whole yet, its carriage return included. */
  let line = "";
  let trailers = 0;

  function refuse(why: string): ChunkEvent {
    awaited = "malformed";
    return { kind: "malformed", why };
  }

  function readHead(text: string): ChunkEvent {
    const [, size = "", signature] = HEAD.exec(text) ?? [];
    if (size === "") return refuse("the head of a chunk is not a size in hexadecimal digits and its signature");
    if (isSigned !== (signature !== undefined)) {
      return refuse(isSigned ? "a chunk has no signature" : "a chunk has a signature where none is expected");
    }
    left = parseInt(size, 16);
    awaited = left === 0 ? "trailer" : "bytes";
    return { kind: "chunk", bytes: left, signature };
  }

  function readTrailer(text: string): ChunkEvent {
    if (text === "") {
      awaited = "end";
      return { kind: "end" };
    }
    if (++trailers > trailersMax) return refuse(`the trailer has more than ${trailersMax} lines`);
    const [, name, value = ""] = TRAILER.exec(text) ?? [];
    if (name === undefined) return refuse("a line of the trailer is not a name, a colon and a value");
    return { kind: "trailer", name: name.toLowerCase(), value };
  }

  function readLine(): ChunkEvent | undefined {
    const hasReturn = line.endsWith("\r");
    const text = hasReturn ? line.slice(0, -1) : line;
    line = "";
    if (awaited === "trailer") return readTrailer(text);
    if (!hasReturn) return refuse("a line ends without a carriage return");
    if (awaited === "head") return readHead(text);
    if (text !== "") return refuse("a chunk is longer than its head says");
    awaited = "head";
    return undefined;
  }

  return {
    push(input) {
      const events: ChunkEvent[] = [];
      let at = 0;
      while (at < input.length) {
        if (awaited === "malformed") {
          events.push(refuse("the body was malformed before"));
          return events;
        }
        if (awaited === "end") {
          // Some clients end the trailer with one line end more than there should be.
          if (input.length - at > 2 || input.subarray(at).some((byte) => byte !== CR && byte !== LF)) {
            events.push(refuse("there are bytes after the last chunk"));
          }
          return events;
        }
        if (awaited === "bytes") {
          const bytes = input.subarray(at, at + left);
          events.push({ kind: "bytes", bytes });
          at += bytes.length;
          left -= bytes.length;
          if (left === 0) awaited = "after-bytes";
          continue;
        }
        const end = input.indexOf(LF, at);
        const piece = input.subarray(at, end < 0 ? input.length : end);
        if (line.length + piece.length > lineBytesMax) {
          events.push(refuse(`a line is longer than ${lineBytesMax} bytes`));
          return events;
        }
        for (const byte of piece) line += String.fromCharCode(byte);
        if (end < 0) return events;
        at = end + 1;
        const event = readLine();
        if (event !== undefined) events.push(event);
      }
      return events;
    },
  };
}
