export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * The one text of a JSON value by RFC 8785, for what a ledger stores: keys in the order of their UTF-16 units, no
 * space, numbers only as integers in the safe range. Throws a TypeError for anything else.
 */
export function canonicalJson(value: unknown): string {
  // What is in order already, as events are, the engine writes several times faster than we can.
  return isOrdered(value) ? JSON.stringify(value) : orderedText(value);
}

/** Whether `JSON.stringify` gives the canonical text. */
function isOrdered(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed();
    case 'number':
      return Number.isSafeInteger(value);
    case 'boolean':
      return true;
    case 'object':
      if (value === null) return true;
      return Array.isArray(value) ? areOrdered(value) : hasOrder(value);
    default:
      return false;
  }
}

function areOrdered(values: readonly unknown[]): boolean {
  for (const value of values) if (!isOrdered(value)) return false;
  return true;
}

function hasOrder(value: object): boolean {
  if ('toJSON' in value) return false;
  let before = '';
  for (const key of Object.keys(value)) {
    if (key <= before || !key.isWellFormed()) return false;
    if (!isOrdered(value[key as keyof object])) return false;
    before = key;
  }
  return true;
}

function orderedText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return canonicalString(value);
    case 'number':
      if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is not an integer in the safe range`);
      return String(value);
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value);
    default:
      throw new TypeError(`a ${typeof value} has no canonical form`);
  }
}

function canonicalString(value: string): string {
  if (!value.isWellFormed()) throw new TypeError('a string holds half of a surrogate pair');
  return JSON.stringify(value);
}

function canonicalArray(values: readonly unknown[]): string {
  let text = '';
  for (const value of values) text += `${text === '' ? '' : ','}${orderedText(value)}`;
  return `[${text}]`;
}

function canonicalObject(value: object): string {
  const fields = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const key of Object.keys(fields).sort()) {
    text += `${text === '' ? '' : ','}${canonicalString(key)}:${orderedText(fields[key])}`;
  }
  return `{${text}}`;
}
