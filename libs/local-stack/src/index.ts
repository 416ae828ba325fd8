export { clientSettings, kafkaEnvironment, type KafkaAccess } from './apache-kafka/access.js';
export { startApacheKafka, type ApacheKafka, type ApacheKafkaOptions } from './apache-kafka/apache-kafka.js';
export { installApacheKafka, type Installation } from './apache-kafka/installation.js';
export { startEngines, type Engines, type EnginesOptions } from './engines.js';
export { kafkaOfTests } from './kafka-of-tests.js';
export {
  apacheKafkaVersion,
  engineNames,
  isEngineName,
  kafkaKinds,
  logFileOf,
  serviceNames,
  type EngineName,
  type KafkaKind,
  type PortPlan,
  type ServiceName,
} from './names.js';
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
