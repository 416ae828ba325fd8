/**
 * A fault: what it is, the change of a few words in one file that makes it, and the test that catches it.
 *
 * @typedef {{ what: string, file: string, from: string, to: string, spec: string, test: string }} Fault
 */

/**
 * Faults within a project: its files are named from `src` on.
 *
 * @param {string} project
 * @param {readonly Fault[]} faults
 * @returns {Fault[]}
 */
export function faultsIn(project, faults) {
  return faults.map(({ file, spec, ...fault }) => ({
    ...fault,
    file: `${project}/src/${file}`,
    spec: `${project}/src/${spec}`,
  }));
}
