/** Reads what a server answered by a schema: what does not fit is a Failure of that server, not an accident of ours. */
import type { z } from 'zod'
import { Failure } from '../core/failure.ts'
import type { HttpAnswer } from './http.ts'

export const readAnswer = <Schema extends z.ZodType>(answer: HttpAnswer, schema: Schema): z.output<Schema> => {
  const read = schema.safeParse(answer.json())
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw new Failure('HTTP_ANSWER', `the answer (${answer.status}) has no such ${issue?.path.join('.') || 'shape'}`, {
    retry: 'backoff',
    remedy: 'Check the url of this connector, and the version of that server.',
  })
}
