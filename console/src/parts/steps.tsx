// Decisions in their order, as explain and traces tell them: what, why, and by which rule.

export interface Step {
  readonly stage: string;
  readonly decision: string;
  readonly why: string;
  readonly source: string;
}

export function Steps({ steps }: { steps: readonly Step[] }) {
  return (
    <ol class="decisions">
      {steps.map(({ stage, decision, why, source }, index) => (
        <li key={index}>
          <span class="stage">{stage}</span>
          <div>
            <p class="decision">{decision}</p>
            <p class="hint">
              {why} {source === "" ? null : <span class="mono">{source}</span>}
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}
