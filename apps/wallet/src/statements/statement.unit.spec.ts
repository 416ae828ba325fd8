import { ProblemError } from '@florin/service-host';
import { preferences } from './preferences.js';
import { formatFor, languageFor } from './statement.formats.js';
import { spanQuerySchema } from './statement.dto.js';

describe('what a client would like', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['a/b', ['a/b']],
    ['a;q=0.2, b, c;q=0.5;x=y', ['b', 'c', 'a']],
    ['A, b;q=0, c;q=nonsense', ['a']],
    [','.repeat(19) + 'a,b', ['a']],
  ])('of %j is %j', (header, values) => {
    expect(preferences(header)).toEqual(values);
  });

  it.each([
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['application/*', 'json'],
    ['text/*', 'csv'],
    ['text/html, application/pdf;q=0.9, */*;q=0.1', 'pdf'],
    ['application/xml', 'camt'],
    ['text/html,application/xml;q=0.9', 'camt'],
    ['TEXT/CSV; charset=utf-8', 'csv'],
  ])('by Accept %j is %s', (accept, format) => {
    expect(formatFor(accept)).toBe(format);
  });

  it.each(['text/html', 'application/json;q=0', 'nonsense'])('by Accept %j is not there', (accept) => {
    expect(() => formatFor(accept)).toThrow(ProblemError);
    expect(() => formatFor(accept)).toThrow('There are application/json, text/csv');
  });

  it.each([
    [undefined, 'it'],
    ['de', 'it'],
    ['de, pt-BR;q=0.8, en;q=0.5', 'pt'],
    ['en-IN', 'en'],
  ])('by Accept-Language %j is %s', (header, language) => {
    expect(languageFor(header, 'it')).toBe(language);
  });
});

describe('a span of time', () => {
  const parse = (from: string, to: string) => spanQuerySchema.safeParse({ from, to });

  it('has instants with their offset', () => {
    expect(parse('2026-10-01T00:00:00+02:00', '2026-10-02T00:00:00Z').data).toEqual({
      from: Date.parse('2026-09-30T22:00:00Z'),
      to: Date.parse('2026-10-02T00:00:00Z'),
    });
  });

  it.each([
    ['2026-10-01', '2026-10-02'],
    ['2026-10-01T00:00:00', '2026-10-02T00:00:00'],
    ['2026-10-02T00:00:00Z', '2026-10-02T00:00:00Z'],
    ['2025-01-01T00:00:00Z', '2026-10-02T00:00:00Z'],
  ])('is not from %s to %s', (from, to) => {
    expect(parse(from, to).success).toBe(false);
  });
});
