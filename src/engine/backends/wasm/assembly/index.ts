// Every kernel of the backend without a GPU. Exports are called fn(begin, end, …pointers, …integers, …floats): the
// half-open range of the kernel's units (rows, strips, chunks) that one thread takes. A unit gives the same bits
// whoever computes it, so results do not depend on how many threads there are. Nothing is allocated: scratch memory,
// one piece per thread, is handed in. Tensors start at multiples of 16 bytes and may be read up to 64 bytes past
// their end, so memory must go on a little there.

export { matmul } from './matmul'
export { attention, attentionGradKV, attentionGradQ } from './attention'
export { layerNorm, layerNormGrad, rmsNorm, rmsNormGrad, rmsScale, softmax, softmaxGrad } from './rows'
export { crossEntropy } from './loss'
export { rope } from './rope'
export { elementwise } from './elementwise'
export { dropout } from './dropout'
export { copy, embedding, embeddingGrad, fill, reduceColumns, reduceRows } from './layout'
export { conv, convWeightGrad, shift } from './sequence'
export { gradNorm, squares, update } from './update'
export { muonApply, muonMomentum, muonNormalize, muonRatio, muonSecond } from './muon'
