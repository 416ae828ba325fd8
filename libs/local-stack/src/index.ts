export { clientSettings, kafkaEnvironment, type KafkaAccess } from './apache-kafka/access.js';
export { startApacheKafka } from './apache-kafka/apache-kafka.js';
export { installApacheKafka } from './apache-kafka/installation.js';
export { backUp, type BackupOptions } from './backup/back-up.js';
export type { CopyProgress } from './backup/files.js';
export type { Manifest } from './backup/manifest.js';
export { restore, type Restored } from './backup/restore.js';
export { startEngines, type Engines } from './engines.js';
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
  type ServiceName,
} from './names.js';
export {
  askHolder,
  blockSize,
  portsOfBlock,
  reserveBlock,
  reserveFreeBlock,
  type BlockReservation,
} from './port-block.js';
export type { CrashSignal } from './process-tree.js';
export { Restarts } from './restarts.js';
export { databases } from './service-environment.js';
export { startStack, type Stack } from './stack.js';
