import { z } from 'zod';
import { loadConfig } from './config.js';
import { eventStoreConfig } from './event-store-config.js';

const load = (url: string) => loadConfig(z.object(eventStoreConfig), { EVENTSTORE_URL: url }).EVENTSTORE_URL;
const file = encodeURIComponent(import.meta.filename);

it.each([
  'esdb://127.0.0.1:2113?tls=false',
  'esdb+discover://a,b:2113,c?nodePreference=leader',
  `esdb://admin:hush@db:2113?tls=true&tlsCAFile=${file}`,
  `esdb://db:2113/?userCertFile=${file}&userKeyFile=${file}&connectionName=wallet`,
])('takes %s', (url) => {
  expect(load(url)).toBe(url);
});

it.each([
  ['http://hush@db', 'must be an EventStoreDB address'],
  ['esdb://', 'must be an EventStoreDB address'],
  ['esdb://db?tls=true&hash=hush', 'has an option that there is not; there are connectionName, '],
  ['esdb://db?hush=true', 'has an option that there is not'],
  ['esdb://admin:half?hush@db:2113', 'must be an EventStoreDB address'],
  ['esdb://admin:half?hush=true@db:2113?tls=true', 'must be an EventStoreDB address'],
  ['esdb://db?tlsCAFile=/nowhere/hush', 'the file that tlsCAFile names cannot be read'],
  [`esdb://db?userCertFile=${file}`, 'needs both of userCertFile and userKeyFile'],
  ['esdb://db?tls=hush', 'tls must be true or false'],
  ['esdb://db?tlsverifycert=', 'tlsVerifyCert must be true or false'],
  ['esdb://admin:hush@db?tls=false', 'has a user and tls=false'],
])('refuses %s', (url, message) => {
  expect(() => load(url)).toThrow(`EVENTSTORE_URL: ${message}`);
  expect(() => load(url)).not.toThrow(/hush/);
});
