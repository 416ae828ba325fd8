import type { DataSource } from 'typeorm';
import type { ServiceContext } from './service.js';
import { waitAtStart } from './wait-at-start.js';

/**
 * Connects a service to its database for as long as the service runs, and waits for it to be there; readiness tells
 * whether it answers.
 */
export async function openDatabase(
  context: Pick<ServiceContext, 'name' | 'config' | 'logger' | 'health' | 'onClose'>,
  dataSource: DataSource,
): Promise<DataSource> {
  const database = await waitAtStart(context, 'postgres', () => dataSource.initialize());
  context.onClose('database', () => database.destroy());
  context.health.add('postgres', async () => void (await database.query('SELECT 1')));
  return database;
}
