import { startKafkaBroker } from '../kafka.server.js';

/** A process of its own for a broker that is going to be killed: `serve.fixture.spec.ts <data folder> <port>`. */
const [, , dataDir = '', port = '0'] = process.argv;
const broker = await startKafkaBroker({
  dataDir,
  port: Number(port),
  // Small, so that segments are filled and left while it is killed.
  segmentBytes: 20_000,
  onNotice: (message) => process.send?.({ notice: message }),
});
// Without its parent there is nobody left to stop it.
process.on('disconnect', () => process.exit());
process.send?.({ port: broker.port });
