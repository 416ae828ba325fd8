import { marketSchema } from '@florin/contracts';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Exit code of a wrong configuration: EX_CONFIG of sysexits. */
export const configExitCode = 78;

/** A whole number written as text, as in an environment variable or a query: `"8080"`. Its bounds are told with its description. */
export function integerText(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(min < 0 ? /^-?\d{1,16}$/ : /^\d{1,16}$/, { error: message, abort: true })
    .refine((text) => Number.isSafeInteger(Number(text)), message)
    .transform(Number)
    .pipe(z.int().min(min, message).max(max, message))
    .meta({ bounds: `${min} to ${max}` });
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

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `must be one of ${words.join(', ')}` });
}

/** A switch: `true`, or `false`, as it is where nothing is set. */
export function switchText() {
  return oneOf(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true');
}

const knownMarket = z.enum(marketSchema.options, {
  error: `has what is not a market; there are ${marketSchema.options.join(', ')}`,
});

/** The markets that a service works for; `what` describes them. */
export function marketsConfig(what: string) {
  return { MARKETS: commaList(knownMarket).meta({ description: `${what}, separated by commas: it,br,in` }) };
}

/** A secret: read from the variable itself or, with `_FILE` after its name, from the file that it names. */
export function secretFromFile(description = 'secret') {
  return z.string().min(1, 'must not be empty').meta({ description, fromFile: true, secret: true });
}

/** Another variable that one makes no sense without; `of` are the values that it may have then. */
export interface Need {
  readonly name: string;
  readonly of?: readonly string[];
  /** Only where the environment says these, in whatever letters. */
  readonly when?: Readonly<Record<string, string>>;
}

/** Certificates or a key in PEM, from the variable or a file as a secret is; not required. */
export function pemFromFile(description: string, more: { secret?: boolean; needs?: readonly Need[] }) {
  return z
    .string()
    .regex(/^-----BEGIN [A-Z ]+-----$/m, 'must be PEM: -----BEGIN …')
    .optional()
    .meta({ description, fromFile: true, ...more });
}

/** What every service reads from its environment. */
export const baseConfig = z.object({
  HOST: z.string().default('127.0.0.1').meta({ description: 'Address to listen on' }),
  PORT: integerText(0, 65_535).meta({ description: 'Port to listen on; 0 takes a free one' }),
  METRICS_PORT: integerText(0, 65_535).optional().meta({
    description: 'Port that serves /metrics and nothing else; where it is not set, PORT serves them',
  }),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info').meta({
    description: 'What is logged: lines of this level and above',
  }),
  NODE_ENV: oneOf(['development', 'test', 'production']).default('development').meta({
    description: 'Where this runs; production refuses what is for development alone',
  }),
  ISSUER: httpUrl().meta({ description: 'Issuer that tokens must name in `iss`' }),
  JWKS_URL: httpUrl().meta({ description: 'Where the public keys of the issuer are' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl().optional().meta({
    description: 'OpenTelemetry collector (OTLP over HTTP); spans are exported only where it is set',
  }),
  SHUTDOWN_DELAY_MS: integerText(0, 5_000).default(0).meta({
    description: 'How long to say "not ready" before the port closes, for load balancers that poll',
  }),
  FLORIN_PARENT_PIPE: z.enum(['stdin']).optional().meta({
    description: 'Stop when this stream closes: set by a parent process that must not outlive us',
    internal: true,
  }),
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
    const value = isFromFile(schema, name) ? readSecret(name, env, problems) : env[name];
    if (value !== undefined && value !== '') values[name] = value;
  }
  const result = schema.safeParse(values);
  const reported = new Set<string | undefined>(problems.map((problem) => problem.split(':')[0]));
  for (const issue of result.error?.issues ?? []) {
    // A place within a list is not a variable.
    const name = String(issue.path[0]);
    if (reported.has(name)) continue;
    reported.add(name);
    problems.push(`${name}: ${name in values ? issue.message : missing(schema, name)}`);
  }
  problems.push(...unmetNeeds(schema, values, { env, reported }));
  if (result.success && problems.length === 0) return result.data;
  throw new ConfigError(problems);
}

/** Values that are right each by itself and make no sense together. */
function unmetNeeds(
  schema: ConfigSchema,
  values: Readonly<Record<string, string>>,
  { env, reported }: { readonly env: NodeJS.ProcessEnv; readonly reported: ReadonlySet<string | undefined> },
): string[] {
  const isSo = ([name, value]: [string, string]) => env[name]?.toLowerCase() === value;
  return Object.keys(values).flatMap((name) => {
    const needs = (metaOf(schema, name)['needs'] ?? []) as readonly Need[];
    const unmet = needs.filter((need) => {
      if (reported.has(name) || reported.has(need.name)) return false;
      if (!Object.entries(need.when ?? {}).every(isSo)) return false;
      const value = values[need.name] ?? defaultOf(schema, need.name).default;
      return need.of === undefined ? value === undefined : !need.of.includes(value ?? '');
    });
    return unmet.map((need) => `${name}: needs ${textOf(need)}`);
  });
}

function textOf({ name, of, when }: Need): string {
  const needed = of === undefined ? name : `${name}=${of.join('|')}`;
  const where = Object.entries(when ?? {}).map(([other, value]) => `${other}=${value}`);
  return where.length === 0 ? needed : `${needed} (where ${where.join(' and ')})`;
}

/**
 * JSON Schema of the environment: texts all of them, `FOO_FILE` beside every `FOO` that a file may hold; secrets are
 * `writeOnly`. What only our own programs set is left out.
 */
export function configJsonSchema(schema: ConfigSchema): Record<string, unknown> {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const properties: Record<string, unknown> = {};
  for (const [name, { internal, fromFile, secret, needs, bounds, ...property }] of Object.entries(
    (json.properties ?? {}) as Record<string, Record<string, unknown>>,
  )) {
    if (internal === true) continue;
    const need = Array.isArray(needs) ? `. Needs ${(needs as Need[]).map(textOf).join(', ')}` : '';
    const description = `${String(property['description'] ?? name)}${typeof bounds === 'string' ? `; ${bounds}` : ''}${need}`;
    properties[name] = {
      ...property,
      description,
      ...(secret === true && { writeOnly: true }),
      ...defaultOf(schema, name),
    };
    if (fromFile === true)
      properties[`${name}_FILE`] = { type: 'string', description: `File that holds ${name}` };
  }
  const required = json.required ?? [];
  const eitherOr = required
    .filter((name) => isFromFile(schema, name))
    .map((name) => ({ oneOf: [{ required: [name] }, { required: [`${name}_FILE`] }] }));
  return {
    ...json,
    properties,
    required: required.filter((name) => !isFromFile(schema, name)),
    ...(eitherOr.length > 0 && { allOf: eitherOr }),
  };
}

/** The default of a variable as one would write it, which zod leaves out where a text becomes something else. */
function defaultOf(schema: ConfigSchema, name: string): { default?: string } {
  const field: unknown = schema.shape[name];
  const result = field instanceof z.ZodType ? field.safeParse(undefined) : undefined;
  return result?.success && result.data !== undefined ? { default: String(result.data) } : {};
}

function metaOf(schema: ConfigSchema, name: string): Readonly<Record<string, unknown>> {
  const field: unknown = schema.shape[name];
  return (field instanceof z.ZodType ? field.meta() : undefined) ?? {};
}

function isFromFile(schema: ConfigSchema, name: string): boolean {
  return metaOf(schema, name)['fromFile'] === true;
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
  const { description } = metaOf(schema, name);
  const what = typeof description === 'string' ? ` (${description})` : '';
  return isFromFile(schema, name) ? `is missing; set it or ${name}_FILE${what}` : `is missing${what}`;
}
