/** A start that cannot be, with one message for a person that says what to do. */
export class LaunchError extends Error {}

/** The command line was not understood. */
export class WrongUse extends LaunchError {}

const accessCodes = ['EACCES', 'EPERM', 'EROFS'];

/** The message for a person behind whatever made a start fail. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  if (path === undefined || !accessCodes.includes(code ?? '')) return error.message;
  return (
    `May not use ${path} (${code}). It may belong to another user, as after a start as root.\n` +
    `Give it to yourself (chown -R), or use other data: FLORIN_DATA=<folder> npm start`
  );
}
