import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

/** What reads its environment, in the order of the page. */
const programs = [
  'gateway',
  'identity',
  'wallet',
  'payments',
  'catalog',
  'notifications',
  'topics',
  'auditor',
  'events',
  'operator',
] as const;

const introduction = `# Configuration

This page is made from the schemas that each program checks its environment with, by \`npm run docs\`; a test fails when it is out of date.

- **Checked at the start**: one sentence for everything that is missing or wrong, without a word of what a variable holds, and exit code 78.
  \`node apps/<service>/dist/main.js check\` says the same and ends (topics, auditor, events and operator have no \`check\`); \`config\` prints the JSON Schema.
  The auditor, events and operator take it for wrong use: exit code 2.
- **From files**: of \`NAME\` or \`NAME_FILE\` set one. The second names a file, as secrets are mounted; spaces and line breaks around its text are left out.
- **An empty variable** counts as one that is not set.
- **Migrations** (\`node apps/<service>/dist/main.js migrate\`) read \`LOG_LEVEL\` and \`DATABASE_*\` and nothing else.
- **Certificates and keys** are PEM.
- **Prefixes** let several installations share a Kafka. Only the brokers see them, and what the Kafka client logs: events and metrics have the names without.
- **EventStoreDB** has its TLS and its user in its connection string, of which the client's options \`tls\`, \`tlsCAFile\`, \`userCertFile\` and \`userKeyFile\` can be part.`;

const schemaSchema = z.object({
  properties: z.record(
    z.string(),
    z.object({
      description: z.string().default(''),
      default: z.string().default(''),
      enum: z.array(z.string()).optional(),
      writeOnly: z.boolean().default(false),
    }),
  ),
  required: z.array(z.string()),
  allOf: z.array(z.object({ oneOf: z.array(z.object({ required: z.array(z.string()) })) })).default([]),
});

type Schema = z.output<typeof schemaSchema>;

/** The page of the configuration, not formatted. Asks the programs as they were built. */
export async function configurationPage(): Promise<string> {
  const sections = await Promise.all(programs.map(async (name) => section(name, await schemaOf(name))));
  return [introduction, ...sections].join('\n\n');
}

async function schemaOf(program: string): Promise<Schema> {
  const main = fileURLToPath(new URL(`../../../${program}/dist/main.js`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [main, 'config'], {
    env: {},
    timeout: 60_000,
  });
  return schemaSchema.parse(JSON.parse(stdout));
}

function section(name: string, { properties, required, allOf }: Schema): string {
  const needed = new Set([
    ...required,
    ...allOf.flatMap(({ oneOf }) => oneOf.flatMap((one) => one.required)),
  ]);
  const isTwin = (variable: string) => variable.replace(/_FILE$/, '') in properties;
  const rows = Object.entries(properties)
    .filter(([variable]) => !variable.endsWith('_FILE') || !isTwin(variable))
    .map(([variable, property]) => [
      `${variable}_FILE` in properties ? `${code(variable)} or ${code(`${variable}_FILE`)}` : code(variable),
      `${property.description}${property.enum ? `: ${property.enum.map(code).join(', ')}` : ''}`,
      property.default === '' ? '' : code(property.default),
      needed.has(variable) ? 'yes' : '',
      property.writeOnly ? 'yes' : '',
    ]);
  return `## ${name}\n\n${table(['variable', 'what', 'default', 'required', 'secret'], rows)}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
