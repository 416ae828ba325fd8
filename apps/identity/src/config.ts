import {
  baseConfig,
  databaseConfig,
  httpUrl,
  kafkaConfig,
  marketsConfig,
  secretFromFile,
} from '@florin/configuration';
import { z } from 'zod';

const clientsSchema = z.record(
  z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
  z.strictObject({
    secretHash: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal'),
    scopes: z.array(z.string().regex(/^[a-z]+:[a-z]+$/)).max(20),
  }),
);

/** Services that may ask for a token, by their id. */
export type ServiceClients = z.output<typeof clientsSchema>;

const clientsText = secretFromFile('Services that may ask for a token: JSON of id, secretHash and scopes');

export const identityConfig = baseConfig.extend({
  ...databaseConfig(),
  ...kafkaConfig,
  ...marketsConfig('Markets that people can register in'),
  NOTIFICATIONS_URL: httpUrl().meta({ description: 'Where codes are handed over for delivery' }),
  SIGNING_KEY: secretFromFile('Ed25519 private key that signs tokens: PKCS8 PEM').refine(
    (pem) => pem.startsWith('-----BEGIN PRIVATE KEY-----'),
    'must be a private key in PKCS8 PEM',
  ),
  OTP_PEPPER: secretFromFile('Secret that codes are hashed with').min(16, 'must have at least 16 characters'),
  SERVICE_CLIENTS: clientsText
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON' });
        return z.NEVER;
      }
    })
    .pipe(clientsSchema)
    .meta(clientsText.meta() ?? {}),
});

export type IdentityConfig = z.output<typeof identityConfig>;
