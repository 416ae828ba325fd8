export { startEngines, type Engines, type EnginesOptions } from './engines.js';
export { engineNames, serviceNames, type EngineName, type PortPlan, type ServiceName } from './names.js';
export {
  askHolder,
  blockSize,
  portsOfBlock,
  reservationPort,
  reserveBlock,
  reserveFreeBlock,
  type BlockHolder,
  type BlockReservation,
  type ReservationResult,
} from './port-block.js';
export { databases, serviceEnvironment, type Surroundings } from './service-environment.js';
export type { Instance } from './services.js';
export { startStack, type Stack, type StackOptions } from './stack.js';
