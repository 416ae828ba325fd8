import { startEventStore, startKafkaBroker } from '@florin/embedded';

/** A process of its own for an engine, so that client and engine do not share a thread: `engine.js <which> <data folder>`. */
const [which, dataDir = ''] = process.argv.slice(2);
const address =
  which === 'event-store'
    ? (await startEventStore({ dataDir })).url
    : (await startKafkaBroker({ dataDir })).brokers.join(',');
// Without its parent there is nobody left to stop it.
process.on('disconnect', () => process.exit());
process.send?.(address);
