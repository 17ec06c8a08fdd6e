// Brings the rules and the claims of the scenarios together: which claim shows which rule, and the table of the document.

import { RFC_SECTION, RULE_SECTIONS, type Rule } from "./rules.ts";
import type { Claim } from "./all-claims.ts";

export const ALL_SECTIONS = [...RULE_SECTIONS, RFC_SECTION];

/** Whether a claim is meant by the text of a rule. */
export function means(shown: string, claim: string): boolean {
  let pattern = patterns.get(shown);
  if (pattern === undefined) {
    const parts = shown.split("…").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    patterns.set(shown, (pattern = new RegExp(`^${parts.join(".*")}$`, "s")));
  }
  return pattern.test(claim);
}

const patterns = new Map<string, RegExp>();

export function claimsOf<T extends { readonly claim: string }>({ shown }: Rule, claims: readonly T[]): readonly T[] {
  return claims.filter(({ claim }) => shown.some((text) => means(text, claim)));
}

/** Their sources, each once, as citations. */
export function sourcesOf(claims: readonly Claim[]): string {
  return [...new Set(claims.map(({ source }) => `[${source}]`))].join(" ");
}

/** A row per rule: the rule, by how many scenarios it is shown and which, their sources. */
export function formatRuleTable(claims: readonly Claim[]): string {
  const lines = ["| | Rule | Shown by | Source |", "| --- | --- | --- | --- |"];
  for (const { section, about, rules } of ALL_SECTIONS) {
    lines.push(`| **${section}** | **${about}** | | |`);
    for (const each of rules) {
      const showing = claimsOf(each, claims);
      const scenarios = each.shown.map((text) => `“${text}”`);
      const tests = (each.tests ?? []).map((text) => `_${text.replace(": ", ".test.ts: ")}_`);
      const cells = [each.rule, [...scenarios, ...tests].join("; "), sourcesOf(showing)];
      lines.push(`| | ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("*", "\\*")).join(" | ")} |`);
    }
  }
  return `${lines.join("\n")}\n`;
}
