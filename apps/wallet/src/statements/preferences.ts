/**
 * What a client would like, best first, from a header such as `Accept` or `Accept-Language`: values in lower case, without
 * parameters; what has no weight (`q=0`) is left out. At most 20 are read.
 */
export function preferences(header: string | undefined): string[] {
  const wishes = (header ?? '').toLowerCase().split(',').slice(0, 20).map(wishOf);
  return wishes
    .filter(({ value, weight }) => value !== '' && weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ value }) => value);
}

function wishOf(text: string): { value: string; weight: number } {
  const [value = '', ...parameters] = text.split(';').map((part) => part.trim());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  return { value, weight: weight === undefined ? 1 : Number(weight.slice(2)) || 0 };
}
