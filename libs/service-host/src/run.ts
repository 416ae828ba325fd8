import { configExitCode, ConfigError, configJsonSchema, loadConfig, type BaseConfig } from './config.js';
import { createLogger, type Logger } from './logger.js';
import type { ServiceDefinition } from './service.js';
import { startService, type RunningService } from './start.js';

/** EX_USAGE of sysexits. */
const usageExitCode = 64;

/**
 * The whole of a main.ts. By the command line: nothing serves until told to stop, `migrate` brings the database up to
 * date and ends, `config` prints the JSON Schema of the environment and ends. Sets the exit code: 0, 1 for a failure,
 * 64 for an unknown command, 78 for a wrong configuration.
 */
export async function runService<C extends BaseConfig>(service: ServiceDefinition<C>): Promise<void> {
  const command = process.argv[2] ?? 'serve';
  if (command === 'config') {
    process.stdout.write(`${JSON.stringify(configJsonSchema(service.config), null, 2)}\n`);
    return;
  }
  if (command !== 'serve' && command !== 'migrate') {
    process.stderr.write(`unknown command "${command}": give none to serve, or "migrate" or "config"\n`);
    process.exitCode = usageExitCode;
    return;
  }
  const config = configOrExit(service);
  if (!config) return;
  const logger = createLogger(service.name, config.LOG_LEVEL);
  stopOnUncaught(logger);
  try {
    if (command === 'migrate') await migrate(service, config, logger);
    else stopWhenTold(await serve(service, config, logger), config, logger);
  } catch (error) {
    logger.fatal({ err: error }, command === 'migrate' ? 'migration failed' : 'start failed');
    process.exit(1);
  }
}

function configOrExit<C extends BaseConfig>(service: ServiceDefinition<C>): C | undefined {
  try {
    return loadConfig(service.config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = configExitCode;
    return undefined;
  }
}

async function migrate<C extends BaseConfig>(
  service: ServiceDefinition<C>,
  config: C,
  logger: Logger,
): Promise<void> {
  await service.migrate?.(config);
  logger.info(service.migrate ? 'migrated' : 'nothing to migrate');
}

async function serve<C extends BaseConfig>(
  service: ServiceDefinition<C>,
  config: C,
  logger: Logger,
): Promise<RunningService<C>> {
  const running = await startService(service, config, logger);
  const { url, metricsUrl } = running;
  logger.info({ url, metricsUrl, startMs: Math.round(process.uptime() * 1_000) }, 'listening');
  return running;
}

function stopWhenTold(running: RunningService<BaseConfig>, config: BaseConfig, logger: Logger): void {
  const stop = (reason: string): void => {
    logger.info({ reason }, 'asked to stop');
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ err: error }, 'stopped by force');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', () => stop('SIGTERM'));
  process.once('SIGINT', () => stop('SIGINT'));
  if (config.FLORIN_PARENT_PIPE === 'stdin') {
    process.stdin.once('close', () => stop('the parent process is gone'));
    process.stdin.on('error', () => undefined);
    process.stdin.resume();
  }
}

function stopOnUncaught(logger: Logger): void {
  const die = (error: unknown): void => {
    logger.fatal({ err: error }, 'uncaught error');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}
