// The body of every refusal of the management API. Clients take the code from it and nothing else, so an error without
// this body is an unknown error to them.

import { escapeText, XML_DECLARATION } from "./xml-writer.ts";

/** What an error says, and in which version's namespace. */
export interface ErrorDocument {
  readonly namespace: string;
  /** Sender for a 4xx status, Receiver for a 5xx. */
  readonly type: "Sender" | "Receiver";
  readonly code: string;
  readonly message: string;
  /** The same as in the response's `x-amzn-RequestId`. */
  readonly requestId: string;
}

/** The envelope, byte for byte as the real service writes it (observed). */
export function writeError({ namespace, type, code, message, requestId }: ErrorDocument): string {
  return (
    `${XML_DECLARATION}<ErrorResponse xmlns="${namespace}"><Error><Type>${type}</Type><Code>${escapeText(code)}</Code>` +
    `<Message>${escapeText(message)}</Message></Error><RequestId>${escapeText(requestId)}</RequestId></ErrorResponse>`
  );
}
