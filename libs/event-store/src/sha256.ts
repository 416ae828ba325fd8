import { hash } from 'node:crypto';

/** SHA-256 of a text's UTF-8 form in lower-case hex: what hash chains in a store are made and checked with. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}
