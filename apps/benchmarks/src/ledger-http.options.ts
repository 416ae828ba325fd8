import { dialectNames, type DialectName } from './dialects.js';
import { benchLedgerHttp, benchTarget, prepareLedger, type LedgerHttpFigures } from './ledger-http.js';

export const ledgerHttpUsage = `npm run bench -- ledger-http [--json]
npm run bench -- ledger-http --prepare       the stack with 1,000 accounts that have money, for another load generator: prints
                                             {"url", "token", "accounts"}, and stays until it is interrupted
npm run bench -- ledger-http --target <url> --dialect ${dialectNames.join('|')} [--token <token>] [--json]
                                             the same load on a ledger that runs already`;

type Task =
  | { readonly kind: 'measure' }
  | { readonly kind: 'prepare' }
  | { readonly kind: 'target'; readonly url: string; readonly dialect: DialectName; readonly token?: string };

/** What the options ask for; `undefined` where they make no sense. */
export function taskOf(options: readonly string[]): Task | undefined {
  if (options.length === 0) return { kind: 'measure' };
  if (options.length === 1 && options[0] === '--prepare') return { kind: 'prepare' };
  const given = new Map<string, string>();
  for (let at = 0; at < options.length; at += 2) {
    const [name = '', value] = options.slice(at, at + 2);
    if (!['--target', '--dialect', '--token'].includes(name) || value === undefined || given.has(name))
      return undefined;
    given.set(name, value);
  }
  const url = given.get('--target');
  const dialect = dialectNames.find((name) => name === given.get('--dialect'));
  // Spoken over plain sockets: TLS would be measured, too.
  if (url === undefined || dialect === undefined || !/^http:\/\/[^/]+\/?$/.test(url)) return undefined;
  const token = given.get('--token');
  return { kind: 'target', url, dialect, ...(token !== undefined && { token }) };
}

/** Does it; `undefined` where there are no figures. */
export async function runLedgerHttp(
  task: Task,
  say: (line: string) => void,
): Promise<{ figures: LedgerHttpFigures[] } | undefined> {
  if (task.kind === 'measure') return benchLedgerHttp(say);
  if (task.kind === 'target') return benchTarget(say, task);
  await prepareLedger((line) => console.log(line));
  return undefined;
}
