import { runService } from '@florin/service-host';
import { gateway } from './gateway.js';

await runService(gateway);
