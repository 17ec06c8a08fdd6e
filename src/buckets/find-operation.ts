// Method, place and query of a request → the row of the table that it asks for. S3 selects operations by the presence of a
// query parameter, so a parameter that is overlooked would turn a question about a setting into a list, or a change of one
// into an object: what is not known to be harmless is refused by its name.

import { fail, type S3Failure } from "./operation.ts";
import type { Location } from "./locate.ts";
import type { OperationRow } from "./operation-row.ts";

/** Parameters that select an operation somewhere in S3, whether or not it is built here. [S3API] */
const SUBRESOURCES: ReadonlySet<string> = new Set(
  (
    "abac accelerate acl analytics annotation attributes cors delete encryption intelligent-tiering inventory legal-hold lifecycle " +
    "location logging metadataConfiguration metadataInventoryTable metadataJournalTable metadataTable metrics notification " +
    "object-lock ownershipControls policy policyStatus publicAccessBlock renameObject replication requestPayment restore " +
    "retention select session tagging torrent uploadId uploads versioning versions website"
  ).split(" "),
);

/** Of signatures and of clients; they select nothing. */
const OF_SIGNATURES = /^(?:x-amz-.*|x-id|awsaccesskeyid|signature|expires)$/i;

/** A browser's form [S3API RESTObjectPOST]. */
const FORM_REFUSED = fail("NotImplemented", {
  message: "Uploads by an HTML form (POST of a bucket) are not implemented by this server.",
});

interface Selecting {
  readonly method: string;
  readonly query: ReadonlyMap<string, string>;
  readonly field: (lowerName: string) => string | undefined;
}

export function findOperation(
  location: Exclude<Location, { kind: "website" }>,
  asked: Selecting,
  rows: readonly OperationRow[],
): OperationRow | S3Failure {
  const place = location.kind === "service" ? "service" : location.key === undefined ? "bucket" : "object";
  const here = rows.filter((row) => placeOf(row) === place);
  const [row] = here
    .filter((candidate) => candidate.method === asked.method && isSelected(candidate, asked))
    .toSorted((one, other) => selectors(other) - selectors(one));

  const subresources = [...asked.query.keys()].filter((name) => SUBRESOURCES.has(name));
  const chosen = row?.selectedBy ?? [];
  const other = subresources.filter((name) => !chosen.includes(name));
  if (other.length > 0) {
    const known = here.some((candidate) => other.every((name) => candidate.selectedBy?.includes(name) ?? false));
    if (known && chosen.length > 0) {
      return fail("InvalidArgument", {
        message: `Conflicting query string parameters: ${[...chosen, ...other].join(", ")}`,
      });
    }
    if (known) return fail("MethodNotAllowed", { details: methodDetails(asked.method, other.join("&")) });
    return notImplemented(other[0] ?? "");
  }
  if (row === undefined && asked.method === "POST" && place === "bucket" && subresources.length === 0)
    return FORM_REFUSED;
  if (row === undefined) return fail("MethodNotAllowed", { details: methodDetails(asked.method, place) });
  const unknown = [...asked.query].find(([name, value]) => isSuspect(row, name, value));
  return unknown === undefined ? row : notImplemented(unknown[0]);
}

function placeOf(row: OperationRow): "service" | "bucket" | "object" {
  return row.on === "name" ? "bucket" : row.on;
}

function isSelected({ selectedBy = [], selectedByField, selectedByValue }: OperationRow, asked: Selecting): boolean {
  return (
    selectedBy.every((name) => asked.query.has(name)) &&
    (selectedByField === undefined || asked.field(selectedByField) !== undefined) &&
    (selectedByValue === undefined || asked.query.get(selectedByValue[0]) === selectedByValue[1])
  );
}

function selectors({ selectedBy = [], selectedByField, selectedByValue }: OperationRow): number {
  return selectedBy.length + (selectedByField === undefined ? 0 : 1) + (selectedByValue === undefined ? 0 : 1);
}

/**
 * Reading an object with any parameter is reading that object: links carry such to get past caches. A bucket's list with
 * a bare one may be a question that is newer than this table, and a write with any is.
 */
function isSuspect(row: OperationRow, name: string, value: string): boolean {
  if (OF_SIGNATURES.test(name) || row.selectedBy?.includes(name) === true) return false;
  if (row.parameters?.includes(name) === true) return false;
  const isRead = row.method === "GET" || row.method === "HEAD";
  return isRead ? row.on === "bucket" && value === "" : true;
}

function notImplemented(parameter: string): S3Failure {
  return fail("NotImplemented", {
    message: `The parameter ${JSON.stringify(parameter.slice(0, 100))} is not implemented by this server.`,
    details: [["Parameter", parameter.slice(0, 100)]],
  });
}

function methodDetails(method: string, place: string): readonly (readonly [string, string])[] {
  return [
    ["Method", method.slice(0, 20)],
    ["ResourceType", place.toUpperCase()],
  ];
}
