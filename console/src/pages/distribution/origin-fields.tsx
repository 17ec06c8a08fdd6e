// The origins of a distribution in a form: web servers, and buckets with whom to ask them as.

import { Field } from "../../parts/field.tsx";
import type { Origin } from "./config.ts";
import type { FieldName } from "./field-errors.ts";
import { OriginRequestFields } from "./origin-request-fields.tsx";

/** Who a bucket may be asked as. */
export interface Identities {
  readonly identities: readonly { readonly Id: string; readonly Comment: string }[];
  readonly controls: readonly { readonly Id: string; readonly Name: string }[];
}

export function OriginFields({
  origin,
  set,
  remove,
  known,
  error,
}: {
  origin: Origin;
  set: (origin: Origin) => void;
  /** Absent: it is the only one. */
  remove: (() => void) | undefined;
  known: Identities;
  error: (field: FieldName) => string | undefined;
}) {
  const { Id, DomainName, OriginPath = "", CustomOriginConfig, S3OriginConfig, ...others } = origin;
  const isBucket = CustomOriginConfig === undefined;
  const access = others.OriginAccessControlId || S3OriginConfig?.OriginAccessIdentity.split("/").at(-1) || "";

  function setKind(kind: string): void {
    const { OriginAccessControlId: _control, ...rest } = others;
    const common = { ...rest, Id, DomainName, OriginPath };
    if (kind === "bucket") set({ ...common, S3OriginConfig: { OriginAccessIdentity: "" } });
    else set({ ...common, CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "match-viewer" } });
  }

  function setAccess(id: string): void {
    const isControl = known.controls.some((control) => control.Id === id);
    set({
      ...origin,
      OriginAccessControlId: isControl ? id : "",
      S3OriginConfig: { OriginAccessIdentity: isControl || id === "" ? "" : `origin-access-identity/cloudfront/${id}` },
    });
  }

  return (
    <fieldset>
      <legend>{Id === "" ? "Origin" : Id}</legend>
      <div class="columns">
        <Field label="Origin id" error={error("originId")}>
          <input required value={Id} onInput={(event) => set({ ...origin, Id: event.currentTarget.value })} />
        </Field>
        <Field
          label="Domain name"
          error={error("originDomain")}
          hint={isBucket ? "bucket.s3.amazonaws.com: the bucket of that name here" : undefined}
        >
          <input
            required
            spellcheck={false}
            autocapitalize="none"
            value={DomainName}
            onInput={(event) => set({ ...origin, DomainName: event.currentTarget.value })}
          />
        </Field>
        <Field
          label="Origin path"
          error={error("originPath")}
          hint="Put before every path; empty, or begins with a slash"
        >
          <input
            spellcheck={false}
            value={OriginPath}
            onInput={(event) => set({ ...origin, OriginPath: event.currentTarget.value })}
          />
        </Field>
        <Field label="Kind">
          <select value={isBucket ? "bucket" : "web"} onChange={(event) => setKind(event.currentTarget.value)}>
            <option value="web">Web server</option>
            <option value="bucket">Bucket</option>
          </select>
        </Field>
        {isBucket ? (
          <Field label="Asked as">
            <select value={access} onChange={(event) => setAccess(event.currentTarget.value)}>
              <option value="">Nobody: the bucket is public</option>
              {known.identities.map((identity) => (
                <option key={identity.Id} value={identity.Id}>
                  Identity {identity.Comment || identity.Id}
                </option>
              ))}
              {known.controls.map((control) => (
                <option key={control.Id} value={control.Id}>
                  This distribution, by {control.Name}
                </option>
              ))}
            </select>
          </Field>
        ) : (
          <>
            <Field label="Asked over">
              <select
                value={CustomOriginConfig.OriginProtocolPolicy}
                onChange={(event) =>
                  set({
                    ...origin,
                    CustomOriginConfig: { ...CustomOriginConfig, OriginProtocolPolicy: event.currentTarget.value },
                  })
                }
              >
                <option value="match-viewer">What the viewer came over</option>
                <option value="http-only">HTTP only</option>
                <option value="https-only">HTTPS only</option>
              </select>
            </Field>
            <Port
              label="HTTP port"
              port={CustomOriginConfig.HTTPPort}
              set={(HTTPPort) => set({ ...origin, CustomOriginConfig: { ...CustomOriginConfig, HTTPPort } })}
            />
            <Port
              label="HTTPS port"
              port={CustomOriginConfig.HTTPSPort}
              set={(HTTPSPort) => set({ ...origin, CustomOriginConfig: { ...CustomOriginConfig, HTTPSPort } })}
            />
          </>
        )}
      </div>
      <OriginRequestFields origin={origin} set={set} error={error} />
      {remove === undefined ? null : (
        <div class="actions">
          <button type="button" onClick={remove}>
            Remove<span class="hidden"> the origin {Id}</span>
          </button>
        </div>
      )}
    </fieldset>
  );
}

function Port({ label, port, set }: { label: string; port: number; set: (port: number) => void }) {
  return (
    <Field label={label}>
      <input
        type="number"
        required
        min={1}
        max={65_535}
        value={port}
        onInput={(event) => set(event.currentTarget.valueAsNumber || 0)}
      />
    </Field>
  );
}
