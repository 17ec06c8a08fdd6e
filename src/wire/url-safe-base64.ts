// The base64 of signed URLs and cookies: MIME base64 with the three characters that a query cannot carry replaced, `+` by
// `-`, `=` by `_` and `/` by `~`. It is not the base64url of the RFCs, whose `_` stands for another character.
// [CFDG private-content-linux-openssl]

const FROM_URL_SAFE: Readonly<Record<string, string>> = { "-": "+", "~": "/" };
const TO_URL_SAFE: Readonly<Record<string, string>> = { "+": "-", "/": "~", "=": "_" };

export function encodeUrlSafe(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("base64")
    .replace(/[+/=]/g, (character) => TO_URL_SAFE[character] ?? "");
}

/**
 * `undefined`: it is none, or not the one text that these bytes have. Padding may be left out, as some signers do; unused bits
 * must be 0, so that no two texts of one length stand for the same signature.
 */
export function decodeUrlSafe(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9~-]+_{0,2}$/.test(text)) return undefined;
  const unpadded = text.replace(/_+$/, "");
  if (unpadded.length !== text.length && text.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(
    unpadded.replace(/[~-]/g, (character) => FROM_URL_SAFE[character] ?? ""),
    "base64",
  );
  return encodeUrlSafe(bytes).replace(/_+$/, "") === unpadded ? bytes : undefined;
}
