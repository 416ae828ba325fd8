import {
  baseConfig,
  type BaseConfig,
  ConfigError,
  configExitCode,
  configJsonSchema,
  type ConfigSchema,
  databaseConfig,
  loadConfig,
} from '@florin/configuration';
import { createLogger, endProcess, type Logger } from './logger.js';
import type { ServiceDefinition } from './service.js';
import { startService, type RunningService } from './start.js';

/** EX_USAGE of sysexits. */
const usageExitCode = 64;

const usage = `Serves until told to stop. Commands:
  (none)   serve
  migrate  bring the database up to date, and end
  check    say what is wrong with the environment, and end
  config   print the JSON Schema of the environment, and end
`;

/**
 * The whole of a main.ts. Does what the command line says and sets the exit code: 0, 1 for a failure, 64 for an unknown
 * command, 78 for a wrong configuration.
 */
export async function runService<C extends BaseConfig>(service: ServiceDefinition<C>): Promise<void> {
  const command = process.argv[2] ?? 'serve';
  switch (command) {
    case 'serve':
      return serveUntilTold(service);
    case 'migrate':
      return migrate(service);
    case 'check':
      if (configOrExit(service.config)) process.stdout.write('nothing is wrong with the environment\n');
      return;
    case 'config':
      process.stdout.write(`${JSON.stringify(configJsonSchema(service.config), null, 2)}\n`);
      return;
    case '--help':
    case '-h':
    case 'help':
      process.stdout.write(`${service.name}: ${service.about ?? 'a service of Florin.'}\n${usage}`);
      return;
    default:
      process.stderr.write(`unknown command "${command}"\n${usage}`);
      process.exitCode = usageExitCode;
  }
}

/** What it takes to bring a database up to date. */
const migrationConfig = baseConfig
  .pick({ LOG_LEVEL: true, FLORIN_PARENT_PIPE: true })
  .extend(databaseConfig());

function configOrExit<C>(schema: ConfigSchema<C>): C | undefined {
  try {
    return loadConfig(schema);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = configExitCode;
    return undefined;
  }
}

/** Reads no more of the environment than a migration needs, so that it can run where nothing serves. */
async function migrate<C extends BaseConfig>({ name, migrate: run }: ServiceDefinition<C>): Promise<void> {
  if (run === undefined) {
    process.stdout.write(`${name} has no database: there is nothing to migrate\n`);
    return;
  }
  const config = configOrExit(migrationConfig);
  if (!config) return;
  const logger = createLogger(name, config.LOG_LEVEL);
  endOnUncaught(logger);
  watchParent(config, () => endWithParent(logger));
  try {
    // It may take longer than any other statement may.
    await run({ ...config, DATABASE_STATEMENT_TIMEOUT_MS: 0 });
    logger.info('migrated');
  } catch (error) {
    logger.fatal({ err: error }, 'migration failed');
    await endProcess(1);
  }
  await endProcess(0);
}

async function serveUntilTold<C extends BaseConfig>(service: ServiceDefinition<C>): Promise<void> {
  const config = configOrExit(service.config);
  if (!config) return;
  const logger = createLogger(service.name, config.LOG_LEVEL);
  endOnUncaught(logger);
  let onParentGone = (): void => endWithParent(logger);
  watchParent(config, () => onParentGone());
  try {
    const stop = stopOf(await serve(service, config, logger), logger);
    onParentGone = () => stop(parentGone);
    process.once('SIGTERM', () => stop('SIGTERM'));
    process.once('SIGINT', () => stop('SIGINT'));
  } catch (error) {
    logger.fatal({ err: error }, 'start failed');
    await endProcess(1);
  }
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

function stopOf(running: RunningService<BaseConfig>, logger: Logger): (reason: string) => void {
  return (reason) => {
    logger.info({ reason }, 'asked to stop');
    void running.stop().then(
      () => endProcess(0),
      (error: unknown) => {
        logger.fatal({ err: error }, 'stopped by force');
        return endProcess(1);
      },
    );
  };
}

const parentGone = 'the parent process is gone';

/** From here on, so that a parent that dies during the start is not outlived either. */
function watchParent({ FLORIN_PARENT_PIPE }: Partial<BaseConfig>, gone: () => void): void {
  if (FLORIN_PARENT_PIPE !== 'stdin') return;
  process.stdin.once('close', gone);
  process.stdin.on('error', () => undefined);
  process.stdin.resume();
}

/** Before anything is served, and while a database is migrated in transactions, there is nothing to end in order. */
function endWithParent(logger: Logger): void {
  logger.info({ reason: parentGone }, 'ended before it served');
  void endProcess(1);
}

function endOnUncaught(logger: Logger): void {
  const die = (error: unknown): void => {
    logger.fatal({ err: error }, 'uncaught error');
    void endProcess(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}
