/** What a scalar field is in TypeScript. */
interface ScalarTypes {
  /** Saturates at the safe integer range: everything above it means "beyond the end" to an event store. */
  uint64: number;
  /** For fields whose 64 bits are not a quantity, such as half a UUID. */
  int64: bigint;
  bool: boolean;
  string: string;
  /** A view of the decoded message, not a copy. */
  bytes: Buffer;
  /** A message without fields: what counts is that it is there. */
  empty: true;
}

export type Scalar = keyof ScalarTypes;
type Single = Scalar | Message;
export type FieldType = Single | readonly [Single];
/** A field's number and type; a type in brackets is repeated. */
export type Fields = Readonly<Record<string, readonly [number, FieldType]>>;

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: Single;
  readonly repeated: boolean;
}

/** One protobuf message: its fields by name, by number, and from last to first. */
export interface Message<F extends Fields = Fields> {
  readonly fields: F;
  readonly byNumber: readonly (Field | undefined)[];
  readonly backwards: readonly Field[];
}

type ValueOf<T> = T extends Scalar
  ? ScalarTypes[T]
  : T extends Message<infer F>
    ? Decoded<F>
    : T extends readonly [infer Element]
      ? ValueOf<Element>[]
      : never;

/** A decoded message: what was not on the wire is not there. */
export type Decoded<F extends Fields> = { -readonly [Name in keyof F]?: ValueOf<F[Name][1]> };

type InputOf<T> = T extends 'uint64'
  ? number | bigint
  : T extends 'bytes'
    ? Uint8Array
    : T extends Scalar
      ? ScalarTypes[T]
      : T extends Message<infer F>
        ? Encodable<F>
        : T extends readonly [infer Element]
          ? readonly InputOf<Element>[]
          : never;

/** What can be encoded: every field that is not undefined is written, zero included. */
export type Encodable<F extends Fields> = { readonly [Name in keyof F]?: InputOf<F[Name][1]> | undefined };

export type DecodedMessage<M> = M extends Message<infer F> ? Decoded<F> : never;

/** Declares a message. */
export function message<const F extends Fields>(fields: F): Message<F> {
  const list = Object.entries(fields).map(([name, [number, type]]): Field => {
    return isRepeated(type)
      ? { name, number, type: type[0], repeated: true }
      : { name, number, type, repeated: false };
  });
  const byNumber: (Field | undefined)[] = [];
  for (const field of list) byNumber[field.number] = field;
  return { fields, byNumber, backwards: list.toReversed() };
}

function isRepeated(type: FieldType): type is readonly [Single] {
  return Array.isArray(type);
}
