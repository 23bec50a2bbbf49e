/** The shipped content and the operator's own, as text. Rooms parse it; only this file knows where it lies. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../core/failure.ts'

/** The package's root: two levels up, in a checkout (src/app) and in the package (dist/app) alike. */
export const packageRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface ContentFile {
  readonly file: string
  readonly text: string
}

const yamlFilesOf = (folder: string): ContentFile[] => {
  try {
    return readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => ({ file: join(folder, name), text: readFileSync(join(folder, name), 'utf8') }))
  } catch (cause) {
    throw new Failure('CONTENT_UNREADABLE', `cannot read what is in ${folder}: ${(cause as Error).message}`, {
      cause,
      remedy: 'Check the path in the configuration and the permissions of the folder.',
    })
  }
}

/** Where the shipped playbooks and their tests lie. */
export const playbookFolder = join(packageRoot, 'content', 'playbooks')

export const readPlaybooks = (own: string | undefined): readonly ContentFile[] => [
  ...yamlFilesOf(playbookFolder),
  ...(own === undefined ? [] : yamlFilesOf(own)),
]

export const readScenarios = (own: string | undefined): readonly ContentFile[] => [
  ...yamlFilesOf(join(packageRoot, 'content', 'scenarios')),
  ...(own === undefined ? [] : yamlFilesOf(own)),
]
