import { parse } from 'yaml';
import { z } from 'zod';

const serviceSchema = z.object({
  image: z.string(),
  build: z.object({ dockerfile: z.string() }).optional(),
  command: z.array(z.string()).default([]),
  restart: z.string(),
  environment: z.record(z.string(), z.union([z.string(), z.number()]).transform(String)).default({}),
  secrets: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.looseObject({ disable: z.boolean().default(false) }).optional(),
});

const fileSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
});

export type ComposeService = z.output<typeof serviceSchema>;
export type ComposeFile = z.output<typeof fileSchema>;

/** What an app reads from its environment. */
export interface Environment {
  readonly properties: object;
  readonly required: readonly string[];
  /** Of each of these, one. */
  readonly oneOf: ReadonlyArray<readonly string[]>;
}

/** What the code says of itself. */
export interface Facts {
  /** Each app's environment as `main.js config` prints it, by the path of its entry point. */
  readonly environments: ReadonlyMap<string, Environment>;
  /** The secrets that `infra/secrets.mjs` makes, by file name. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Whether the repository, built, has this file. */
  readonly exists: (path: string) => boolean;
}

/** Reads a Compose file with the default of each variable that it leaves open. Throws what is wrong with its form. */
export function readCompose(text: string): ComposeFile {
  const filled = (_: unknown, value: unknown): unknown =>
    typeof value === 'string' ? value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1') : value;
  return fileSchema.parse(parse(text, filled, { merge: true, uniqueKeys: true }));
}

/** Holds a Compose file against the code: a sentence for everything in which they disagree. */
export function checkCompose(file: ComposeFile, facts: Facts): string[] {
  return Object.entries(file.services).flatMap(([name, service]) =>
    [
      ...imageProblems(service, facts),
      ...environmentProblems(service, facts),
      ...secretProblems(service, file, facts),
      ...addressProblems(name, service, file, facts),
      ...dependencyProblems(service, file),
      ...orderProblems(name, service),
      ...portProblems(name, service),
    ].map((problem) => `${name}: ${problem}`),
  );
}

function imageProblems({ image, build, command }: ComposeService, { exists }: Facts): string[] {
  if (!build) return /:\d+\.\d+[\w.-]*$/.test(image) ? [] : [`the image ${image} is not pinned`];
  const files = [build.dockerfile, command[0] ?? 'a command'];
  return files.filter((path) => !exists(path)).map((path) => `${path} does not exist`);
}

function environmentProblems({ command, environment }: ComposeService, { environments }: Facts): string[] {
  const [entry = ''] = command;
  const known = environments.get(entry);
  if (!known) return entry.startsWith('apps/') ? [`${entry} prints no configuration`] : [];
  const unknown = Object.keys(environment).filter((variable) => !(variable in known.properties));
  return [
    ...unknown.map((variable) => `${variable} is not in the configuration of ${entry}`),
    ...known.required
      .filter((variable) => !(variable in environment))
      .map((variable) => `${variable} is not set`),
    ...known.oneOf
      .filter((variables) => !variables.some((variable) => variable in environment))
      .map((variables) => `neither ${variables.join(' nor ')} is set`),
  ];
}

/** What a service names under /run/secrets it is given, it is given no more, and the script makes it. */
function secretProblems(service: ComposeService, file: ComposeFile, facts: Facts): string[] {
  const named = Object.values(service.environment)
    .filter((value) => value.startsWith('/run/secrets/'))
    .map((value) => value.slice('/run/secrets/'.length));
  const unmade = (name: string): boolean =>
    file.secrets[name]?.file !== `.florin/compose/${name}` || !facts.secrets.has(name);
  return [
    ...named
      .filter((name) => !service.secrets.includes(name))
      .map((name) => `is not given the secret ${name}`),
    ...service.secrets.filter(unmade).map((name) => `nobody makes the secret ${name}`),
    ...(service.build ? service.secrets : [])
      .filter((name) => !named.includes(name))
      .map((name) => `is given the secret ${name} and has no use for it`),
  ];
}

/** Every address leads to a service of this file, at the port that it listens on. */
function addressProblems(name: string, service: ComposeService, file: ComposeFile, facts: Facts): string[] {
  if (!service.build) return [];
  return Object.entries(service.environment).flatMap(([variable, value]) => {
    if (!/_(URL|URL_FILE|BROKERS)$/.test(variable)) return [];
    const secret = facts.secrets.get(value.slice('/run/secrets/'.length));
    return hostsOf(secret ?? value).flatMap(({ host, port }) => {
      const target = file.services[host];
      if (!target) return [`${variable} leads to ${host}, which is no service`];
      const listens = portOf(target);
      return listens === port
        ? []
        : [`${variable} leads to port ${port} of ${host}, which listens on ${listens}`];
    });
  });
}

function hostsOf(value: string): { host: string; port: string }[] {
  return value.split(',').map((address) => {
    const { hostname, port } = new URL(address.includes('://') ? address : `tcp://${address}`);
    return { host: hostname, port };
  });
}

function portOf({ environment }: ComposeService): string | undefined {
  const listeners = environment['KAFKA_LISTENERS'];
  if (listeners !== undefined) return /^PLAINTEXT:\/\/:(\d+)/.exec(listeners)?.[1];
  if ('POSTGRES_PASSWORD_FILE' in environment) return '5432';
  return environment['EVENTSTORE_NODE_PORT'] ?? environment['PORT'];
}

function dependencyProblems({ depends_on }: ComposeService, { services }: ComposeFile): string[] {
  return Object.entries(depends_on).flatMap(([name, { condition }]) => {
    const on = services[name];
    if (!on) return [`depends on ${name}, which is no service`];
    const healthy =
      condition === 'service_healthy' && on.restart !== 'no' && on.healthcheck?.disable !== true;
    const completed = condition === 'service_completed_successfully' && on.restart === 'no';
    return healthy || completed ? [] : [`waits for ${name} to be ${condition}, which never happens`];
  });
}

/** Engines say whether they are healthy, steps wait for theirs, and services for the steps that they need. */
function orderProblems(name: string, service: ComposeService): string[] {
  const { build, command, depends_on, environment, healthcheck, restart } = service;
  if (!build) return healthcheck ? [] : ['does not say whether it is healthy'];
  const isMigration = command[1] === 'migrate';
  const needs = [
    ...('DATABASE_URL_FILE' in environment ? [isMigration ? 'postgres' : `${name}-migrate`] : []),
    ...('KAFKA_BROKERS' in environment && !isMigration ? [restart === 'no' ? 'kafka' : 'topics'] : []),
    ...('EVENTSTORE_URL' in environment && !isMigration ? ['eventstore'] : []),
  ];
  return needs.filter((need) => !(need in depends_on)).map((need) => `does not wait for ${need}`);
}

/** The gateway's port is the only one outside, on this machine alone. */
function portProblems(name: string, { ports, environment }: ComposeService): string[] {
  const expected = name === 'gateway' ? [`127.0.0.1:8080:${environment['PORT']}`] : [];
  return ports.join() === expected.join() ? [] : [`publishes ${ports.join() || 'nothing'}`];
}
