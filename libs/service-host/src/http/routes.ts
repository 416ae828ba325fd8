import { RequestMethod, type INestApplicationContext, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { accessOf, type Access } from '../auth/access.js';
import { answersOf } from '../openapi/decorators.js';

/** One route of an application, as its decorators declare it. */
export interface Route {
  readonly method: string;
  /** Pattern with `:name` parameters. */
  readonly path: string;
  readonly access: Access;
  /** Whether `@ApiReturns` says what it answers. */
  readonly documented: boolean;
  /** `Controller.method`, to name it in messages. */
  readonly name: string;
  readonly controller: object;
  readonly handler: object;
}

/** Every HTTP route of an application, so that a test can hold each against what is expected of all. */
export function listRoutes(app: INestApplicationContext): Route[] {
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) =>
    [...module.controllers.values()].map(({ metatype }) => metatype),
  );
  return routesOf(controllers.filter((metatype) => typeof metatype === 'function') as Type[]);
}

/** The routes of controllers, without an application around them. */
export function routesOf(controllers: readonly Type[]): Route[] {
  return controllers
    .flatMap(routesOfOne)
    .sort((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method));
}

function routesOfOne(controller: Type): Route[] {
  const prefixes = paths(controller);
  const prototype = controller.prototype as Record<string, unknown>;
  return methodNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    if (typeof handler !== 'function') return [];
    const method = Reflect.getMetadata('method', handler) as RequestMethod | undefined;
    if (method === undefined) return [];
    return prefixes.flatMap((prefix) =>
      paths(handler).map((path) => ({
        method: RequestMethod[method],
        path: join(prefix, path),
        access: accessOf(handler, controller),
        documented: answersOf(handler).length > 0,
        name: `${controller.name}.${name}`,
        controller,
        handler,
      })),
    );
  });
}

function methodNames(prototype: object): string[] {
  const names: string[] = [];
  for (let at = prototype; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && name !== 'constructor' && !names.includes(name)) names.push(name);
    }
  }
  return names;
}

function paths(target: object): string[] {
  const path = Reflect.getMetadata('path', target) as string | string[] | undefined;
  return Array.isArray(path) ? path : [path ?? '/'];
}

function join(prefix: string, path: string): string {
  const joined = `/${prefix}/${path}`.replace(/\/+/g, '/').replace(/\/$/, '');
  return joined === '' ? '/' : joined;
}

/** Whether a concrete path matches a pattern with `:name` parameters. */
export function matchesPattern(pattern: string, path: string): boolean {
  const expected = pattern.split('/');
  const given = path.split('/');
  return (
    expected.length === given.length &&
    expected.every((part, index) => (part.startsWith(':') ? given[index] !== '' : part === given[index]))
  );
}
