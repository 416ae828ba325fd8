import { ledgerFaults } from './ledger-faults.mjs';
import { serviceFaults } from './service-faults.mjs';

/**
 * Faults that would lose or double money, or believe what nobody vouches for. docs/testing.md lists them with the tests that catch
 * them; `npm run mutation -- --planted` proves it of each.
 */
export const faults = [...ledgerFaults, ...serviceFaults];
