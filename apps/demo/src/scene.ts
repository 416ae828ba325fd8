import type { Stack } from '@florin/local-stack';
import type { ApiClient, Person } from '@florin/testing';
import type { Transcript } from './transcript.js';

export interface Scene {
  readonly stack: Stack;
  readonly api: ApiClient;
  readonly transcript: Transcript;
}

/** Who took part, and which payments were accepted; what the audit has to find again in the ledger. */
export interface Story {
  readonly people: Person[];
  readonly payments: AcceptedPayment[];
  readonly fundings: number;
}

export interface AcceptedPayment {
  readonly id: string;
  readonly payer: Person;
  readonly payee: Person;
  readonly value: number;
}
