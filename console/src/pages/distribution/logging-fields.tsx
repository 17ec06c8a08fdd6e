// Whether access logs of a distribution are delivered to a bucket, and to which.

import { Check, Field } from "../../parts/field.tsx";
import { NO_LOGGING, type Logging } from "./config.ts";
import type { FieldName } from "./field-errors.ts";

export function LoggingFields({
  logging,
  set,
  error,
}: {
  logging: Logging;
  set: (logging: Logging) => void;
  error: (field: FieldName) => string | undefined;
}) {
  return (
    <section class="card">
      <h2>Access log</h2>
      <Check
        label="Deliver access logs to a bucket"
        checked={logging.Enabled}
        set={(Enabled) => set(Enabled ? { ...logging, Enabled } : NO_LOGGING)}
      />
      {logging.Enabled ? (
        <div class="columns">
          <Field label="Bucket" hint="bucket.s3.amazonaws.com, with its ACLs on" error={error("logBucket")}>
            <input
              required
              spellcheck={false}
              value={logging.Bucket}
              onInput={(event) => set({ ...logging, Bucket: event.currentTarget.value })}
            />
          </Field>
          <Field label="Prefix">
            <input
              spellcheck={false}
              value={logging.Prefix}
              onInput={(event) => set({ ...logging, Prefix: event.currentTarget.value })}
            />
          </Field>
          <Check
            label="With cookies"
            checked={logging.IncludeCookies}
            set={(IncludeCookies) => set({ ...logging, IncludeCookies })}
          />
        </div>
      ) : null}
    </section>
  );
}
