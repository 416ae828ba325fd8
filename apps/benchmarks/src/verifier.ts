import { verifyExport } from '@florin/books';
import { VerifierKey } from '@florin/proofs';

/** What it took to verify an export. */
export interface Verified {
  readonly seconds: number;
  /** Of all threads. */
  readonly cpuSeconds: number;
  /** The most memory that the process had. */
  readonly peakRssMiB: number;
}

/** A process of its own for the verifier, so that its memory is nobody else's: `verifier.js <file> <public key>`. */
const [file = '', key = ''] = process.argv.slice(2);
const startedAt = performance.now();
const { finding } = await verifyExport([file], { keys: [VerifierKey.parse(key)] });
if (finding !== undefined) throw new Error(finding.detail);
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const verified: Verified = {
  seconds: (performance.now() - startedAt) / 1_000,
  cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
  peakRssMiB: Math.round(maxRSS / 1_024),
};
process.send?.(verified);
process.disconnect();
