// The line before a chunk, as far as both ends of us read it alike [RFC 9112 §7.1]: extensions are read over, as they must be, and are held
// against their grammar, because what one reader takes for an extension another may take for a size.

/** A line with extensions has an end, too [RFC 9112 §7.1.1]; with its line break. */
export const CHUNK_LINE_BYTES_MAX = 256;

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[\\t !#-[\\]-~]|\\\\[\\t -~])*"';

/** Matches the line without its break. `size` is the pattern of the size, with the one group that takes its digits. */
export function chunkLine(size: string): RegExp {
  return new RegExp(`^${size}(?:;${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?)*$`);
}
