import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import { startKafkaBroker } from '../kafka.server.js';

/** A process of its own for a broker that is going to be killed: it starts when it is sent a data folder and a port. */
process.on('disconnect', () => process.exit()); // Without its parent there is nobody left to stop it.
flushCompileCache(); // One that is killed does not leave behind what it has compiled.
const [{ dataDir, port }] = (await once(process, 'message')) as [{ dataDir: string; port: number }];
const broker = await startKafkaBroker({
  dataDir,
  port,
  // Small, so that segments are filled and left while it is killed.
  segmentBytes: 20_000,
  onNotice: (message) => process.send?.({ notice: message }),
});
process.send?.({ port: broker.port });
