// A row of the table of operations: what selects it, what policies call it, and the function that does it.

import type { AtBucket, AtName, AtObject, BucketContext, BucketOutcome } from "./operation.ts";

interface RowBase {
  readonly name: string;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Query parameters that must be there, whatever their value; the row with most selectors wins. */
  readonly selectedBy?: readonly string[];
  /** A parameter that must have that value. */
  readonly selectedByValue?: readonly [name: string, value: string];
  /** A field that must be there, in lower case. */
  readonly selectedByField?: string;
  /** Other parameters that it reads. */
  readonly parameters?: readonly string[];
}

/** What policies call it, all of which must be allowed. */
export type Actions = string | ((context: BucketContext) => readonly string[]);

export type OperationRow = RowBase &
  (
    | { readonly on: "service"; readonly operate: (at: BucketContext) => Promise<BucketOutcome> }
    /** At a bucket's name, whether or not there is such a bucket. It decides by itself who may. */
    | { readonly on: "name"; readonly operate: (at: AtName) => Promise<BucketOutcome> }
    | { readonly on: "bucket"; readonly actions: Actions; readonly operate: (at: AtBucket) => Promise<BucketOutcome> }
    | {
        readonly on: "object";
        readonly actions: Actions;
        /** The object is looked up before the decision, since its ACL has a say in it. */
        readonly reads?: true;
        readonly operate: (at: AtObject) => Promise<BucketOutcome>;
      }
  );
