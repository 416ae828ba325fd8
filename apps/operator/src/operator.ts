import { configJsonSchema, WrongUse } from '@florin/configuration';
import { openAccountOnTerms } from '@florin/contracts';
import { isTransient } from '@florin/messaging';
import { operatorConfig, parseArguments, usage, type Order } from './arguments.js';
import { carryOut, type Outcome } from './outcome.js';

/** Where it reads its configuration and prints what it finds. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

type ExitCode = 0 | 1 | 2 | 3;

/** Runs the command line; answers its exit code: 0 done, 1 refused, 2 wrong use, 3 no outcome known. */
export async function runOperator(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { env, out, err, signal } = surroundings;
  if (args.length === 0 || args.includes('--help')) {
    out(usage);
    return args.length === 0 ? 2 : 0;
  }
  if (args.join() === 'config') {
    out(`${JSON.stringify(configJsonSchema(operatorConfig), null, 2)}\n`);
    return 0;
  }
  try {
    const order = parseArguments(args, env);
    err(`${order.name}: asking under id ${order.id}\n`);
    const outcome = await carryOut(order, AbortSignal.any([signal, AbortSignal.timeout(order.waitMs)]));
    out(order.json ? `${JSON.stringify(jsonOf(order, outcome))}\n` : sentenceOf(order, outcome));
    return exitCodeOf(outcome);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof WrongUse) {
      err(`${message}\n`);
      return 2;
    }
    err(`${isTransient(error) ? 'Kafka does not answer' : 'It did not come to an end'}: ${message}\n`);
    return 3;
  }
}

function exitCodeOf(outcome: Outcome | undefined): ExitCode {
  if (outcome === undefined) return 3;
  return outcome.outcome === 'done' ? 0 : 1;
}

function jsonOf({ name, ledger, id }: Order, outcome: Outcome | undefined) {
  const { outcome: what = 'unknown', code = null, revision = null } = outcome ?? {};
  return { command: name, ledger, id, outcome: what, code, revision };
}

function sentenceOf({ event, name, ledger, id, waitMs }: Order, outcome: Outcome | undefined): string {
  if (outcome === undefined) {
    const seconds = waitMs / 1_000;
    const again = event.type === openAccountOnTerms.type ? 'ask again' : `ask again with --id ${id}`;
    return `${name}: no outcome was recorded within ${seconds} s. It may still be: ${again}\n`;
  }
  const { outcome: what, code, revision } = outcome;
  if (revision === null) return `${name}: not taken, nothing is recorded: ${code}\n`;
  return `${name}: ${what}${code === null ? '' : ` (${code})`} at revision ${revision} of ${ledger}\n`;
}
