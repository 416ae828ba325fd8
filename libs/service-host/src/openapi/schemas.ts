import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

export type Json = Record<string, unknown>;

/** JSON Schemas of zod schemas; what has an id goes to the components, once. */
export class SchemaComponents {
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
