import { type KafkaKind, kafkaKinds } from '@florin/local-stack';
import { parseArgs } from 'node:util';
import { WrongUse } from './launch-error.js';

/** What `--help` prints, and what follows a word about wrong use. */
export const usage = `Usage:
  npm start         the whole product on this machine, until Ctrl-C
  npm run engines   the three engines alone

  npm start -- --kafka <kind>, npm run engines -- --kafka <kind>
                    with another broker: ${kafkaKinds.join(', ')}

FLORIN_DATA=<folder> keeps the data elsewhere than in .florin, FLORIN_PORT_BASE=<first port> takes other ports than
those from 7400 on.`;

export interface Arguments {
  /** The whole product, or the three engines alone. */
  readonly command: 'start' | 'engines';
  readonly kafka: KafkaKind;
}

/** What the command line asks for. Throws WrongUse where it makes no sense. */
export function parseArguments(args: readonly string[]): Arguments | 'help' {
  const { command, kafka, help } = parsed(args);
  if (help) return 'help';
  if (command !== 'start' && command !== 'engines') throw new WrongUse(usage);
  const kind = kafkaKinds.find((name) => name === kafka);
  if (kind === undefined) throw new WrongUse(`There is no Kafka "${kafka}".\n${usage}`);
  return { command, kafka: kind };
}

function parsed(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        kafka: { type: 'string', default: 'embedded' },
        help: { type: 'boolean', short: 'h', default: false },
      },
      allowPositionals: true,
    });
    const [command, ...others] = positionals;
    return { command: others.length === 0 ? command : undefined, ...values };
  } catch (cause) {
    throw new WrongUse(`${(cause as Error).message}\n${usage}`, { cause });
  }
}
