// What may be asked of another store with the operator's keys. They usually open everything there, and no bucket policy of ours
// stands before it: so only what reads, writes or deletes one object is signed. All else is asked in nobody's name.

import { decodeComponent, type SignableRequest } from "../../wire/canonical-request.ts";

/** Anything else is about a bucket, a copy or an upload in parts. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE"]);

/** Of an upload: what belongs to the object's own bytes and description. Grants, locks, tags and the like are more. */
const OBJECT_FIELDS =
  /^x-amz-(?:cf-id|checksum-[a-z0-9-]+|content-sha256|date|decoded-content-length|meta-.*|sdk-checksum-algorithm|security-token|server-side-encryption(?:-.*)?|storage-class|trailer)$/;

/** Parameters that make another request of it, as far as S3 has ever had them. [S3API API_Operations_Amazon_Simple_Storage_Service] */
const OTHER_REQUESTS: ReadonlySet<string> = new Set([
  "accelerate",
  "acl",
  "analytics",
  "attributes",
  "cors",
  "delete",
  "encryption",
  "intelligent-tiering",
  "inventory",
  "legal-hold",
  "lifecycle",
  "list-type",
  "location",
  "logging",
  "metadataconfiguration",
  "metadatatable",
  "metrics",
  "notification",
  "object-lock",
  "ownershipcontrols",
  "policy",
  "policystatus",
  "publicaccessblock",
  "renameobject",
  "replication",
  "requestpayment",
  "restore",
  "retention",
  "select",
  "session",
  "tagging",
  "torrent",
  "uploadid",
  "uploads",
  "versionid",
  "versioning",
  "versions",
  "website",
]);

/** The only ones that go along; S3 knows no others for an object, and a store may. */
const KNOWN_PARAMETERS: ReadonlySet<string> = new Set(["partnumber", "x-id"]);

export function whyBeyondObject({
  method,
  path,
  query,
  fields,
}: {
  readonly method: string;
  readonly path: string;
  readonly query: string | undefined;
  readonly fields: SignableRequest["fields"];
}): string | undefined {
  if (!METHODS.has(method)) return `${method} is not GET, HEAD, PUT or DELETE`;
  if (/^\/*$/.test(path)) return "the request names no object";
  // Whatever stands before the store may tidy the path up, and find another bucket in it, or what lies above OriginPath.
  if (
    decodeAll(path)
      .split(/[/\\]/)
      .some((segment) => segment === "." || segment === "..")
  ) {
    return "the path has a dot segment, which may lead out of the bucket";
  }
  for (const piece of query?.split("&") ?? []) {
    const name = nameOf(piece);
    if (OTHER_REQUESTS.has(name) || name.startsWith("response-"))
      return `the parameter ${name} makes it another request`;
  }
  if (method !== "GET" && method !== "HEAD") {
    for (const [name] of fields) {
      const lower = name.toLowerCase();
      if (lower.startsWith("x-amz-") && !OBJECT_FIELDS.test(lower))
        return `${lower} is about more than the object's content`;
    }
  }
  return undefined;
}

export function withoutUnknownParameters(pieces: readonly string[]): readonly string[] {
  return pieces.filter((piece) => KNOWN_PARAMETERS.has(nameOf(piece)));
}

function nameOf(piece: string): string {
  const equals = piece.indexOf("=");
  return decodeComponent(equals < 0 ? piece : piece.slice(0, equals)).toLowerCase();
}

/** Twice, for whoever decodes before they tidy up. */
function decodeAll(path: string): string {
  const decode = (text: string): string =>
    text.replace(/%[0-9A-Fa-f]{2}/g, (escape) => String.fromCharCode(parseInt(escape.slice(1), 16)));
  return decode(decode(path));
}
