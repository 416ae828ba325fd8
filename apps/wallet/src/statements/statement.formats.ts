import type { Locale } from '@florin/contracts';
import { ProblemError } from '@florin/service-host';
import {
  maxPrintedLines,
  statementCamt,
  statementCsv,
  statementJson,
  statementPdf,
  type Statement,
} from '@florin/statements';
import { walletProblems } from '../problems.js';
import { preferences } from './preferences.js';

export const formatNames = ['json', 'csv', 'camt', 'pdf'] as const;
export type FormatName = (typeof formatNames)[number];

interface Format {
  readonly mediaType: string;
  /** Of a file. */
  readonly extension: string;
  /** Lines of a statement at most: whoever has more asks for a shorter time. */
  readonly maxLines: number;
  readonly render: (statement: Statement, language: Locale) => string | Promise<Buffer>;
}

const maxLines = 10_000;

export const formats: Readonly<Record<FormatName, Format>> = {
  json: { mediaType: 'application/json', extension: 'json', maxLines, render: statementJson },
  csv: { mediaType: 'text/csv', extension: 'csv', maxLines, render: statementCsv },
  camt: { mediaType: 'application/xml', extension: 'xml', maxLines, render: statementCamt },
  pdf: { mediaType: 'application/pdf', extension: 'pdf', maxLines: maxPrintedLines, render: statementPdf },
};

/** The format that a client would like best; JSON where it does not mind. Throws the problem `not-acceptable`. */
export function formatFor(accept: string | undefined): FormatName {
  if (accept === undefined || accept.trim() === '') return 'json';
  for (const wish of preferences(accept)) {
    const [type, subtype] = wish.split('/');
    const found = formatNames.find((name) => {
      const [ourType, ourSubtype] = formats[name].mediaType.split('/');
      return (type === '*' || type === ourType) && (subtype === '*' || subtype === ourSubtype);
    });
    if (found !== undefined) return found;
  }
  const known = formatNames.map((name) => formats[name].mediaType).join(', ');
  throw new ProblemError(walletProblems['not-acceptable'], `There are ${known}.`);
}

/** The language that a client would like best of those that there are, or `otherwise`. */
export function languageFor(acceptLanguage: string | undefined, otherwise: Locale): Locale {
  const wishes = preferences(acceptLanguage).map((tag) => tag.split('-')[0]);
  const known: readonly Locale[] = ['it', 'en', 'pt'];
  return wishes.flatMap((wish) => known.find((locale) => locale === wish) ?? [])[0] ?? otherwise;
}
