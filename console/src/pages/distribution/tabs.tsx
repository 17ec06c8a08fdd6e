// What stands above every page of one distribution: its name, its state, what can be done with it, and the pages beside this one. It
// asks for the distribution, again and again while a change is on its way to the edges.

import type { ComponentChildren } from "preact";
import { call } from "../../frame/ask.ts";
import { place } from "../../frame/route.ts";
import { Badge, StatusBadge } from "../../parts/badge.tsx";
import { useAsked, useEvery, WhenLoaded, type Asked } from "../../parts/loading.tsx";
import { PageHead } from "../../parts/page-head.tsx";
import { Enabling, Removing } from "./life.tsx";
import type { Found } from "./config.ts";

const TABS = [
  ["", "Overview"],
  ["/settings", "Settings"],
  ["/config", "Config as JSON"],
  ["/paths", "Path tester"],
  ["/invalidations", "Invalidations"],
] as const;

export function OfDistribution({
  id,
  children,
}: {
  id: string;
  children: (found: Found, asked: Asked<Found>) => ComponentChildren;
}) {
  const asked = useAsked(() => call<Found>("GetDistribution", { Id: id }), [id]);
  useEvery(1000, asked.value?.Distribution.Status === "InProgress", asked.again);
  const found = asked.value;
  const at = `/distributions/${encodeURIComponent(id)}`;
  return (
    <>
      <PageHead
        title={found?.Distribution.DistributionConfig.Comment || id}
        back={{ path: "/distributions", label: "Distributions" }}
      >
        {found === undefined ? null : (
          <>
            {found.Distribution.DistributionConfig.Enabled ? (
              <Badge kind="good">Enabled</Badge>
            ) : (
              <Badge kind="off">Disabled</Badge>
            )}
            <StatusBadge status={found.Distribution.Status} />
            <a class="button" href={`/live?distribution=${encodeURIComponent(id)}`}>
              Live traffic
            </a>
            <Enabling found={found} done={asked.again} />
            <Removing found={found} done={asked.again} />
          </>
        )}
      </PageHead>
      <nav class="tabs" aria-label="This distribution">
        {TABS.map(([path, label]) => (
          <a key={path} href={at + path} {...(place.value.path === at + path && { "aria-current": "page" as const })}>
            {label}
          </a>
        ))}
      </nav>
      <WhenLoaded asked={asked} what="the distribution">
        {(value) => children(value, asked)}
      </WhenLoaded>
    </>
  );
}
