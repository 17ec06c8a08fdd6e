// What a presigned URL says in its query and means as fields: signers move `x-amz-*` fields there (metadata, tags, the ACL, a
// copy's source), and whoever uses the URL sends none of them. Without this a presigned copy would be a PUT of nothing.
// [S3API sigv4-query-string-auth]

import type { ApiField } from "../../callers/message.ts";

const FIELDS =
  /^x-amz-(?:acl|copy-source(?:-.*)?|grant-.*|meta-.*|metadata-directive|server-side-encryption(?:-.*)?|storage-class|tagging(?:-directive)?|website-redirect-location|object-lock-.*)$/i;

/**
 * The request's fields and those of its query; a field that was sent is not said again. Only of a signature of version 4:
 * it covers the whole query, so nobody can add to it. The older one does not; and a query under a signature in the fields
 * may be a viewer's, which an edge passed on and signed.
 */
export function withPresignedFields(
  fields: readonly ApiField[],
  query: ReadonlyMap<string, string>,
): readonly ApiField[] {
  const sent = new Set(fields.map(([name]) => name.toLowerCase()));
  if (!query.has("X-Amz-Signature") || sent.has("authorization")) return fields;
  return [...fields, ...[...query].filter(([name]) => FIELDS.test(name) && !sent.has(name.toLowerCase()))];
}
