/** The items without those that are named again: a request that names one thing many times is no more work than once. */
export function once<T>(items: readonly T[], keyOf: (item: T) => unknown = (item) => item): T[] {
  const seen = new Set<unknown>();
  return items.filter((item) => {
    const key = keyOf(item);
    return !seen.has(key) && seen.add(key);
  });
}

interface OfTopic<Partition> {
  readonly name: string;
  readonly partitions: readonly Partition[];
}

/** Each topic once, with each of its partitions once: of what is named again, the first holds. */
export function partitionsOnce<Partition extends { readonly index: number } | number>(
  topics: ReadonlyArray<OfTopic<Partition>>,
): Array<{ name: string; partitions: Partition[] }> {
  const byName = Map.groupBy(topics, ({ name }) => name);
  return [...byName].map(([name, same]) => {
    const partitions = same.flatMap((topic) => topic.partitions);
    return { name, partitions: once(partitions, (item) => (typeof item === 'number' ? item : item.index)) };
  });
}
