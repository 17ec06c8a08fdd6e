// The table of the bucket store's operations: one row each, of any place. A request that no row matches is refused; which
// names S3 has beyond these is in find-operation.ts.

import { BUCKET_OPERATIONS } from "./bucket-operations.ts";
import { OBJECT_OPERATIONS } from "./object-operations.ts";
import type { OperationRow } from "./operation-row.ts";
import { SETTING_OPERATIONS } from "./setting-operations.ts";

export const OPERATIONS: readonly OperationRow[] = [...BUCKET_OPERATIONS, ...OBJECT_OPERATIONS, ...SETTING_OPERATIONS];
