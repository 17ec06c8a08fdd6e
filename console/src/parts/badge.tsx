// A word about the state of something, in a color; the color says nothing that the word does not.

export function Badge({ kind, children }: { kind: "good" | "busy" | "off" | "bad"; children: string }) {
  return <span class={`badge ${kind}`}>{children}</span>;
}

/** A distribution's or invalidation's Status. */
export function StatusBadge({ status }: { status: string }) {
  return (
    <Badge kind={status === "InProgress" ? "busy" : "good"}>{status === "InProgress" ? "In progress" : status}</Badge>
  );
}
