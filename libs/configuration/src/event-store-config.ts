import { accessSync, constants } from 'node:fs';
import { secretFromFile } from './config.js';

const form = 'must be an EventStoreDB address such as esdb://127.0.0.1:2113?tls=false';

/** Those that the client knows, in whatever letters; of others it prints the whole address, with its password. */
const options = [
  'connectionName',
  'defaultDeadline',
  'discoveryInterval',
  'dnsDiscover',
  'gossipTimeout',
  'keepAliveInterval',
  'keepAliveTimeout',
  'maxDiscoverAttempts',
  'nodePreference',
  'throwOnAppendFailure',
  'tls',
  'tlsCAFile',
  'tlsVerifyCert',
  'userCertFile',
  'userKeyFile',
];
const knownOptions = new Set(options.map((name) => name.toLowerCase()));

const switches = ['tls', 'tlsVerifyCert', 'throwOnAppendFailure'];

/** What a service that keeps books reads. Whoever signs in does so by TLS, with a password or a certificate. */
export const eventStoreConfig = {
  EVENTSTORE_URL: secretFromFile(
    'EventStoreDB connection string: esdb://user:password@host:2113?tls=true&tlsCAFile=…, or &userCertFile=…&userKeyFile=… in place of a password',
  )
    // With an @ behind the ?, what looks like options is the rest of a password.
    .regex(/^esdb(\+discover)?:\/\/[^\s/?]+\/?(\?[^\s?@]*)?$/, { error: form, abort: true })
    .superRefine((url, context) => {
      for (const message of faultsOf(url)) context.addIssue({ code: 'custom', message });
    }),
};

function faultsOf(url: string): string[] {
  const [address = '', query = ''] = url.split('?');
  const given = new Map([...new URLSearchParams(query)].map(([name, value]) => [name.toLowerCase(), value]));
  const hasUnknown = [...given.keys()].some((name) => !knownOptions.has(name));
  const files = ['tlsCAFile', 'userCertFile', 'userKeyFile'].filter((name) => given.has(name.toLowerCase()));
  const signsIn = address.includes('@') || given.has('usercertfile');
  return [
    ...(hasUnknown ? [`has an option that there is not; there are ${options.join(', ')}`] : []),
    ...switches
      .filter((name) => !['true', 'false', undefined].includes(given.get(name.toLowerCase())))
      .map((name) => `${name} must be true or false`),
    ...files
      .filter((name) => !isReadable(given.get(name.toLowerCase()) ?? ''))
      .map((name) => `the file that ${name} names cannot be read`),
    ...(given.has('usercertfile') === given.has('userkeyfile')
      ? []
      : ['needs both of userCertFile and userKeyFile']),
    ...(signsIn && given.get('tls') === 'false'
      ? ['has a user and tls=false: who the user is, is said by TLS alone']
      : []),
  ];
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
