// How the page asks its server: JSON over the console's own paths, and the operations of the management API by their names. A field
// that only this page sends tells its requests from those of other sites.

/** What the server refused, in its words. */
export class Refusal extends Error {
  readonly code: string;
  readonly status: number;
  constructor(message: string, code: string, status: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

let onSignedOut = (): void => undefined;

/** The server does not know the session, or no longer. */
export function whenSignedOut(tell: () => void): void {
  onSignedOut = tell;
}

/** Rejects with a `Refusal`; `code` is `Unreachable` when nothing has answered. */
export async function ask<Answer>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(`/_warmfront/${path}`, {
      method,
      headers: { "X-Warmfront-Console": "1", ...(body !== undefined && { "Content-Type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new Refusal("The server does not answer. Is it running?", "Unreachable", 0);
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer as Answer;
  throw refusalOf(response, answer);
}

/** What the server's answer says, of which `answer` is the JSON. Whoever is signed out by it is told. */
export function refusalOf(response: Response, answer: unknown): Refusal {
  const { error, code } = (answer ?? {}) as { error?: string; code?: string };
  if (response.status === 401) onSignedOut();
  return new Refusal(error ?? `The server answered ${response.status}.`, code ?? "Unknown", response.status);
}

/** Members as the SDKs name them, lists in `Items`. Each page says what it expects of which operation. */
export type Document = Readonly<Record<string, unknown>>;

/** Carries out an operation of the management API: input and output have its members. */
export async function call<Output = Document>(operation: string, input: Document = {}): Promise<Output> {
  const { output } = await ask<{ output: Output }>("POST", `console/call/${operation}`, input);
  return output;
}

/** Asks what is no operation: a row of the server's table of questions. */
export function question<Answer>(name: string, asked: Document): Promise<Answer> {
  return ask<Answer>("POST", `console/${name}`, asked);
}

/** All items of a list, page by page; `root` is the member that the pages are. */
export async function listAll<Item>(operation: string, root: string, input: Document = {}): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let marker = ""; ;) {
    const output = await call(operation, { ...input, MaxItems: "100", ...(marker !== "" && { Marker: marker }) });
    const page = output[root] as { Items?: readonly Item[]; NextMarker?: string } | undefined;
    items.push(...(page?.Items ?? []));
    marker = page?.NextMarker ?? "";
    if (marker === "" || items.length >= LISTED_MAX) return items;
  }
}

/** Who has more of them looks for one by the command line. */
const LISTED_MAX = 5000;

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
