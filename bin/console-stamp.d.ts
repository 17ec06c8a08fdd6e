export function consoleStamp(root: string): string | undefined;
export function isConsoleBuilt(root: string): boolean;
