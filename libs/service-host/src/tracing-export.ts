import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BasicTracerProvider, BatchSpanProcessor, type TracerConfig } from '@opentelemetry/sdk-trace-base';

/** Sends spans in batches to an OpenTelemetry collector. Loaded only where one is configured. */
export function exportingProvider(service: string, endpoint: string): BasicTracerProvider {
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: 5_000 });
  return new BasicTracerProvider({
    resource: resourceOf(service),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
}

/** Who the spans are from: the name alone, known from the start, so that nothing is detected and nothing merged. */
function resourceOf(service: string): NonNullable<TracerConfig['resource']> {
  const attributes = { 'service.name': service };
  return { attributes, getRawAttributes: () => Object.entries(attributes), merge: () => resourceOf(service) };
}
