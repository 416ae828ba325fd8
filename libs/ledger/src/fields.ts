import type { Json } from './canonical.js';
import { LedgerCorrupt } from './corrupt.js';
import { amountFromWire, amountToWire, isInstant } from './money.js';

/** How one field of an event is stored. `decode` throws LedgerCorrupt for what `encode` cannot have made. */
export interface Field<T> {
  readonly encode: (value: T) => Json;
  readonly decode: (value: unknown, name: string) => T;
  /** Left out where there is nothing to say. */
  readonly optional?: boolean;
}

/** The fields of a stored object, by their names. */
export type Shape<T> = { readonly [Name in keyof T]-?: Field<Exclude<T[Name], undefined>> };

export const text: Field<string> = {
  encode: (value) => value,
  decode(value, name) {
    if (typeof value !== 'string') throw malformed(`${name} is not a string`);
    return value;
  },
};

export const flag: Field<boolean> = {
  encode: (value) => value,
  decode(value, name) {
    if (typeof value !== 'boolean') throw malformed(`${name} is not true or false`);
    return value;
  },
};

export const count: Field<number> = {
  encode: (value) => value,
  decode(value, name) {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw malformed(`${name} is not a whole number from zero`);
    }
    return value;
  },
};

export const revision: Field<bigint> = {
  encode: (value) => Number(value),
  decode: (value, name) => BigInt(count.decode(value, name)),
};

export const instant: Field<number> = {
  encode: (value) => value,
  decode(value, name) {
    if (typeof value !== 'number' || !isInstant(value)) {
      throw malformed(`${name} is not a time in ms since the epoch`);
    }
    return value;
  },
};

/** Minor units, as a JSON integer. */
export const amount: Field<bigint> = {
  encode: amountToWire,
  decode(value, name) {
    if (typeof value !== 'number' || !Number.isSafeInteger(value))
      throw malformed(`${name} is not a safe integer`);
    return amountFromWire(value);
  },
};

export function nullable<T>({ encode, decode }: Field<T>): Field<T | null> {
  return {
    encode: (value) => (value === null ? null : encode(value)),
    decode: (value, name) => (value === null ? null : decode(value, name)),
  };
}

export function optional<T>(field: Field<T>): Field<T> {
  return { ...field, optional: true };
}

export function oneOf<T extends string>(values: readonly T[]): Field<T> {
  return {
    encode: (value) => value,
    decode(value, name) {
      const found = values.find((one) => one === value);
      if (found === undefined) throw malformed(`${name} is none of ${values.join(', ')}`);
      return found;
    },
  };
}

export function listOf<T>({ encode, decode }: Field<T>, item: string): Field<readonly T[]> {
  return {
    encode: (values) => values.map(encode),
    decode(value, name) {
      if (!Array.isArray(value)) throw malformed(`${name} is not a list`);
      return value.map((one) => decode(one, item));
    },
  };
}

/** An object with exactly these fields: one too many is as wrong as one too few. What is read has those of `known` as well. */
export function object<T extends object>(shape: Shape<T>, known: object = {}): Field<T> {
  const fields = Object.entries<Field<unknown>>(shape as Record<string, Field<unknown>>);
  // In canonical order, so that an encoded event need not be put into it.
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    encode(value) {
      const encoded: Record<string, Json> = {};
      for (const [name, field] of fields) {
        const of = value[name as keyof T];
        if (of !== undefined) encoded[name] = field.encode(of);
      }
      return encoded;
    },
    decode(value, what) {
      const found = fieldsOf(value, what);
      const decoded: Record<string, unknown> = { ...known };
      let seen = 0;
      for (const [name, field] of fields) {
        // No JSON value is undefined, and no field has the name of a method of all objects.
        if (found[name] === undefined) {
          if (field.optional === true) continue;
          throw malformed(`${what}: ${name} is missing`);
        }
        seen += 1;
        decoded[name] = field.decode(found[name], name);
      }
      refuseMore(found, seen, (key) => Object.hasOwn(shape, key), what);
      return decoded as T;
    },
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** A JSON object. Throws LedgerCorrupt for anything else. */
function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw malformed(`${what}: not an object`);
}

function refuseMore(found: Fields, known: number, isKnown: (key: string) => boolean, what: string): void {
  const keys = Object.keys(found);
  if (keys.length === known) return;
  throw malformed(`${what}: ${keys.find((key) => !isKnown(key))} is not a known field`);
}

/** That a JSON object has exactly the fields of these names. Throws LedgerCorrupt otherwise. */
export function requireFields(value: unknown, names: readonly string[], what = 'data'): Fields {
  const found = fieldsOf(value, what);
  for (const name of names) if (!Object.hasOwn(found, name)) throw malformed(`${what}: ${name} is missing`);
  refuseMore(found, names.length, (key) => names.includes(key), what);
  return found;
}

export function malformed(detail: string): LedgerCorrupt {
  return new LedgerCorrupt('event_malformed', detail);
}
