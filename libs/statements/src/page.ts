/** A4, in points. */
export const page = { width: 595.28, height: 841.89, left: 48, right: 547.28, top: 48, bottom: 790 } as const;

export const ink = {
  text: '#1a1a1a',
  faint: '#6b7280',
  rule: '#d1d5db',
  mark: '#0f5132',
  warn: '#92400e',
} as const;
