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

/** A section that is told once, for all programs that read its variables. */
interface Shared {
  readonly title: string;
  readonly holds: (variable: string, everywhere: ReadonlySet<string>) => boolean;
  readonly text: string;
}

const sharedSections: readonly Shared[] = [
  { title: 'Every service', holds: (variable, everywhere) => everywhere.has(variable), text: '' },
  {
    title: 'PostgreSQL',
    holds: (variable) => variable.startsWith('DATABASE_'),
    text: `For a database that shows a certificate of an authority of your own, and is looked up by its name:

\`\`\`
DATABASE_URL_FILE=/run/secrets/wallet-database-url
DATABASE_TLS=verify-full
DATABASE_TLS_CA_FILE=/etc/florin/database-ca.pem
\`\`\``,
  },
  {
    title: 'Kafka',
    holds: (variable) => variable.startsWith('KAFKA_'),
    text: `For brokers whose listener is \`SASL_SSL\`:

\`\`\`
KAFKA_BROKERS=kafka-1.example.com:9093,kafka-2.example.com:9093
KAFKA_SSL=true
KAFKA_SSL_CA_FILE=/etc/florin/kafka-ca.pem
KAFKA_SASL_MECHANISM=scram-sha-512
KAFKA_SASL_USERNAME=florin
KAFKA_SASL_PASSWORD_FILE=/run/secrets/kafka-password
\`\`\`

Where the brokers check rights (ACLs), a user needs, each with the prefixes above before the name:

- a service: \`Read\` and \`Write\` on topics that begin with \`florin.\`, and \`Read\` on the group that is called like the service;
  a gateway needs none, and no service creates a topic;
- \`topics\`: \`Create\`, \`Describe\`, \`DescribeConfigs\`, \`Alter\` and \`AlterConfigs\` on the same topics; \`Describe\` and \`DescribeConfigs\` are enough for \`diff\`;
- \`events\` and \`operator\`: \`Read\` on these topics, \`Read\` and \`Delete\` on the groups that begin with \`florin-\`; \`operator\` also \`Write\` on the topics;
- brokers before 3.0: \`IdempotentWrite\` on the cluster for whoever writes.`,
  },
  {
    title: 'EventStoreDB',
    holds: (variable) => variable === 'EVENTSTORE_URL',
    text: `For a node that shows a certificate of an authority of your own:

\`\`\`
EVENTSTORE_URL=esdb://florin:password@eventstore.example.com:2113?tls=true&tlsCAFile=/etc/florin/eventstore-ca.pem
\`\`\``,
  },
];

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

/** The cells of a table's lines, by the variable that each is about. */
type Rows = ReadonlyMap<string, readonly string[]>;

/** The page of the configuration, not formatted. Asks the programs as they were built. */
export async function configurationPage(): Promise<string> {
  const asked = programs.map(async (name) => [name, rowsOf(await schemaOf(name))] as const);
  const rowsByProgram = new Map(await Promise.all(asked));
  const of = (program: (typeof programs)[number]): Rows => rowsByProgram.get(program) ?? new Map();
  // Each of these has all of what is shared.
  const common = new Map([...of('wallet'), ...of('identity')]);
  const everywhere = new Set([...of('gateway').keys()].filter((variable) => of('catalog').has(variable)));
  const titleOf = (variable: string) =>
    sharedSections.find(({ holds }) => holds(variable, everywhere))?.title;
  const shared = sharedSections.map(({ title, text }) => {
    const rows = [...common].filter(([variable]) => titleOf(variable) === title).map(([, row]) => row);
    return [`## ${title}`, table(columns, rows), text].filter((part) => part !== '').join('\n\n');
  });
  const own = [...rowsByProgram].map(([name, rows]) => ownSection(name, rows, { common, titleOf }));
  return [introduction, ...shared, ...own].join('\n\n');
}

interface Common {
  readonly common: Rows;
  readonly titleOf: (variable: string) => string | undefined;
}

/** What one program reads beside what is told for all; a variable that it has otherwise is its own. */
function ownSection(name: string, rows: Rows, { common, titleOf }: Common): string {
  const isShared = ([variable, row]: readonly [string, readonly string[]]) =>
    titleOf(variable) !== undefined && row.join() === common.get(variable)?.join();
  const titles = new Set([...rows].filter(isShared).map(([variable]) => titleOf(variable) ?? ''));
  const links = [...titles].map((title) => `[${title}](#${title.toLowerCase().replaceAll(' ', '-')})`);
  const own = [...rows].filter((entry) => !isShared(entry)).map(([, row]) => row);
  return [
    `## ${name}`,
    ...(links.length > 0 ? [`What is told under ${links.join(', ')}${own.length > 0 ? ', and' : '.'}`] : []),
    ...(own.length > 0 ? [table(columns, own)] : []),
  ].join('\n\n');
}

async function schemaOf(program: string): Promise<Schema> {
  const main = fileURLToPath(new URL(`../../../${program}/dist/main.js`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [main, 'config'], {
    env: {},
    timeout: 60_000,
  });
  return schemaSchema.parse(JSON.parse(stdout));
}

const columns = ['variable', 'what', 'default', 'required', 'secret'];

function rowsOf({ properties, required, allOf }: Schema): Rows {
  const needed = new Set([
    ...required,
    ...allOf.flatMap(({ oneOf }) => oneOf.flatMap((one) => one.required)),
  ]);
  const isTwin = (variable: string) => variable.replace(/_FILE$/, '') in properties;
  const rows = Object.entries(properties)
    .filter(([variable]) => !variable.endsWith('_FILE') || !isTwin(variable))
    .map(([variable, property]): [string, string[]] => [
      variable,
      [
        `${variable}_FILE` in properties
          ? `${code(variable)} or ${code(`${variable}_FILE`)}`
          : code(variable),
        `${property.description}${property.enum ? `: ${property.enum.map(code).join(', ')}` : ''}`,
        property.default === '' ? '' : code(property.default),
        needed.has(variable) ? 'yes' : '',
        property.writeOnly ? 'yes' : '',
      ],
    ]);
  return new Map(rows);
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
