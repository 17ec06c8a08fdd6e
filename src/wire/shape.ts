// What a value looks like on the wire, as data: one description serves reading and writing. Knows no resource of
// CloudFront; the tables in model/ are made of these rows. Source: the published service models [CFMODEL].

export type Shape = StructureShape | ListShape | ScalarShape;

export interface StructureShape {
  readonly type: "structure";
  /** In the order in which they are written. */
  readonly members: readonly MemberShape[];
}

export interface MemberShape {
  /** Name in documents and, unless `xmlName` says otherwise, of the element. */
  readonly name: string;
  /** Name of the member's shape in the same set of shapes. */
  readonly shape: string;
  readonly required?: true;
  readonly xmlName?: string;
}

/** Never flattened: `<Items><item/>…</Items>`. */
export interface ListShape {
  readonly type: "list";
  /** Name of each element. */
  readonly item: string;
  /** Name of the elements' shape. */
  readonly of: string;
}

export interface ScalarShape {
  readonly type: "string" | "integer" | "long" | "boolean" | "timestamp" | "float" | "blob";
  /** Values allowed; absent means any. Only on strings. */
  readonly enum?: readonly string[];
}

/** Finds a shape by name. Every name that a set uses, it holds. */
export type ShapeSet = (name: string) => Shape;

/** A value that a shape describes: timestamps are EpochMs numbers, blobs base64 text, an absent member is not there. */
export type WireValue = string | number | boolean | WireDocument | readonly WireValue[];
export interface WireDocument {
  readonly [member: string]: WireValue | undefined;
}

/** One value that travels with a request or response, and where. */
export interface Binding {
  readonly member: string;
  readonly shape: string;
  /** `payload`: the document itself, `name` being its root element; `body`: one member of a document that has the operation's own root. */
  readonly in: "uri" | "query" | "header" | "payload" | "body";
  /** Placeholder, parameter, field name or element name. */
  readonly name: string;
  readonly required?: true;
}

export interface OperationShape {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Without the API version; placeholders in braces: `/distribution/{Id}/config`. */
  readonly path: string;
  /** Query parameters that select the operation: `["WithTags", ""]` wants presence, `["Operation", "Tag"]` the value. */
  readonly selectedBy?: readonly (readonly [name: string, value: string])[];
  /** Status of success. */
  readonly status: number;
  readonly input: readonly Binding[];
  /** Root element of the request where `input` has `body` bindings. */
  readonly inputRoot?: string;
  readonly output: readonly Binding[];
  readonly outputRoot?: string;
  /** Codes that the published model lists for it. */
  readonly errors: readonly string[];
}
