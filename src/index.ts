// The public names of Hookline as a library.

export { type Batch, type EgressRecord, egressRecords, outcomeWord, packetWord, timeText } from './core/batch.ts';
export { Engine, type EngineSetup } from './engine/engine.ts';
export { EngineError, type EngineErrorCode } from './engine/error.ts';
export type { CaptureDamage } from './engine/reader.ts';
export type { ReplayOptions, ReplayResult } from './engine/replay.ts';
export { type ByteSource, bytesSource } from './engine/source.ts';
export { type Loaded, type LoadedRuleset, type LoadInput, load, RulesetError } from './load.ts';
export { savedRuleset } from './report/counters.ts';
export { ndjsonWriter } from './report/ndjson.ts';
export { explainWhy, verdictName } from './report/why.ts';
