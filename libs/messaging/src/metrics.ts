import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** The counter of that name, made on first use: several relays and consumers of a process share it. */
export function counter<Label extends string>(
  registry: Registry | undefined,
  name: string,
  help: string,
  labelNames: readonly Label[],
): Counter<Label> {
  const existing = registry?.getSingleMetric(name);
  if (existing instanceof Counter) return existing;
  return new Counter({ name, help, labelNames, registers: registry === undefined ? [] : [registry] });
}

/** The histogram of that name, in seconds. */
export function seconds(registry: Registry | undefined, name: string, help: string): Histogram {
  const existing = registry?.getSingleMetric(name);
  if (existing instanceof Histogram) return existing;
  return new Histogram({
    name,
    help,
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 300],
    registers: registry === undefined ? [] : [registry],
  });
}

/** The gauge of that name. */
export function gauge<Label extends string>(
  registry: Registry | undefined,
  name: string,
  help: string,
  labelNames: readonly Label[],
): Gauge<Label> {
  const existing = registry?.getSingleMetric(name);
  if (existing instanceof Gauge) return existing;
  return new Gauge({ name, help, labelNames, registers: registry === undefined ? [] : [registry] });
}
