/** What differs between two texts of one playbook: yours and the shipped one, or a run's and today's. */
import { structuredPatch } from 'diff'
import { Failure } from '../core/failure.ts'
import { parsePlaybook } from '../respond/playbook.ts'
import type { Config } from './config/schema.ts'
import { playbookFolder, readPlaybooks } from './content.ts'
import { playbooksOf } from './playbooks.ts'
import { findRun, withRuns } from './respond-desk.ts'

export interface PlaybookDiff {
  readonly name: string
  readonly from: string
  readonly to: string
  /** In the unified form, without a head; empty when the texts are equal. */
  readonly lines: readonly string[]
}

interface Text {
  readonly label: string
  readonly text: string
}

const between = (name: string, from: Text, to: Text): PlaybookDiff => ({
  ...{ name, from: from.label, to: to.label },
  lines: structuredPatch('', '', from.text, to.text).hunks.flatMap((hunk) => [
    `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
    ...hunk.lines,
  ]),
})

/** Your playbooks that stand for shipped ones of the same name; of those named, or all. */
export const againstShipped = (config: Config, names: readonly string[]): readonly PlaybookDiff[] => {
  const shipped = new Map(
    readPlaybooks(undefined).map(({ file, text }) => [parsePlaybook(text, file).name, { label: file, text }] as const),
  )
  const own = [...playbooksOf(config).values()].filter(({ file }) => !file.startsWith(playbookFolder))
  for (const name of names)
    if (!own.some((playbook) => playbook.name === name))
      throw new Failure('NOT_FOUND', `there is no playbook ${JSON.stringify(name)} of your own`, {
        remedy: 'Those of your own lie in the folder playbooks.path; the others are as they were shipped.',
      })
  return own.flatMap(({ name, file, text }) => {
    const original = shipped.get(name)
    const isWanted = names.length === 0 ? original !== undefined : names.includes(name)
    return isWanted ? [between(name, original ?? { label: 'not shipped', text: '' }, { label: file, text })] : []
  })
}

/** The playbooks of a run, its own and those that it calls, as they were when it started and as they are. */
export const sinceRun = async (config: Config, run: string): Promise<readonly PlaybookDiff[]> => {
  const { id, input } = await withRuns(config, (engine) => findRun(engine, run))
  const now = playbooksOf(config)
  return Object.entries(input.texts).map(([name, text]) => {
    const { file, text: today } = now.get(name) ?? { file: 'gone', text: '' }
    return between(name, { label: `run ${id.slice(0, 8)}`, text }, { label: file, text: today })
  })
}
