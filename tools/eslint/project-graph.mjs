import { createProjectGraphAsync, readCachedProjectGraph } from '@nx/devkit';

/**
 * The boundary rule of Nx says nothing when no project graph was computed yet, as in a fresh clone where nothing but
 * ESLint ran; this computes it. Under `nx lint` it is there already.
 */
export async function ensureProjectGraph() {
  try {
    readCachedProjectGraph();
  } catch {
    await createProjectGraphAsync({ exitOnError: false, resetDaemonClient: true });
  }
}
