import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { ConfigError, loadConfig, type ConfigSchema } from './config.js';

/** The command line was not understood; the message says what to do. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
}

/** The words and the options of a command line. Throws WrongUse where there is no such option, or one lacks its value. */
export function commandLine<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (cause) {
    throw new WrongUse(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/**
 * Lets a program outlive the reader of what it prints (`| head`): what it prints from then on is dropped, and `gone` is
 * called. Other errors of the stream are thrown.
 */
export function outliveReader(stream: NodeJS.EventEmitter, gone: () => void = () => undefined): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    gone();
  });
}

/** `loadConfig` for a command line, where a wrong environment is wrong use: throws WrongUse. */
export function commandLineConfig<C>(schema: ConfigSchema<C>, env: NodeJS.ProcessEnv): C {
  try {
    return loadConfig(schema, env);
  } catch (cause) {
    throw cause instanceof ConfigError ? new WrongUse(cause.message, { cause }) : cause;
  }
}
