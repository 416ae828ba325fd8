import {
  ApiReturns,
  ApiSummary,
  commonProblems,
  fetchJson,
  problemResponses,
  ProblemError,
  Public,
  withPaths,
  type DocumentLink,
  type OpenApiDocument,
} from '@florin/service-host';
import { Controller, Get, Param, Redirect, type Type } from '@nestjs/common';
import { z } from 'zod';
import { isRouted, services, type ServiceName } from './routes.js';

/** The documents that the page at `/docs` offers. */
export const documents: readonly DocumentLink[] = services.map((name) => ({
  name,
  url: `/docs/services/${name}`,
}));

const documentShape = z.looseObject({
  openapi: z.literal('3.1.0'),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({}))),
});

/** Serves every service's OpenAPI document as it is true behind the gateway. */
export function docsController(urls: Readonly<Record<ServiceName, string>>): Type {
  @Public()
  @Controller('/docs/services')
  class ServiceDocsController {
    @Get('/:name')
    @ApiSummary('OpenAPI 3.1 of a service behind the gateway')
    @ApiReturns(200, documentShape, 'The part of the service that the gateway makes public')
    async document(@Param('name') name: string): Promise<OpenApiDocument> {
      const service = services.find((known) => known === name);
      if (!service) {
        throw new ProblemError(
          commonProblems['not-found'],
          `There is no service of this name; there are ${services.join(', ')}.`,
        );
      }
      const document = await fetchJson(`${urls[service]}/docs/json`, { schema: documentShape });
      return publicDocument(service, document);
    }
  }
  return ServiceDocsController;
}

/** Leads whoever opens the bare address to the documentation. */
@Public()
@Controller()
export class FrontDoorController {
  @Get()
  @Redirect('/docs', 302)
  @ApiSummary('Leads to the documentation')
  @ApiReturns(302, undefined, 'To /docs', { headers: { Location: '`/docs`' } })
  enter(): void {
    // The decorator says it all.
  }
}

/** What of a service's document is public, at the gateway's address and with the problems that the gateway adds. */
export function publicDocument(service: ServiceName, document: OpenApiDocument): OpenApiDocument {
  const responses = problemResponses([
    commonProblems['rate-limited'],
    commonProblems.unavailable,
    commonProblems['upstream-timeout'],
  ]);
  const paths: OpenApiDocument['paths'] = {};
  for (const [path, operations] of Object.entries(document.paths)) {
    if (!isRouted(service, path)) continue;
    paths[path] = Object.fromEntries(
      Object.entries(operations).map(([method, operation]) => [
        method,
        { ...operation, responses: { ...responses, ...(operation['responses'] as object) } },
      ]),
    );
  }
  return withPaths({ ...document, servers: [{ url: '/' }] }, paths);
}
