import {
  cloudEvent,
  deadLetterTopic,
  eventDefinitions,
  topics,
  type EventDefinition,
  type Topic,
} from '@florin/contracts';
import { toKafkaMessage } from '@florin/messaging';
import { z } from 'zod';
import { introduction } from './introduction.js';

const time = '2026-11-21T12:00:00.000Z';
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

const withoutTrace = {
  always: 'It never has `traceparent`.',
  'after a restart': 'It has no `traceparent` where the wallet was restarted after deciding.',
};

/** The documentation of the events: contents by path under `docs/`, not formatted. */
export function eventsPages(): Map<string, string> {
  const schemas = eventDefinitions().map(
    (definition) => [`events/${definition.type}.schema.json`, JSON.stringify(schemaOf(definition))] as const,
  );
  return new Map([['events.md', page()], ...schemas]);
}

function page(): string {
  const overview = table(
    ['topic', 'key', 'partitions', 'kept', 'dead letters (kept 28 days)', 'what'],
    Object.values<Topic>(topics).map(({ name, key, partitions, retentionMs, description }) => [
      `[${code(name)}](#${name.replaceAll('.', '')})`,
      key,
      String(partitions),
      `${retentionMs / 86_400_000} days`,
      code(deadLetterTopic(name)),
      description,
    ]),
  );
  return [introduction, '## Topics', overview, ...Object.values<Topic>(topics).map(sectionOf)].join('\n\n');
}

function sectionOf({ name, description }: Topic): string {
  const own = eventDefinitions().filter(({ topic }) => topic === name);
  return [`## ${name}`, description, ...own.map(eventSection)].join('\n\n');
}

function eventSection(definition: EventDefinition): string {
  const { type, description, untraced } = definition;
  const trace = untraced === undefined ? '' : ` ${withoutTrace[untraced]}`;
  const schema = schemaOf(definition);
  return [
    `### ${type}`,
    `${description}${trace} [JSON Schema](events/${type}.schema.json)`,
    '```\n' + exampleOf(definition) + '\n```',
    table(['field', 'type', 'what'], rowsOf(schema)),
  ].join('\n\n');
}

/** The message as the publisher makes it. */
function exampleOf(definition: EventDefinition): string {
  const trace = definition.untraced === 'always' ? {} : { traceparent };
  const event = cloudEvent(definition, { ...definition.example, time, ...trace });
  const { headers, key, value } = toKafkaMessage(event);
  const lines = Object.entries(headers).map(([name, text]) => `${name}: ${text}`);
  return [`key: ${key}`, ...lines, '', JSON.stringify(JSON.parse(value), undefined, 2)].join('\n');
}

interface Schema {
  readonly title?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly description?: string;
}

/** As readers should see it: fields may be added. */
function schemaOf({ type, description, data }: EventDefinition): Schema {
  const schema = z.toJSONSchema(data, { io: 'input' }) as Schema;
  return { ...schema, title: type, description };
}

/** Every field with its path; those of an object or list follow it. */
function rowsOf(schema: Schema, path = '', defs = schema.$defs ?? {}): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const own = resolved(field, defs);
    const place = `${path}${name}`;
    const row = [code(place), typeOf(own), field.description ?? own.description ?? ''];
    const inner = own.items === undefined ? own : resolved(own.items, defs);
    return [row, ...rowsOf(inner, own.items === undefined ? `${place}.` : `${place}[].`, defs)];
  });
}

function resolved(schema: Schema, defs: Readonly<Record<string, Schema>>): Schema {
  return schema.$ref === undefined ? schema : (defs[schema.$ref.replace('#/$defs/', '')] ?? schema);
}

function typeOf({ type = '', format, pattern, enum: values, anyOf, items }: Schema): string {
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ');
  if (values !== undefined) return values.map(code).join(', ');
  if (items !== undefined) return 'list of objects';
  if (format !== undefined) return `${type} (${format.toUpperCase()})`;
  return pattern === undefined ? type : `${type} ${code(pattern.replaceAll('|', '\\|'))}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}
