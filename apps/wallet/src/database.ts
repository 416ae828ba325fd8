import { type DatabaseConfig } from '@florin/configuration';
import { createDataSource } from '@florin/service-host';
import type { DataSource } from 'typeorm';
import { Wallet1790000000001 } from './migrations/1-wallet.js';
import { EntryTimes1790000000002 } from './migrations/2-entry-times.js';
import { Holds1790000000003 } from './migrations/3-holds.js';
import { LedgerApi1790000000004 } from './migrations/4-ledger-api.js';

export function walletDatabase(config: DatabaseConfig): DataSource {
  return createDataSource(config, {
    name: 'wallet',
    migrations: [Wallet1790000000001, EntryTimes1790000000002, Holds1790000000003, LedgerApi1790000000004],
  });
}
