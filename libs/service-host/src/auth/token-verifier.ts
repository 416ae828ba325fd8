import { personIdSchema } from '@florin/contracts';
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import { commonProblems, ProblemError } from '../problems.js';

/** Whose access token a request carries. */
export interface Principal {
  readonly personId: string;
  /** When the token ends, and with it what is done in its name. */
  readonly expiresAt: Date;
}

/** Which service a request comes from, and what it may do. */
export interface ServicePrincipal {
  readonly service: string;
  readonly scopes: readonly string[];
}

export interface TokenVerifierOptions {
  issuer: string;
  /** Fetches the issuer's public keys. */
  fetchKeys: () => Promise<JSONWebKeySet>;
  /** Least time between two fetches. */
  cooldownMs?: number;
  /** Age from which keys are fetched again; the old ones serve as long as that fails. */
  maxAgeMs?: number;
  /** How many verified tokens are remembered until they expire. */
  cacheSize?: number;
  now?: () => number;
}

const personAudience = 'florin';
const serviceAudience = 'florin-internal';

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** Checks access tokens (EdDSA) against the issuer's published keys. */
export class TokenVerifier {
  readonly #options: Required<TokenVerifierOptions>;
  /** Least recently used first. */
  readonly #verified = new Map<string, JWTPayload>();
  #keys: KeySet | undefined;
  #fetchedAt = -Infinity;
  #triedAt = -Infinity;
  #fetching: Promise<void> | undefined;

  constructor(options: TokenVerifierOptions) {
    this.#options = { cooldownMs: 10_000, maxAgeMs: 600_000, cacheSize: 10_000, now: Date.now, ...options };
  }

  /** The person of a token; throws a 401 problem with a type of its own for missing, expired, foreign and invalid. */
  async verifyPerson(authorization: string | undefined): Promise<Principal> {
    const claims = await this.#claims(bearerToken(authorization), personAudience);
    const person = personIdSchema.safeParse(claims.sub);
    if (!person.success) throw invalid('The token names no person.');
    return { personId: person.data, expiresAt: new Date((claims.exp ?? 0) * 1_000) };
  }

  /** The service of an internal token that has `scope`; 401 as above, 403 without the scope. */
  async verifyService(authorization: string | undefined, scope: string): Promise<ServicePrincipal> {
    const claims = await this.#claims(bearerToken(authorization), serviceAudience);
    if (!claims.sub?.startsWith('service:')) throw invalid('The token names no service.');
    const scopes = typeof claims['scope'] === 'string' ? claims['scope'].split(' ') : [];
    if (!scopes.includes(scope)) {
      throw new ProblemError(
        commonProblems.forbidden,
        `This needs the scope "${scope}", which the token does not have.`,
      );
    }
    return { service: claims.sub.slice('service:'.length), scopes };
  }

  async #claims(token: string, audience: string): Promise<JWTPayload> {
    const claims = this.#remembered(token) ?? (await this.#verify(token));
    const audiences = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
    if (!audiences.includes(audience)) throw foreign('The token was made for another audience.');
    return claims;
  }

  #remembered(token: string): JWTPayload | undefined {
    const claims = this.#verified.get(token);
    if (!claims) return undefined;
    this.#verified.delete(token);
    if ((claims.exp ?? 0) * 1_000 <= this.#options.now()) throw expired();
    this.#verified.set(token, claims);
    return claims;
  }

  async #verify(token: string): Promise<JWTPayload> {
    const options = {
      algorithms: ['EdDSA', 'Ed25519'],
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(this.#options.now()),
    };
    try {
      const { payload } = await jwtVerify(
        token,
        (...input: Parameters<KeySet>) => this.#key(...input),
        options,
      );
      if (payload.iss !== this.#options.issuer) throw foreign('The token was made by another issuer.');
      this.#remember(token, payload);
      return payload;
    } catch (error) {
      throw asProblem(error);
    }
  }

  #remember(token: string, claims: JWTPayload): void {
    this.#verified.set(token, claims);
    if (this.#verified.size <= this.#options.cacheSize) return;
    const oldest = this.#verified.keys().next().value;
    if (oldest !== undefined) this.#verified.delete(oldest);
  }

  async #key(...[header, jws]: Parameters<KeySet>): ReturnType<KeySet> {
    if (!this.#keys) await this.#refresh();
    else if (this.#options.now() - this.#fetchedAt > this.#options.maxAgeMs) void this.#refresh();
    const keys = this.#keys;
    if (!keys) throw unreachableKeys();
    try {
      return await keys(header, jws);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // A key that we do not know may be new.
      await this.#refresh();
      return await (this.#keys ?? keys)(header, jws);
    }
  }

  /** Fetches the keys, at most once per cool-down; keeps the old ones where that fails. */
  async #refresh(): Promise<void> {
    if (this.#fetching) return this.#fetching;
    if (this.#keys && this.#options.now() - this.#triedAt < this.#options.cooldownMs) return;
    this.#triedAt = this.#options.now();
    this.#fetching = this.#options
      .fetchKeys()
      .then((keys) => {
        this.#keys = createLocalJWKSet(keys);
        this.#fetchedAt = this.#options.now();
      })
      .catch((error: unknown) => {
        if (!this.#keys) throw unreachableKeys(error);
      })
      .finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }
}

/** The token of an Authorization header; throws 401 `token-missing` or `token-invalid`. */
export function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined || authorization === '') {
    throw unauthenticated('token-missing', 'Send an access token: "Authorization: Bearer …".', 'Bearer');
  }
  const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
  if (token === undefined) throw invalid('The Authorization header holds no bearer token.');
  return token;
}

function asProblem(error: unknown): unknown {
  if (error instanceof ProblemError) return error;
  if (error instanceof errors.JWTExpired) return expired();
  if (error instanceof errors.JWKSNoMatchingKey)
    return foreign('The token is signed with a key that is not ours.');
  if (error instanceof errors.JOSEError) return invalid('The token was altered or is not one of ours.');
  return error;
}

function unreachableKeys(cause?: unknown): ProblemError {
  const problem = new ProblemError(
    commonProblems.unavailable,
    'Tokens cannot be checked now; try again shortly.',
    {},
    { 'retry-after': '1' },
  );
  problem.cause = cause;
  return problem;
}

function expired(): ProblemError {
  return unauthenticated('token-expired', 'The access token has expired; sign in again.');
}

function foreign(detail: string): ProblemError {
  return unauthenticated('token-foreign', detail);
}

function invalid(detail: string): ProblemError {
  return unauthenticated('token-invalid', detail);
}

function unauthenticated(
  code: 'token-missing' | 'token-invalid' | 'token-expired' | 'token-foreign',
  detail: string,
  challenge = 'Bearer error="invalid_token"',
): ProblemError {
  return new ProblemError(commonProblems[code], detail, {}, { 'www-authenticate': challenge });
}
