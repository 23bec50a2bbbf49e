/** Settings that every connector of an HTTP service has in common. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { Failure } from '../core/failure.ts'
import type { Tls } from './http.ts'
import { path } from './scalars.ts'
import { Secret } from './secret.ts'

/** The address of a server: http or https, without user name, query or fragment. */
export const serverUrl = () =>
  z
    .url({ protocol: /^https?$/ })
    .refine((url) => /^https?:\/\/[^@?#]+$/.test(url), {
      error: 'write an http or https address without user name, query or fragment',
    })
    .meta({ kind: 'url', examples: ['https://soar.example.net'] })

/** An address that is a credential itself, as those of incoming webhooks: only its host is ever shown. */
export const secretUrl = () =>
  z
    .string()
    .transform((value, context): Secret => {
      if (URL.canParse(value) && /^https?:\/\/[^@#]+$/.test(value))
        return new Secret(value, `${new URL(value).origin}/<secret>`, partsOf(new URL(value)))
      context.issues.push({
        code: 'custom',
        message: 'this is no http or https address',
        params: { remedy: 'Write the whole address, beginning with https://, without user name or fragment.' },
        input: '<secret>',
      })
      return z.NEVER
    })
    .meta({ kind: 'secret', examples: ['https://hooks.example.net/services/T000/B000/XXXX'] })

/** What somebody may repeat of it: all behind the host, and every part of that which is too long to be a word. */
const partsOf = ({ pathname, search, searchParams }: URL): readonly Secret[] =>
  [`${pathname}${search}`, ...pathname.split('/'), ...searchParams.values()]
    .filter((part) => part.length >= 8)
    .sort((a, b) => b.length - a.length)
    .map((part) => new Secret(part))

export const tlsSettings = () =>
  z
    .strictObject({
      ca: path()
        .optional()
        .describe("File (PEM) with the authorities that are trusted instead of the system's, e.g. your own."),
      cert: path().optional().describe('File (PEM) with our certificate, where the server asks for one.'),
      key: path().optional().describe('File (PEM) with its key.'),
    })
    .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
      error: 'cert and key go together',
    })
    .optional()
    .describe('Trust and identity for TLS.')

export type TlsSettings = z.output<ReturnType<typeof tlsSettings>>

/** Reads the files. Throws a Failure that names the one that cannot be read. */
export const tlsOf = (settings: TlsSettings): { readonly tls?: Tls } => {
  if (!settings) return {}
  const { ca, cert, key } = settings
  return {
    tls: {
      ...(ca === undefined ? {} : { ca: contents(ca) }),
      ...(cert === undefined ? {} : { cert: contents(cert) }),
      ...(key === undefined ? {} : { key: new Secret(contents(key)) }),
    },
  }
}

const contents = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Failure('TLS_FILE', `cannot read ${file}`, {
      remedy: 'Check the path under tls: of this connector, and that the daemon may read it.',
      cause,
    })
  }
}
