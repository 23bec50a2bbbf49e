/** Writes Sigma rules as files, for pipelines that convert them for a SIEM. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Failure } from '../../core/failure.ts'
import { action } from '../../kit/action.ts'
import { replaceFile } from '../../kit/atomic-file.ts'
import { caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import { sigmaRules } from './rule.ts'
import { type Settings, settings } from './settings.ts'

const fileName = (id: string): string => `riposte_${id.replace(/[^\w-]/g, '_')}.yml`

const unwritable = (folder: string, cause: unknown): Failure =>
  new Failure('SIGMA_FOLDER', `cannot write into ${folder} (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`, {
    retry: 'backoff',
    remedy: 'Let the daemon write into folder: of this connector.',
    cause,
  })

export default defineActions({
  id: 'sigma',
  summary: 'Write Sigma rules for attackers, as files.',
  config: settings,
  example: 'sigma: { folder: /var/lib/riposte/sigma }',
  permissions: ['To write into the folder.'],
  connect: (chosen): Settings => chosen,
  actions: {
    write_rule: action({
      summary: 'Write the rule and the correlation for the attacker of a case; its file is replaced by the newest.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({ case: caseFile.describe('Whom to look for.') }),
      output: z.strictObject({ file: z.string() }),
      async run({ case: file }, { folder, author }: Settings, { dry }) {
        const path = join(folder, fileName(file.id))
        const text = sigmaRules(file, author)
        if (dry) return dry({ to: path, text })
        try {
          await mkdir(folder, { recursive: true })
          await replaceFile(path, [text])
        } catch (error) {
          throw unwritable(folder, error)
        }
        return { file: path }
      },
      undo: ({ output: { file } }) => rm(file, { force: true }),
    }),
  },
  async probe({ folder }) {
    try {
      await mkdir(folder, { recursive: true })
      await replaceFile(join(folder, '.riposte'), [''])
      await rm(join(folder, '.riposte'), { force: true })
    } catch (error) {
      throw unwritable(folder, error)
    }
    return `${folder} can be written`
  },
})
