// Light or dark: as the system has it, until somebody says otherwise here.

import { signal } from "@preact/signals";

type Theme = "system" | "light" | "dark";

const KEPT_AS = "warmfront-theme";
const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };

function kept(): Theme {
  try {
    const found = localStorage.getItem(KEPT_AS);
    return found === "light" || found === "dark" ? found : "system";
  } catch {
    return "system"; // a browser that keeps nothing
  }
}

export const theme = signal<Theme>(kept());

export function applyTheme(): void {
  if (theme.value === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme.value;
}

export function nextTheme(): void {
  theme.value = NEXT[theme.value];
  applyTheme();
  try {
    localStorage.setItem(KEPT_AS, theme.value);
  } catch {
    // it holds for this page then
  }
}
