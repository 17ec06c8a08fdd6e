// What of a resource goes to the edges. Shared by the stores.

import type { DistributionId } from "../vocabulary/ids.ts";
import type { PublishedDistribution, PublishedStreaming, Resource } from "./store.ts";

type Published<K extends "distribution" | "streaming-distribution"> = Pick<
  Resource<K>,
  "id" | "account" | "handle" | "config"
>;

export function publishDistribution({ id, account, handle, config }: Published<"distribution">): PublishedDistribution {
  return { id: id as DistributionId, account, label: handle, config };
}

export function publishStreaming(resource: Published<"streaming-distribution">): PublishedStreaming {
  const { id, account, handle, config } = resource;
  return { id, account, label: handle, aliases: config.Aliases.Items ?? [], enabled: config.Enabled };
}
