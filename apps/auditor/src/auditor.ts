import { WrongUse } from '@florin/configuration';
import { EventStoreUnavailable } from '@florin/event-store';
import { LedgerCorrupt } from '@florin/ledger';
import { Malformed, NoteUnverified } from '@florin/proofs';
import { inspect } from 'node:util';
import { callOf, type Command } from './command.js';
import { commands } from './commands.js';
import { helpOf, overview } from './help.js';
import type { ExitCode, Surroundings } from './surroundings.js';

/** Runs one command; answers the exit code. */
export async function runAuditor(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { err, out } = surroundings;
  try {
    const [name, ...rest] = args[0] === 'help' ? [...args.slice(1), '--help'] : args;
    if (name === undefined || name === '--help') {
      out(overview(commands));
      return 0;
    }
    const asked = commandOf(name);
    if (rest.includes('--help')) {
      out(helpOf(asked));
      return 0;
    }
    return await runCommand(asked, rest, surroundings);
  } catch (error) {
    const known = error instanceof WrongUse || error instanceof EventStoreUnavailable;
    err(known ? `${error.message}\n` : `The audit did not finish: ${inspect(error)}\n`);
    return error instanceof WrongUse ? 2 : 3;
  }
}

async function runCommand(
  asked: Command,
  args: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const call = callOf(asked, args, surroundings);
  try {
    return await asked.run(call);
  } catch (error) {
    // What is stored is not what it has to be, found by something that could not go on.
    const found =
      error instanceof Malformed || error instanceof NoteUnverified || error instanceof LedgerCorrupt;
    if (!found) throw error;
    const code = 'code' in error ? error.code : 'malformed';
    if (call.json) call.out(`${JSON.stringify({ finding: { code, detail: error.message } })}\n`);
    call.err(`What is stored is wrong (${code}): ${error.message}\n`);
    return 1;
  }
}

function commandOf(name: string): Command {
  const found = commands.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new WrongUse(`"${name}" is not a command; there are ${commands.map((one) => one.name).join(', ')}`);
}
