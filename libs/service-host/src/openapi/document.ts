import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Access } from '../auth/access.js';
import type { Route } from '../http/routes.js';
import { inputsOf } from '../http/validation.js';
import { commonProblems, type ProblemDefinition } from '../problems.js';
import { answersOf, problemsOf, summaryOf } from './decorators.js';

type Json = Record<string, unknown>;

/** The parts of an OpenAPI document that readers of ours change. */
export interface OpenApiDocument extends Json {
  openapi: '3.1.0';
  info: { title: string; version: string };
  paths: Record<string, Record<string, Json>>;
}

const problemSchema = {
  type: 'object',
  description: 'RFC 9457. `type` says which problem and never changes; `detail` is for people.',
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    traceId: { type: 'string', description: 'What to quote when asking for help' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { pointer: { type: 'string', description: 'JSON pointer' }, detail: { type: 'string' } },
        required: ['pointer', 'detail'],
      },
    },
  },
  required: ['type', 'title', 'status', 'detail'],
};

/** OpenAPI 3.1 of the routes of a service, from their decorators and zod schemas. */
export function openApiDocument(service: string, routes: readonly Route[]): OpenApiDocument {
  const schemas = new SchemaComponents();
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route, schemas);
  }
  return {
    openapi: '3.1.0',
    info: { title: `Florin ${service}`, version: '1' },
    paths,
    components: {
      schemas: { Problem: problemSchema, ...schemas.all },
      securitySchemes: {
        person: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Access token of a person',
        },
        service: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Token of a service, with scopes',
        },
      },
    },
  };
}

function operation(route: Route, schemas: SchemaComponents): Json {
  const inputs = inputsOf(route.handler);
  const body = inputs.find(({ part }) => part === 'body');
  const summary = summaryOf(route.handler);
  return {
    operationId: route.name.replace(/Controller\./, '_'),
    ...(summary === undefined ? {} : { summary }),
    security: security(route.access),
    parameters: inputs
      .filter(({ part }) => part !== 'body')
      .flatMap(({ part, schema }) => parameters(part, schema, schemas)),
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemas.of(body.schema, 'input') } },
      },
    }),
    responses: { ...answers(route, schemas), ...problems(route, inputs.length > 0, body !== undefined) },
  };
}

function security(access: Access): Json[] {
  if (access.kind === 'public') return [];
  return access.kind === 'person' ? [{ person: [] }] : [{ service: [access.scope] }];
}

function parameters(part: string, schema: z.ZodType, schemas: SchemaComponents): Json[] {
  const { properties = {}, required = [] } = schemas.of(schema, 'input') as {
    properties?: Json;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: part,
    required: part === 'path' || required.includes(name),
    schema: property,
  }));
}

function answers(route: Route, schemas: SchemaComponents): Json {
  return Object.fromEntries(
    answersOf(route.handler).map(({ status, schema, description, mediaType }) => [
      String(status),
      { description, ...(schema && { content: { [mediaType]: { schema: schemas.of(schema, 'output') } } }) },
    ]),
  );
}

function problems(route: Route, hasInput: boolean, hasBody: boolean): Json {
  const p = commonProblems;
  const all: ProblemDefinition[] = [
    ...(hasBody
      ? [p['malformed-json'], p['duplicate-key'], p['payload-too-large'], p['unsupported-media-type']]
      : []),
    ...(hasInput ? [p['invalid-request']] : []),
    ...(route.access.kind === 'public'
      ? []
      : [p['token-missing'], p['token-invalid'], p['token-expired'], p['token-foreign'], p.unavailable]),
    ...(route.access.kind === 'internal' ? [p.forbidden] : []),
    ...problemsOf(route.handler),
    p.internal,
  ];
  const byStatus = Map.groupBy(new Set(all), ({ status }) => String(status));
  return Object.fromEntries(
    [...byStatus].map(([status, definitions]) => [
      status,
      {
        description: definitions.map(({ title, type }) => `${title} (\`${type}\`)`).join('; '),
        content: {
          'application/problem+json': {
            schema: {
              allOf: [{ $ref: '#/components/schemas/Problem' }],
              properties: { type: { enum: definitions.map(({ type }) => type) } },
            },
          },
        },
      },
    ]),
  );
}

/** JSON Schemas of zod schemas; what has an id goes to the components, once. */
class SchemaComponents {
  readonly all: Record<string, unknown> = {};

  of(schema: z.ZodType, io: 'input' | 'output'): Json {
    const {
      $schema: _,
      $defs = {},
      ...root
    } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json & { $defs?: Record<string, Json> };
    const names = new Map<string, string>();
    for (const [id, definition] of Object.entries($defs)) names.set(id, this.#nameFor(id, definition, io));
    for (const [id, definition] of Object.entries($defs)) {
      this.all[names.get(id)!] = withRefs(withoutId(definition), names);
    }
    return withRefs(root, names) as Json;
  }

  /** The id, or the id with a suffix where the input and the output of one schema differ. */
  #nameFor(id: string, definition: Json, io: 'input' | 'output'): string {
    const existing = this.all[id];
    const same =
      existing === undefined || isDeepStrictEqual(existing, withRefs(withoutId(definition), new Map()));
    return same ? id : `${id}${io === 'input' ? 'Input' : 'Output'}`;
  }
}

function withoutId({ id: _, ...definition }: Json): Json {
  return definition;
}

function withRefs(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withRefs(item, names));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      if (key !== '$ref' || typeof child !== 'string') return [key, withRefs(child, names)];
      const id = child.replace('#/$defs/', '');
      return [key, `#/components/schemas/${names.get(id) ?? id}`];
    }),
  );
}
