import { startEventStore } from './event-store.server.js';

/** A process of its own for a server that is going to be killed: `serve.fixture.spec.ts <data folder>`. */
const [, , dataDir = ''] = process.argv;
const server = await startEventStore({ dataDir });
// Without its parent there is nobody left to stop it.
process.on('disconnect', () => process.exit());
process.send?.(server.url);
