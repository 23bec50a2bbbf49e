/** Opening the state by its configured place. */
import { existsSync } from 'node:fs'
import { Failure } from '../core/failure.ts'
import type { Store } from '../kit/store.ts'
import { openStore } from '../store/open.ts'

/** `create: false` is for questions: a typing error in a path must not leave an empty database behind. */
export const openState = async (url: string, options: { readonly create: boolean }): Promise<Store> => {
  const path = url.replace(/^sqlite:/, '')
  const isFile = !/^postgres(?:ql)?:/.test(url) && path !== ':memory:'
  if (!options.create && isFile && !existsSync(path))
    throw new Failure('STORE_MISSING', `there is no state at ${path}`, {
      remedy: 'Start the daemon once (riposte serve), or name the state with --state or --config.',
    })
  return openStore(url)
}
