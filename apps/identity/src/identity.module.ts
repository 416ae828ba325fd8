import { transactWithOutbox } from '@florin/messaging';
import {
  databaseConnection,
  grouped,
  openDatabase,
  preparedDatabase,
  type ServiceContext,
} from '@florin/service-host';
import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { IdentityConfig } from './config.js';
import { identityDatabase } from './database.js';
import { HandlesController, handleHandlers, type HandleHandlers } from './handles/handles.controller.js';
import { linkHandle, unlinkHandle } from './handles/link-handle.handler.js';
import { PayeesController, personOf, type PersonOf } from './handles/payees.controller.js';
import { PeopleController } from './people/people.controller.js';
import { peopleOfHandles, type Handle } from './people/people.store.js';
import { codeSender } from './sign-in/code-sender.js';
import { proveCode } from './sign-in/prove-code.handler.js';
import { SignInController, signInHandlers, type SignInHandlers } from './sign-in/sign-in.controller.js';
import { startChallenge } from './sign-in/start-challenge.handler.js';
import { TokenIssuer } from './tokens/token-issuer.js';
import { serviceClients, TokensController } from './tokens/tokens.controller.js';

@Module({})
class IdentityModule {}

/** Builds the service; `now` is the clock of challenges and tokens. */
export async function identityModule(
  context: ServiceContext<IdentityConfig>,
  now: () => Date = () => new Date(),
): Promise<DynamicModule> {
  const { config } = context;
  const issuer = await TokenIssuer.create(config.ISSUER, config.SIGNING_KEY);
  const database = await openDatabase(context, identityDatabase(config));
  const transact = transactWithOutbox(context, databaseConnection(config), database);
  const pepper = Buffer.from(config.OTP_PEPPER);
  const signIn: SignInHandlers = {
    openMarkets: config.MARKETS,
    startChallenge: startChallenge({
      database,
      pepper,
      now,
      sendCode: codeSender(config.NOTIFICATIONS_URL, issuer, now),
    }),
    proveCode: proveCode({
      transact,
      pepper,
      now,
      issuePersonToken: (personId, at) => issuer.personToken(personId, at),
    }),
  };
  const handles: HandleHandlers = {
    linkHandle: linkHandle({ transact, now }),
    unlinkHandle: unlinkHandle({ transact }),
  };
  const prepared = preparedDatabase(database);
  // Every payment asks for its payee.
  const personOfHandle: PersonOf = grouped((asked: readonly Handle[]) => peopleOfHandles(prepared, asked));
  return {
    module: IdentityModule,
    controllers: [SignInController, PeopleController, HandlesController, PayeesController, TokensController],
    providers: [
      { provide: DataSource, useValue: database },
      { provide: TokenIssuer, useValue: issuer },
      { provide: signInHandlers, useValue: signIn },
      { provide: handleHandlers, useValue: handles },
      { provide: personOf, useValue: personOfHandle },
      { provide: serviceClients, useValue: config.SERVICE_CLIENTS },
    ],
  };
}
