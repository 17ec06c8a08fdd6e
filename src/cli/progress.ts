// What moves on a terminal while a command works: a line that is written over. Where nobody watches nothing is written.

export interface Progress {
  show(text: string): void;
  clear(): void;
}

const FRAMES = ["⠋", "⠙", "⠸", "⠴", "⠦", "⠇"];

/** On standard output, when that is a terminal. */
export function openProgress(): Progress {
  if (!process.stdout.isTTY) return { show: () => undefined, clear: () => undefined };
  let shown = 0;
  return {
    show(text) {
      const room = Math.max(20, (process.stdout.columns ?? 80) - 3);
      process.stdout.write(`\r\x1b[K${FRAMES[shown++ % FRAMES.length] ?? ""} ${text.slice(0, room)}`);
    },
    clear: () => void process.stdout.write("\r\x1b[K"),
  };
}
