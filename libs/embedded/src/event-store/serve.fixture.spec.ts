import { flushCompileCache } from 'node:module';
import { startEventStore } from './event-store.server.js';

/** A process of its own for a server that is going to be killed: `serve.fixture.spec.ts <data folder>`. It starts when it is told to. */
const [, , dataDir = ''] = process.argv;
// Without its parent there is nobody left to stop it.
process.on('disconnect', () => process.exit());
process.once('message', () => void startEventStore({ dataDir }).then(({ url }) => process.send?.(url)));
// One that is killed does not leave behind what it has compiled.
flushCompileCache();
