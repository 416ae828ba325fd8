import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { z } from 'zod';
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

const rfc3339 = z.iso.datetime({ offset: true });

/**
 * The instant that a text names as RFC 3339 does, in ms since the epoch; seconds may be left out. `undefined` for any other
 * text: `Date.parse` alone takes days that no month has, and times without a zone for those of this machine.
 */
export function instantIn(text: string): number | undefined {
  const whole = text.replace(/(T\d{2}:\d{2})(?=Z$|[+-])/, '$1:00');
  return rfc3339.safeParse(whole).success ? Date.parse(whole) : undefined;
}
