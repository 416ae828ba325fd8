import type { FindingCode } from '@florin/ledger';

/** What can be wrong with an export, beside what can be wrong with a book. */
export type ExportFaultCode =
  | FindingCode
  | 'file_damaged'
  | 'truncated'
  | 'line_too_long'
  | 'line_malformed'
  | 'header_malformed'
  | 'part_foreign'
  | 'part_gap'
  | 'line_after_end'
  | 'end_differs'
  | 'checkpoint_malformed'
  | 'checkpoint_unsigned'
  | 'checkpoint_foreign'
  | 'checkpoint_misplaced'
  | 'checkpoint_missing'
  | 'signature_invalid'
  | 'root_differs'
  | 'chain_differs'
  | 'totals_differ'
  | 'liabilities_differ';

/** Something in a book or in an export of it is not what it must be. */
export class ExportFault extends Error {
  override readonly name = 'ExportFault';

  constructor(
    readonly code: ExportFaultCode,
    message: string,
  ) {
    super(message);
  }
}

/** What was asked for cannot be exported: the message says why. */
export class ExportImpossible extends Error {
  override readonly name = 'ExportImpossible';
}

/** The code of an error of the operating system or of zlib; `undefined` for others. */
export function errorCode(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
