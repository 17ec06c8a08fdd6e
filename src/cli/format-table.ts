/**
 * Rows as columns of text, under their headings; an empty cell is a dash. Widths are counted in characters. What could
 * steer a terminal is shown as a space: names and comments are somebody else's.
 */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = (cell: string): string => (cell === "" ? "-" : cell.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " "));
  const lines = [headings, ...rows.map((row) => row.map(clean))];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => lengthOf(line[column] ?? ""))));
  return lines
    .map((line) => line.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - lengthOf(cell))).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}
