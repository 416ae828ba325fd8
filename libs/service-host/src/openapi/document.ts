import type { z } from 'zod';
import type { Access } from '../auth/access.js';
import type { Route } from '../http/routes.js';
import { inputsOf } from '../http/validation.js';
import { commonProblems, type ProblemDefinition } from '../problems.js';
import { answersOf, problemsOf, summaryOf, tagOf, type Tag } from './decorators.js';
import { problemResponses, problemSchema } from './problem-responses.js';
import { SchemaComponents, type Json } from './schemas.js';

/** The parts of an OpenAPI document that readers of ours change. */
export interface OpenApiDocument extends Json {
  openapi: '3.1.0';
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, Json>>;
}

/** The group of what a service has for those who run it. */
export const operationsTag = 'operations';

const howToSignIn =
  'For an access token give your phone to `POST /v1/registrations` (or, once registered, `POST /v1/challenges`) ' +
  'of identity and the code that it is sent to `POST /v1/sessions`; then press "Authorize".';

/** OpenAPI 3.1 of the routes of a service, from their decorators and zod schemas; `about` says what the service is. */
export function openApiDocument(
  service: string,
  routes: readonly Route[],
  about = `The service ${service}.`,
): OpenApiDocument {
  const schemas = new SchemaComponents();
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route, schemas);
  }
  const document: OpenApiDocument = {
    openapi: '3.1.0',
    info: { title: `Florin ${service}`, version: '1', description: `${about} ${howToSignIn}` },
    paths: {},
    tags: tags(routes),
    components: {
      schemas: { Problem: problemSchema, ...schemas.all },
      securitySchemes: {
        person: bearer('Access token of a person'),
        service: bearer('Token of a service, with scopes'),
      },
    },
  };
  return withPaths(document, paths);
}

function bearer(description: string): Json {
  return { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description };
}

/** The groups of all routes, what is for those who run the service last. */
function tags(routes: readonly Route[]): Tag[] {
  const all = new Map<string, Tag>();
  for (const { handler, controller } of routes) {
    const tag = tagOf(handler, controller);
    if (tag) all.set(tag.name, tag);
  }
  return [...all.values()].sort(
    (a, b) => Number(a.name === operationsTag) - Number(b.name === operationsTag),
  );
}

/** A document with these paths instead of its own, and what of its groups, schemas and security they use. */
export function withPaths(document: OpenApiDocument, paths: OpenApiDocument['paths']): OpenApiDocument {
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const listed = <T>(key: string) => operations.flatMap((operation) => (operation[key] ?? []) as T[]);
  const tagNames = new Set(listed<string>('tags'));
  const schemes = new Set(listed<Json>('security').flatMap(Object.keys));
  const components = (document['components'] ?? {}) as { schemas?: Json; securitySchemes?: Json };
  return {
    ...document,
    tags: ((document['tags'] ?? []) as Tag[]).filter(({ name }) => tagNames.has(name)),
    paths,
    components: {
      ...components,
      schemas: onlyNamed(components.schemas, schemasUsed(paths, components.schemas)),
      securitySchemes: onlyNamed(components.securitySchemes, schemes),
    },
  };
}

function onlyNamed(of: Json = {}, names: ReadonlySet<string>): Json {
  return Object.fromEntries(Object.entries(of).filter(([name]) => names.has(name)));
}

/** The names of the schemas that a value refers to, also by way of other schemas. */
function schemasUsed(value: unknown, schemas: Json = {}, used = new Set<string>()): Set<string> {
  for (const [, name] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    if (used.has(name!)) continue;
    used.add(name!);
    schemasUsed(schemas[name!] ?? {}, schemas, used);
  }
  return used;
}

function operation(route: Route, schemas: SchemaComponents): Json {
  const inputs = inputsOf(route.handler);
  const body = inputs.find(({ part }) => part === 'body');
  const summary = summaryOf(route.handler);
  const tag = tagOf(route.handler, route.controller);
  return {
    operationId: route.name.replace(/Controller\./, '_'),
    ...(tag && { tags: [tag.name] }),
    ...(summary === undefined ? {} : { summary }),
    security: security(route.access),
    parameters: inputs
      .filter(({ part }) => part !== 'body')
      // Decorators of parameters run from the last to the first.
      .toReversed()
      .flatMap(({ part, schema }) => parameters(part, schema, schemas)),
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemas.of(body.schema, 'input') } },
      },
    }),
    responses: { ...answers(route, schemas), ...problemResponses(problems(route)) },
  };
}

function security(access: Access): Json[] {
  if (access.kind === 'public') return [];
  return access.kind === 'person' ? [{ person: [] }] : [{ service: [access.scope] }];
}

function parameters(part: string, schema: z.ZodType, schemas: SchemaComponents): Json[] {
  const { properties = {}, required = [] } = schemas.of(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, example, ...property }]) => ({
    name,
    in: part,
    required: part === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    ...(example === undefined ? {} : { example }),
    schema: property,
  }));
}

function answers(route: Route, schemas: SchemaComponents): Json {
  return Object.fromEntries(
    answersOf(route.handler).map(
      ({ status, schema, description, mediaType = 'application/json', headers = {}, example }) => [
        String(status),
        {
          description,
          ...(Object.keys(headers).length > 0 && { headers: textHeaders(headers) }),
          ...(schema && {
            content: {
              [mediaType]: {
                schema: schemas.of(schema, 'output'),
                ...(example === undefined ? {} : { example }),
              },
            },
          }),
        },
      ],
    ),
  );
}

function textHeaders(headers: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );
}

function problems({ handler, controller, access }: Route): ProblemDefinition[] {
  const p = commonProblems;
  const inputs = inputsOf(handler);
  return [
    ...(inputs.some(({ part }) => part === 'body')
      ? [p['malformed-json'], p['duplicate-key'], p['payload-too-large'], p['unsupported-media-type']]
      : []),
    ...inputs.flatMap((input) => input.problems),
    ...(access.kind === 'public'
      ? []
      : [p['token-missing'], p['token-invalid'], p['token-expired'], p['token-foreign'], p.unavailable]),
    ...(access.kind === 'internal' ? [p.forbidden] : []),
    ...problemsOf(handler, controller),
    p.internal,
  ];
}
