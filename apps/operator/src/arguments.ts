import { commandLine, commandLineConfig, kafkaConfig, WrongUse } from '@florin/configuration';
import { cloudEvent, marketOfLedger, openAccountOnTerms, type CloudEvent } from '@florin/contracts';
import type { KafkaConfig } from '@florin/messaging';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { commands, ownOptions, wordOf, type Command, type OwnOption, type Words } from './commands.js';

/** What this command reads from its environment. */
export const operatorConfig = z.object(kafkaConfig);

/** What is asked of a book, and how the answer is waited for. */
export interface Order {
  readonly name: string;
  readonly ledger: string;
  /** The id that the outcome is recorded under; an account is opened under its own. */
  readonly id: string;
  /** Whether it may have been asked before, so that the outcome may be older. */
  readonly repeated: boolean;
  readonly event: CloudEvent;
  readonly waitMs: number;
  readonly json: boolean;
  readonly kafka: KafkaConfig;
}

const maxWaitSeconds = 600;

export const usage = `Asks the ledger for what no customer can ask for, and says what was recorded. It needs Kafka and nothing else.

  npm run operator -- open-account <account> --class liability --chart <number> [--currency <code>] [--owner <person id>] [--floor <n>|none]
  npm run operator -- freeze <account> [--way in|out|both]   let no money in, out, or neither (unless told: both)
  npm run operator -- unfreeze <account>
  npm run operator -- close-account <account>                for good; it must hold nothing
  npm run operator -- reverse <entry id> --reason <code>     undo an entry by its mirror [--effective <time>]
  npm run operator -- close-period <YYYY-MM>                 the month takes no more entries, for good
  npm run operator -- define-asset <CODE> --scale <n> --issuer <person id> --reserve <account> [--backing <n>]
  npm run operator -- fund-reserve <account> --from <account> --amount <minor units>
  npm run operator -- draw-reserve <account> --to <account> --amount <minor units>
  npm run operator -- issue <CODE> --to <account> --amount <minor units>       up to what the reserve covers
  npm run operator -- redeem <CODE> --from <account> --amount <minor units>
  npm run operator -- hold <account> --amount <minor units> --until <time> [--currency <code>]
  npm run operator -- extend-hold <hold id> --until <time>
  npm run operator -- release <hold id>
  npm run operator -- config                                 the JSON Schema of the environment

  --ledger <id>           the book, such as it-eur; always needed
  --reference <id>        the case that it belongs to, which is recorded: an opaque id, no name; always needed, but to open an account
  --id <uuid>             asks once more for what was asked before: its outcome is one, however often it is asked for.
                          An account needs none: it is opened once, asking again is safe, and other terms are refused.
  --wait <seconds>        how long to wait for the outcome (default: 30, at most ${maxWaitSeconds})
  --json                  one object on one line
  --brokers <host:port>   Kafka, several separated by commas (default: the environment's KAFKA_BROKERS)

Times are as 2026-11-30T18:00:00Z. TLS, user and prefixes come from the environment: docs/configuration.md.

Exit code: 0 done, 1 refused, 2 wrong use, 3 no outcome known yet: ask again with the same --id.
`;

/** Reads a command line. Throws WrongUse with a sentence that helps. */
export function parseArguments(args: readonly string[], env: NodeJS.ProcessEnv): Order {
  const { positionals, values } = commandLine(args, {
    ...ownOptions,
    ledger: { type: 'string' },
    reference: { type: 'string' },
    id: { type: 'string' },
    wait: { type: 'string' },
    json: { type: 'boolean' },
    brokers: { type: 'string' },
  });
  const [name = '', subject, extra] = positionals;
  const command = commands.get(name);
  if (command === undefined) {
    throw new WrongUse(`"${name}" is not a command; there are ${[...commands.keys()].join(', ')}`);
  }
  if (subject === undefined) throw new WrongUse(`${name} of what? See --help`);
  if (extra !== undefined) throw new WrongUse(`One at a time: "${extra}" is one too many`);
  checkOptions(name, command, values);
  const { ledger = '', reference = '', id = uuidv7() } = values;
  const opens = opensAccount(command);
  if (marketOfLedger(ledger) === undefined) throw new WrongUse('Which book? Give --ledger, such as it-eur');
  if (!opens && reference === '')
    throw new WrongUse('What does it belong to? Give --reference, such as case-2026-117');
  if (!z.uuidv7().safeParse(id).success) throw new WrongUse('--id is a UUID of version 7');
  return {
    ...{
      name,
      ledger,
      id: opens ? subject : id,
      repeated: opens || values.id !== undefined,
      json: values.json ?? false,
    },
    event: eventOf(command, { subject, ledger, id, reference, options: values }),
    waitMs: waitOf(values.wait),
    kafka: kafkaOf(values.brokers, env),
  };
}

/** An account is opened once under its name: that needs no id, and the book has no place for a case. */
function opensAccount({ definition }: Command): boolean {
  return definition.type === openAccountOnTerms.type;
}

type Values = Readonly<Partial<Record<OwnOption | 'id' | 'reference', string | undefined>>>;

function checkOptions(name: string, command: Command, values: Values): void {
  for (const option of Object.keys(ownOptions) as OwnOption[]) {
    if (values[option] !== undefined && !command.options.includes(option)) {
      throw new WrongUse(`${name} takes no --${option}`);
    }
  }
  if (opensAccount(command) && (values.id ?? values.reference) !== undefined) {
    throw new WrongUse(`${name} takes no --id and no --reference: there is one account of a name`);
  }
}

function eventOf({ definition, data }: Command, words: Words): CloudEvent {
  const parsed = definition.data.safeParse(data(words));
  if (!parsed.success) {
    const sentences = parsed.error.issues.map(({ path: [field = ''], message }) => {
      return `${wordOf[String(field)] ?? `--${String(field)}`}: ${message}`;
    });
    throw new WrongUse(sentences.join('\n'));
  }
  const envelope = { id: uuidv7(), source: '/operator', time: new Date().toISOString() };
  return cloudEvent(definition, { ...envelope, data: parsed.data });
}

function waitOf(text = '30'): number {
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > maxWaitSeconds) {
    throw new WrongUse(`--wait is a number of seconds from 1 to ${maxWaitSeconds}`);
  }
  return seconds * 1_000;
}

function kafkaOf(given: string | undefined, env: NodeJS.ProcessEnv): KafkaConfig {
  const brokers = given ?? env['KAFKA_BROKERS'] ?? '';
  if (brokers === '') {
    throw new WrongUse('Where is Kafka? Run npm start, give --brokers host:port or set KAFKA_BROKERS');
  }
  return commandLineConfig(operatorConfig, { ...env, KAFKA_BROKERS: brokers });
}
