/** A broken promise, in one language: a stable code, whether waiting helps, and what the person can do. */
export class Failure extends Error {
  readonly code: string
  readonly retry: 'never' | 'backoff' | { readonly after: number }
  /** What to do about it, one sentence. */
  readonly remedy: string | undefined

  constructor(
    code: string,
    message: string,
    options: { retry?: Failure['retry']; remedy?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'Failure'
    this.code = code
    this.retry = options.retry ?? 'never'
    this.remedy = options.remedy
  }
}
