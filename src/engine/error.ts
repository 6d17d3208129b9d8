// What can go wrong while an engine runs that is nobody's ruleset and no packet's outcome.

export type EngineErrorCode = 'ERR_WORKER_DIED' | 'ERR_CORE_FAULT' | 'ERR_ENGINE_CLOSED' | 'ERR_ENGINE_OPTION';

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;
  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
