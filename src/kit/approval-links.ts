/**
 * Links by which a question can be answered from a chat or a mail. A link is one voice: it names the question and the
 * person it was made for, and a signature over both, so that nobody can make one for another. It holds until the
 * question is decided or expires.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

export interface Voice {
  readonly question: string
  /** For whom the link was made; undefined: for whoever has it. */
  readonly person?: string
}

export interface ApprovalLinks {
  /** Undefined where the configuration does not say under which address we can be reached. */
  link(voice: Voice): string | undefined
  /** The voice of what stands behind `/approve/`; undefined when it was not made by us. */
  voiceOf(question: string, person: string, signature: string): Voice | undefined
}

const ANYBODY = '-'

export const APPROVAL_PATH = '/approve'

/** `base`: our own address, without a slash at its end. */
export const createApprovalLinks = (key: string, base: () => string | undefined): ApprovalLinks => {
  const signatureOf = (question: string, person: string): string =>
    createHmac('sha256', key).update(`approval ${question} ${person}`).digest('base64url').slice(0, 32)

  return {
    link({ question, person = ANYBODY }) {
      const start = base()
      return start && `${start}${APPROVAL_PATH}/${question}/${person}/${signatureOf(question, person)}`
    },
    voiceOf(question, person, signature) {
      const [given, right] = [Buffer.from(signature), Buffer.from(signatureOf(question, person))]
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
      return { question, ...(person === ANYBODY ? {} : { person }) }
    },
  }
}
