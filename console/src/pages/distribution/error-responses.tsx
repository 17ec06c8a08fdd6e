// What viewers get instead of an error, and how long an error is kept: an answer for each status, which is in the list once.

import { Field } from "../../parts/field.tsx";
import type { ErrorResponse } from "./config.ts";

/** Those that can be answered otherwise. [CFMODEL CustomErrorResponse] */
const STATUSES: readonly (readonly [code: number, words: string])[] = [
  [400, "Bad Request"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [414, "URI Too Long"],
  [416, "Range Not Satisfiable"],
  [500, "Internal Server Error"],
  [501, "Not Implemented"],
  [502, "Bad Gateway"],
  [503, "Service Unavailable"],
  [504, "Gateway Timeout"],
];

const CACHING_MIN_TTL = 10;
const CACHING_MIN_TTL_MAX = 31_536_000;

export function ErrorResponses({
  responses,
  set,
  refusal,
}: {
  responses: readonly ErrorResponse[];
  set: (responses: readonly ErrorResponse[]) => void;
  /** Of the path of a page, which it names; "" for none. */
  refusal: string;
}) {
  const free = STATUSES.filter(([code]) => !responses.some(({ ErrorCode }) => ErrorCode === code));
  // Most often it is for this one.
  const [next] = free.find(([code]) => code === 404) ?? free[0] ?? [];
  return (
    <section class="card">
      <h2>Errors</h2>
      <p class="hint">
        What viewers get instead of an error, and how long one is kept before the origin is asked again.
      </p>
      {responses.length === 0 ? null : (
        <div class="behavior-list">
          {responses.map((response, index) => (
            <OneResponse
              key={index}
              response={response}
              free={free}
              set={(changed) => set(responses.with(index, changed))}
              remove={() => set(responses.toSpliced(index, 1))}
              error={refusal.includes(JSON.stringify(response.ResponsePagePath)) ? refusal : undefined}
            />
          ))}
        </div>
      )}
      <div class="actions">
        <button
          type="button"
          disabled={next === undefined}
          onClick={() => next !== undefined && set([...responses, newResponse(next)])}
        >
          Add an error
        </button>
      </div>
    </section>
  );
}

function newResponse(ErrorCode: number): ErrorResponse {
  return { ErrorCode, ResponsePagePath: "", ResponseCode: "", ErrorCachingMinTTL: CACHING_MIN_TTL };
}

function OneResponse({
  response,
  free,
  set,
  remove,
  error,
}: {
  response: ErrorResponse;
  free: typeof STATUSES;
  set: (response: ErrorResponse) => void;
  remove: () => void;
  error: string | undefined;
}) {
  const { ErrorCode, ResponsePagePath, ResponseCode, ErrorCachingMinTTL } = response;
  const hasPage = ResponseCode !== "";
  const known = STATUSES.filter((status) => status[0] === ErrorCode || free.includes(status));
  return (
    <fieldset>
      <legend>Error {ErrorCode}</legend>
      <div class="columns">
        <Field label="Error">
          <select
            value={ErrorCode}
            onChange={(event) => set({ ...response, ErrorCode: Number(event.currentTarget.value) })}
          >
            {known.map(([code, words]) => (
              <option key={code} value={code}>
                {code} {words}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Answered with status">
          <select
            value={ResponseCode}
            onChange={({ currentTarget: { value } }) =>
              set({ ...response, ResponseCode: value, ResponsePagePath: value === "" ? "" : ResponsePagePath })
            }
          >
            <option value="">What the origin says, as it is</option>
            {[[200, "OK"] as const, ...STATUSES].map(([code, words]) => (
              <option key={code} value={code}>
                {code} {words}
              </option>
            ))}
          </select>
        </Field>
        {hasPage ? (
          <Field label="Path of the page" hint="Of this distribution, as /errors/404.html" error={error}>
            <input
              required
              spellcheck={false}
              autocapitalize="none"
              value={ResponsePagePath}
              onInput={(event) => set({ ...response, ResponsePagePath: event.currentTarget.value })}
            />
          </Field>
        ) : null}
        <Field label="Kept at least, seconds">
          <input
            type="number"
            required
            min={0}
            max={CACHING_MIN_TTL_MAX}
            value={ErrorCachingMinTTL}
            onInput={(event) => set({ ...response, ErrorCachingMinTTL: event.currentTarget.valueAsNumber || 0 })}
          />
        </Field>
      </div>
      <div class="actions">
        <button type="button" onClick={remove}>
          Remove<span class="hidden"> the error {ErrorCode}</span>
        </button>
      </div>
    </fieldset>
  );
}
