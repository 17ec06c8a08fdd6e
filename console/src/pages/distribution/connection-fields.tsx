// How viewers connect: the certificate that they are shown, what of TLS and HTTP is spoken with them, from where.

import { useState } from "preact/hooks";
import { question } from "../../frame/ask.ts";
import { Check, Field } from "../../parts/field.tsx";
import { useAsked } from "../../parts/loading.tsx";
import type { Config, ViewerCertificate } from "./config.ts";
import type { FieldName } from "./field-errors.ts";
import { certificateIdOf, DEFAULT_CERTIFICATE, POLICIES, withCertificate } from "./viewer-certificate.ts";

/** As the server's question `certificates` answers. */
interface Certificate {
  readonly id: string;
  readonly source: "acm" | "iam";
  readonly name: string;
  readonly hosts: readonly string[];
  readonly notAfter: string;
  /** The end of a sentence. */
  readonly whyUnusable?: string;
}

interface Fields {
  readonly draft: Config;
  readonly set: (draft: Config) => void;
  readonly error: (field: FieldName) => string | undefined;
}

export function ConnectionFields({ draft, set, error }: Fields) {
  return (
    <section class="card">
      <h2>Connections</h2>
      <CertificateFields
        viewer={draft.ViewerCertificate ?? DEFAULT_CERTIFICATE}
        set={(ViewerCertificate) => set({ ...draft, ViewerCertificate })}
        error={error}
      />
      <div class="columns">
        <Field label="HTTP versions" hint="HTTP/3 may be allowed, and is not offered by this server">
          <select
            value={draft.HttpVersion ?? "http2"}
            onChange={(event) => set({ ...draft, HttpVersion: event.currentTarget.value })}
          >
            <option value="http1.1">HTTP/1.1</option>
            <option value="http2">HTTP/1.1 and HTTP/2</option>
            <option value="http3">HTTP/1.1 and HTTP/3</option>
            <option value="http2and3">HTTP/1.1, HTTP/2 and HTTP/3</option>
          </select>
        </Field>
        <Field label="Price class" hint="Kept for the real service; this one has its edges where it runs">
          <select
            value={draft.PriceClass ?? "PriceClass_All"}
            onChange={(event) => set({ ...draft, PriceClass: event.currentTarget.value })}
          >
            <option value="PriceClass_All">All edges</option>
            <option value="PriceClass_200">All but the dearest</option>
            <option value="PriceClass_100">North America and Europe</option>
          </select>
        </Field>
      </div>
      <Check
        label="IPv6"
        checked={draft.IsIPV6Enabled === true}
        set={(IsIPV6Enabled) => set({ ...draft, IsIPV6Enabled })}
      />
    </section>
  );
}

/** In the list, for one that is in none. */
const OTHER = "other";

function CertificateFields({
  viewer,
  set,
  error,
}: {
  viewer: ViewerCertificate;
  set: (viewer: ViewerCertificate) => void;
  error: Fields["error"];
}) {
  const asked = useAsked(() => question<{ certificates: readonly Certificate[] }>("certificates", {}), []);
  const [isWriting, setWriting] = useState(false);
  const certificates = asked.value?.certificates ?? [];
  const id = certificateIdOf(viewer);
  const isListed = certificates.some((each) => each.id === id);
  const isOther = id !== undefined && (isWriting || (asked.value !== undefined && !isListed));

  function choose(chosen: string): void {
    setWriting(chosen === OTHER);
    if (chosen === "") set(DEFAULT_CERTIFICATE);
    else set(withCertificate(viewer, chosen === OTHER ? "" : chosen));
  }

  return (
    <div class="columns">
      <Field
        label="Certificate"
        hint="One of your own has to cover the aliases"
        error={isOther ? asked.error : (error("certificate") ?? asked.error)}
      >
        <select value={isOther ? OTHER : (id ?? "")} onChange={(event) => choose(event.currentTarget.value)}>
          <option value="">The default one, for this distribution's own name</option>
          {id === undefined || isOther || isListed ? null : <option value={id}>{id}</option>}
          {certificates.map((each) => (
            <option key={each.id} value={each.id} disabled={each.whyUnusable !== undefined && each.id !== id}>
              {describe(each)}
            </option>
          ))}
          <option value={OTHER}>Another one, by its ARN or id …</option>
        </select>
      </Field>
      {isOther ? (
        <Field
          label="ARN or id of the certificate"
          hint="ACM's ARN, IAM's id, or its name in the server's folder of certificates"
          error={error("certificate")}
        >
          <input
            required
            class="mono"
            spellcheck={false}
            autocapitalize="none"
            value={id}
            onInput={(event) => set(withCertificate(viewer, event.currentTarget.value.trim()))}
          />
        </Field>
      ) : null}
      {id === undefined ? null : (
        <>
          <Field label="Security policy" hint="The oldest TLS, and which ciphers" error={error("policy")}>
            <select
              value={viewer.MinimumProtocolVersion ?? "TLSv1"}
              onChange={(event) => set({ ...viewer, MinimumProtocolVersion: event.currentTarget.value })}
            >
              {POLICIES.toReversed().map((policy) => (
                <option key={policy} value={policy}>
                  {policy}
                </option>
              ))}
            </select>
          </Field>
          <Field label="Viewers who name no host" hint="Very old ones; they need a policy of TLSv1 or SSLv3">
            <select
              value={viewer.SSLSupportMethod ?? "sni-only"}
              onChange={(event) => set({ ...viewer, SSLSupportMethod: event.currentTarget.value })}
            >
              <option value="sni-only">Are not served (sni-only)</option>
              <option value="vip">Are served (vip)</option>
            </select>
          </Field>
        </>
      )}
    </div>
  );
}

function describe({ source, name, hosts, notAfter, whyUnusable }: Certificate): string {
  const [first = name, ...others] = hosts;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const until = whyUnusable ?? `until ${new Date(notAfter).toLocaleDateString()}`;
  return `${first}${more} (${source === "acm" ? "ACM" : `IAM, ${name}`}): ${until}`;
}
