/** Says on standard error why nothing was done, and is the exit code: 1 is could not, 2 is not understood. */
export function refuse(message: string, status: 1 | 2 = 1): number {
  process.stderr.write(`warmfront: ${message}\n`);
  return status;
}
