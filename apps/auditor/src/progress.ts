const WIDTH = 30;

/** A bar on one line that is drawn again only when it changes. `write` goes to a terminal. */
export function progressBar(label: string, write: (text: string) => void, unit = 'events'): ProgressBar {
  let shown = -1;
  return {
    show(done, total) {
      const percent = total === 0 ? 100 : Math.min(100, Math.floor((done / total) * 100));
      if (percent === shown) return;
      shown = percent;
      const filled = Math.floor((percent * WIDTH) / 100);
      const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
      write(`\r${label} ${bar} ${String(percent).padStart(3)} % of ${total} ${unit}`);
    },
    clear() {
      if (shown >= 0) write('\r\u001b[2K');
    },
  };
}

export interface ProgressBar {
  show(done: number, total: number): void;
  /** Takes the bar away, so that what follows stands on a clean line. */
  clear(): void;
}
