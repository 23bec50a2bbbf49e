import { z } from 'zod'
import { path } from '../../kit/scalars.ts'

export const settings = z.strictObject({
  folder: path().describe('Where the rules go, one file each; a folder of its own.'),
  author: z.string().min(1).default('Riposte').describe('Author named in the rules.'),
})

export type Settings = z.output<typeof settings>
