// What is to be forgotten of a distribution: how many stored responses paths would remove is told before, and how far each edge has
// come after.

import { useEffect, useState } from "preact/hooks";
import { announce } from "../../frame/announce.tsx";
import { call, listAll, messageOf, question } from "../../frame/ask.ts";
import type { PageProps } from "../../page-props.ts";
import { Badge, StatusBadge } from "../../parts/badge.tsx";
import { Field } from "../../parts/field.tsx";
import { useAsked, useEvery, WhenLoaded } from "../../parts/loading.tsx";
import { newReference } from "../../parts/new-reference.ts";
import { Words } from "../../parts/words.tsx";
import { listed } from "./config.ts";
import { OfDistribution } from "./tabs.tsx";

interface Invalidation {
  readonly Id: string;
  readonly Status: string;
  readonly CreateTime: string;
  readonly InvalidationBatch: { readonly Paths: { readonly Items?: readonly string[] } };
}

type Summary = Pick<Invalidation, "Id" | "Status" | "CreateTime">;

export function Page({ params }: PageProps) {
  const id = params["id"] ?? "";
  return <OfDistribution id={id}>{() => <Invalidations distribution={id} />}</OfDistribution>;
}

function Invalidations({ distribution }: { distribution: string }) {
  const asked = useAsked(
    () => listAll<Summary>("ListInvalidations", "InvalidationList", { DistributionId: distribution }),
    [distribution],
  );
  useEvery(500, asked.value?.some(({ Status }) => Status === "InProgress") === true, asked.again);
  return (
    <div class="stack">
      <NewInvalidation distribution={distribution} made={asked.again} />
      <h2>Earlier ones</h2>
      <WhenLoaded asked={asked} what="invalidations">
        {(all) =>
          all.length === 0 ? (
            <p class="empty">Nothing was invalidated yet.</p>
          ) : (
            <ul class="plain stack">
              {all.slice(0, SHOWN_MAX).map((each) => (
                <li key={each.Id}>
                  <One distribution={distribution} summary={each} />
                </li>
              ))}
            </ul>
          )
        }
      </WhenLoaded>
    </div>
  );
}

/** Older ones are in the API's list. */
const SHOWN_MAX = 20;

interface Count {
  readonly matching: number;
  readonly unlooked: number;
}

const COUNT_AFTER_MS = 300;

function NewInvalidation({ distribution, made }: { distribution: string; made: () => void }) {
  const [paths, setPaths] = useState<readonly string[]>(["/*"]);
  const [count, setCount] = useState<{ readonly value?: Count; readonly error?: string }>({});
  const [round, setRound] = useState(0);
  const [isAsking, setAsking] = useState(false);
  const text = paths.join("\n");
  useEffect(() => {
    let isWanted = true;
    setCount({});
    if (paths.length === 0) return undefined;
    const timer = setTimeout(() => {
      question<Count>("count-invalidated", { distribution, paths })
        .then((value) => isWanted && setCount({ value }))
        .catch((error: unknown) => isWanted && setCount({ error: messageOf(error) }));
    }, COUNT_AFTER_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [distribution, text, round]);

  async function create(event: Event): Promise<void> {
    event.preventDefault();
    setAsking(true);
    try {
      const batch = { CallerReference: `console-${newReference()}`, Paths: listed(paths) };
      const { Invalidation: invalidation } = await call<{ Invalidation: Invalidation }>("CreateInvalidation", {
        DistributionId: distribution,
        InvalidationBatch: batch,
      });
      announce(`${invalidation.Id} is made.`);
      made();
    } catch (error) {
      setCount({ error: messageOf(error) });
    }
    setAsking(false);
    setRound(round + 1);
  }

  return (
    <form class="card" onSubmit={(event) => void create(event)}>
      <h2>New invalidation</h2>
      <Field
        label="Paths"
        hint="One in each line; a star at the end stands for whatever follows. Case counts."
        error={count.error}
      >
        <Words words={paths} set={setPaths} rows={4} />
      </Field>
      <div class="actions">
        <p class="grow" role="status">
          {paths.length === 0 || count.error !== undefined
            ? ""
            : count.value === undefined
              ? "Counting …"
              : describe(count.value)}
        </p>
        <button type="button" onClick={() => setRound(round + 1)}>
          Count again
        </button>
        <button type="submit" class="primary" disabled={isAsking || paths.length === 0}>
          Invalidate
        </button>
      </div>
    </form>
  );
}

function describe({ matching, unlooked }: Count): string {
  const responses = `${matching} stored ${matching === 1 ? "response" : "responses"}`;
  if (unlooked === 0) return `${responses} would go.`;
  return `At least ${responses} would go, and at most ${matching + unlooked}: so many more were not looked at.`;
}

interface Edges {
  readonly edges: readonly { readonly name: string; readonly isDone: boolean }[];
}

function One({ distribution, summary }: { distribution: string; summary: Summary }) {
  const { Id, Status, CreateTime } = summary;
  const isMoving = Status === "InProgress";
  const asked = useAsked(
    async () =>
      (await call<{ Invalidation: Invalidation }>("GetInvalidation", { DistributionId: distribution, Id }))
        .Invalidation,
    [Id],
  );
  const progress = useAsked(
    () => question<Edges>("follow-invalidation", { distribution, invalidation: Id }),
    [Id, Status],
  );
  useEvery(500, isMoving, progress.again);
  const edges = progress.value?.edges ?? [];
  const done = edges.filter(({ isDone }) => isDone).length;
  return (
    <section class="card" aria-label={`Invalidation ${Id}`}>
      <div class="actions">
        <strong class="mono">{Id}</strong>
        <StatusBadge status={Status} />
        <span class="hint grow">{new Date(CreateTime).toLocaleString()}</span>
      </div>
      <p class="paths">
        {(asked.value?.InvalidationBatch.Paths.Items ?? []).map((path) => (
          <code key={path}>{path}</code>
        ))}
      </p>
      {edges.length === 0 ? null : (
        <div class="actions">
          <progress max={edges.length} value={done} aria-label={`${done} of ${edges.length} edges`} />
          {edges.map(({ name, isDone }) => (
            <Badge key={name} kind={isDone ? "good" : "busy"}>{`${name} ${isDone ? "done" : "to come"}`}</Badge>
          ))}
        </div>
      )}
    </section>
  );
}
