export { commandLine, commandLineConfig, instantIn, outliveReader, WrongUse } from './command-line.js';
export {
  baseConfig,
  commaList,
  ConfigError,
  configExitCode,
  configJsonSchema,
  httpUrl,
  integerText,
  loadConfig,
  marketsConfig,
  secretFromFile,
  switchText,
  type BaseConfig,
  type ConfigSchema,
} from './config.js';
export { databaseConfig, kafkaConfig, topicsConfig, type DatabaseConfig } from './engine-config.js';
export { eventStoreConfig } from './event-store-config.js';
