import { type DatabaseConfig } from '@florin/configuration';
import { createDataSource } from '@florin/service-host';
import type { DataSource } from 'typeorm';
import { Identity1790000000001 } from './migrations/1-identity.js';
import { ChallengeNetworks1790000000002 } from './migrations/2-challenge-networks.js';

export function identityDatabase(config: DatabaseConfig): DataSource {
  return createDataSource(config, {
    name: 'identity',
    migrations: [Identity1790000000001, ChallengeNetworks1790000000002],
  });
}
