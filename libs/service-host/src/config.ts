import { marketSchema } from '@florin/contracts';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Exit code of a wrong configuration: EX_CONFIG of sysexits. */
export const configExitCode = 78;

/** A whole number written as text, as in an environment variable or a query: `"8080"`. */
export function integerText(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(min < 0 ? /^-?\d{1,15}$/ : /^\d{1,15}$/, message)
    .transform(Number)
    .pipe(z.int().min(min, message).max(max, message));
}

/** An http or https address without a trailing slash. */
export function httpUrl() {
  return z
    .url({ protocol: /^https?$/, error: 'must be an http or https address such as http://127.0.0.1:8080' })
    .transform((url) => url.replace(/\/+$/, ''));
}

/** Values separated by commas, spaces around them left out: `it, br`; at least one, none empty. */
export function commaList<Item extends z.ZodType<unknown, string>>(item: Item) {
  return z
    .string()
    .transform((list) => list.split(',').map((value) => value.trim()))
    .pipe(z.array(item).min(1));
}

/** A switch: `true`, or `false`, as it is where nothing is set. */
export function switchText() {
  return z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true');
}

/** What a service with a database of its own reads; `leastPool` connections are what it cannot work without. */
export function databaseConfig(leastPool = 2) {
  return {
    DATABASE_URL: secretFromFile('PostgreSQL connection string'),
    DATABASE_POOL_SIZE: integerText(leastPool, 200).default(10),
  };
}

/** What a service that reads or writes events reads. */
export const kafkaConfig = {
  KAFKA_BROKERS: commaList(z.string().min(1, 'must not have an empty place')).meta({
    description: 'host:port of Kafka brokers, separated by commas',
  }),
};

/** The markets that a service works for; `what` describes them. */
export function marketsConfig(what: string) {
  return { MARKETS: commaList(marketSchema).meta({ description: `${what}, separated by commas: it,br,in` }) };
}

/** A secret: read from the variable itself or, with `_FILE` after its name, from the file that it names. */
export function secretFromFile(description = 'secret') {
  return z.string().min(1, 'must not be empty').meta({ description, secretFromFile: true });
}

/** What every service reads from its environment. */
export const baseConfig = z.object({
  HOST: z.string().default('127.0.0.1').meta({ description: 'Address to listen on' }),
  PORT: integerText(0, 65_535).meta({ description: 'Port to listen on; 0 takes a free one' }),
  METRICS_PORT: integerText(0, 65_535).optional().meta({
    description: 'Port that serves /metrics and nothing else; where it is not set, PORT serves them',
  }),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  ISSUER: httpUrl().meta({ description: 'Issuer that tokens must name in `iss`' }),
  JWKS_URL: httpUrl().meta({ description: 'Where the public keys of the issuer are' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl().optional().meta({
    description: 'OpenTelemetry collector (OTLP over HTTP); spans are exported only where it is set',
  }),
  SHUTDOWN_DELAY_MS: integerText(0, 5_000).default(0).meta({
    description: 'How long to say "not ready" before the port closes, for load balancers that poll',
  }),
  FLORIN_PARENT_PIPE: z
    .enum(['stdin'])
    .optional()
    .meta({ description: 'Stop when this stream closes: set by a parent process that must not outlive us' }),
});

export type BaseConfig = z.output<typeof baseConfig>;
export type ConfigSchema<C = unknown> = z.ZodObject & z.ZodType<C>;

/** A configuration that cannot be used: one message per value, none of which contains a value. */
export class ConfigError extends Error {
  constructor(readonly messages: readonly string[]) {
    super(messages.join('\n'));
    this.name = 'ConfigError';
  }
}

/** Reads and checks the environment. Throws ConfigError. An empty variable counts as missing. */
export function loadConfig<C>(schema: ConfigSchema<C>, env: NodeJS.ProcessEnv = process.env): C {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = isSecret(schema, name) ? readSecret(name, env, problems) : env[name];
    if (value !== undefined && value !== '') values[name] = value;
  }
  const result = schema.safeParse(values);
  const reported = new Set(problems.map((problem) => problem.split(':')[0]));
  for (const issue of result.error?.issues ?? []) {
    const name = issue.path.map(String).join('.');
    if (reported.has(name)) continue;
    reported.add(name);
    problems.push(`${name}: ${name in values ? issue.message : missing(schema, name)}`);
  }
  if (result.success && problems.length === 0) return result.data;
  throw new ConfigError(problems);
}

/** JSON Schema of the environment, `FOO_FILE` included for every secret `FOO`. */
export function configJsonSchema(schema: ConfigSchema): Record<string, unknown> {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const properties: Record<string, unknown> = { ...json.properties };
  const secrets = Object.keys(schema.shape).filter((name) => isSecret(schema, name));
  for (const name of secrets) {
    properties[`${name}_FILE`] = { type: 'string', description: `File that holds ${name}` };
  }
  const required = (json.required ?? []).filter((name) => !secrets.includes(name));
  return { ...json, properties, required };
}

function isSecret(schema: ConfigSchema, name: string): boolean {
  const field: unknown = schema.shape[name];
  return field instanceof z.ZodType && field.meta()?.['secretFromFile'] === true;
}

function readSecret(name: string, env: NodeJS.ProcessEnv, problems: string[]): string | undefined {
  const file = env[`${name}_FILE`];
  if (file === undefined || file === '') return env[name];
  if (env[name]) {
    problems.push(`${name}: set either ${name} or ${name}_FILE, not both`);
    return undefined;
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    problems.push(
      `${name}: the file that ${name}_FILE names cannot be read (${(error as { code?: string }).code})`,
    );
    return undefined;
  }
}

function missing(schema: ConfigSchema, name: string): string {
  const description: unknown = (schema.shape[name] as z.ZodType | undefined)?.meta()?.['description'];
  const what = typeof description === 'string' ? ` (${description})` : '';
  return isSecret(schema, name) ? `is missing; set it or ${name}_FILE${what}` : `is missing${what}`;
}
