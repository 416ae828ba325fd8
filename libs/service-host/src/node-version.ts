/** The oldest Node that this runs on. */
const oldest = 24;

/** What is wrong with a version of Node such as `20.20.2`, or undefined. */
export function nodeProblem(version: string): string | undefined {
  return Number(version.split('.')[0]) >= oldest ? undefined : `needs Node ${oldest}, this is ${version}`;
}

// Done as this file is loaded, and it is loaded first: what comes after it may break on an older Node in odd ways.
const problem = nodeProblem(process.versions.node);
if (problem !== undefined) {
  process.stderr.write(`${problem} (${process.execPath})\n`);
  // EX_CONFIG of sysexits.
  process.exit(78);
}
