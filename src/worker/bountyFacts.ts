// What the bounty pages need from deeper layers: apart from client.ts, so that it stays out of the first load.

export { releaseOf, sliceAmountsMsat } from '../bounty/escrow/terms'
export { inspectPatch, patchSize } from '../bounty/verify/inspect'
export { generateCorpus } from '../data/grammar'
export { isClaimed, isUnaccounted } from '../wallet/outcome'
