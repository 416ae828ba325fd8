import { type KafkaKind, kafkaKinds } from '@florin/local-stack';
import { parseArgs } from 'node:util';
import { LaunchError } from './launch-error.js';

const usage = `Usage: npm start|run engines -- [--kafka ${kafkaKinds.join('|')}]`;

export interface Arguments {
  /** The whole product, or the three engines alone. */
  readonly command: 'start' | 'engines';
  readonly kafka: KafkaKind;
}

/** What the command line asks for. Throws LaunchError where it makes no sense. */
export function parseArguments(args: readonly string[]): Arguments {
  const { command, kafka } = parsed(args);
  if (command !== 'start' && command !== 'engines') throw new LaunchError(usage);
  const kind = kafkaKinds.find((name) => name === kafka);
  if (kind === undefined) throw new LaunchError(`There is no Kafka "${kafka}".\n${usage}`);
  return { command, kafka: kind };
}

function parsed(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { kafka: { type: 'string', default: 'embedded' } },
      allowPositionals: true,
    });
    const [command, ...others] = positionals;
    return { command: others.length === 0 ? command : undefined, kafka: values.kafka };
  } catch (cause) {
    throw new LaunchError(`${(cause as Error).message}\n${usage}`, { cause });
  }
}
