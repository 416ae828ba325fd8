/** The model and the product do not say the same, or the product did what it never may. */
export class Divergence extends Error {
  override readonly name = 'Divergence';
  /** Number of the step, from 0; the number of steps where it showed at the end. */
  step = 0;

  constructor(
    what: string,
    readonly model: unknown,
    readonly real: unknown,
  ) {
    super(what);
  }

  /** What it says, in some lines. */
  get text(): string {
    return `${this.message}\n  model: ${shown(this.model)}\n  real:  ${shown(this.real)}`;
  }
}

function shown(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const plain = (_key: string, one: unknown): unknown => (typeof one === 'bigint' ? `${one}n` : one);
  return JSON.stringify(value, plain) ?? 'nothing';
}
