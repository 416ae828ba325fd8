import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { problemOfFailure } from './http/failure.js';
import type { Logger } from './logger.js';
import { commonProblems, problemAnswer, ProblemError } from './problems.js';

export interface MetricsListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves `/metrics`, and nothing else, at a port of its own, which need not be as open as the service's. */
export async function listenForMetrics(
  metrics: Registry,
  { host, port, logger }: { host: string; port: number; logger: Logger },
): Promise<MetricsListener> {
  const server = createServer((request, response) => {
    const asked = request.url?.split('?', 1)[0];
    if (asked !== '/metrics' || request.method !== 'GET') {
      sendProblem(response, new ProblemError(commonProblems['not-found'], 'Only GET /metrics is here.'));
      return;
    }
    metrics.metrics().then(
      (text) => response.setHeader('content-type', metrics.contentType).end(text),
      (error: unknown) => {
        logger.error({ err: error }, 'metrics failed');
        sendProblem(response, problemOfFailure(error));
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function sendProblem(response: ServerResponse, error: ProblemError): void {
  const { status, headers, body } = problemAnswer(error);
  response.writeHead(status, headers).end(body);
}
