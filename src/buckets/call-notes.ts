// What becomes known of a call of the bucket store while it is answered, for whoever keeps an audit log: no body, no query and no field is
// in it, so no secret can be.

import type { Caller } from "../callers/caller.ts";

export interface BucketCallNotes {
  /** Absent: it is none of the table's, and has done nothing. */
  operation?: string;
  bucket?: string;
  /** Decoded; absent where it is about the bucket itself. */
  key?: string;
  /** About objects, rather than about a bucket and its settings. */
  isAboutObjects?: boolean;
  /** Absent: nobody signed it, or not as anybody who is known. */
  caller?: Caller;
  /** An edge asked, for a viewer. */
  isByEdge?: true;
  requestId?: string;
  /** The code of the error that was answered. */
  code?: string;
}
