/**
 * Mode `file`: the zone is written anew and loaded by BIND.
 *
 *   wait out the interval → new file beside the old → named-checkzone → in its place → reload → new serial seen
 *
 * Promised: a change counts as applied when BIND answers with its serial; a file that the test refuses takes no place; the
 * serial never goes back, whoever numbered the zone before.
 */
import { open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../core/failure.ts'
import { type Millis, SECOND } from '../../core/time.ts'
import { nextSerial } from '../../dns/zone-serial.ts'
import { serialOfZoneText, zoneLines } from '../../dns/zone-text.ts'
import { replaceFile } from '../../kit/atomic-file.ts'
import type { Context } from '../../kit/connector.ts'
import { hangUp, processIn, run } from '../../kit/running-server.ts'
import type { Call, Sink } from '../../kit/sink.ts'
import type { Settings } from './settings.ts'
import { type Stream, withStream } from './stream.ts'
import { type Asker, askSerial, transfer } from './transfer.ts'
import type { ZoneList } from './zone-list.ts'

/** How long BIND may take to load a large zone. */
const LOADED_WITHIN: Millis = 30 * SECOND
const LOOK_EVERY: Millis = 50
/** The SOA stands in the first lines. */
const HEAD_BYTES = 4096

export interface FileOptions {
  readonly list: ZoneList
  readonly asker: Asker
  readonly config: Settings & { readonly file: string }
  connect(signal: AbortSignal): Promise<Stream>
  readonly clock: () => Millis
  doubt: Context['doubt']
}

export const bindProcess = (pidFile: string): Promise<number> => processIn(pidFile, 'named', 'BIND_NOT_RUNNING')

export const openZoneFile = (o: FileOptions): Pick<Sink, 'sync' | 'held' | 'report' | 'slack'> => {
  const { list, asker, config, clock } = o
  let writtenAt = Number.NEGATIVE_INFINITY
  let serial: number | undefined
  /** The file as it was left; undefined while another is on its way. */
  let left: string | undefined
  let files = 0

  const serialNow = ({ signal }: Call): Promise<number | undefined> =>
    // A server that is down, or has not loaded the zone yet, has no serial that could go back.
    withStream(o.connect(signal), (stream) => askSerial(stream, asker)).catch(() => undefined)

  const write = async (call: Call): Promise<number> => {
    const next = nextSerial(clock(), [serial, await serialInFile(config.file), await serialNow(call)])
    const ttl = Math.floor(config.ttl / 1000)
    const head = {
      zone: config.zone,
      nameServer: config.nameServer,
      serial: next,
      ttl,
      negativeTtl: Math.floor(config.negativeTtl / 1000),
    }
    left = undefined
    let coming: string | undefined
    await replaceFile(config.file, zoneLines(head, list.all(clock())), {
      async approve(beside) {
        await run([config.checkzone, '-i', 'local', config.zone, beside], {
          code: 'BIND_CHECKZONE',
          what: 'the new zone file did not pass, so the old one stays',
          remedy: 'See what named-checkzone says; is checkzone the path of the program?',
        })
        // It keeps its identity as it moves: asked afterwards, another hand's might be taken for it.
        coming = await identityOf(beside)
      },
    })
    left = coming
    files++
    return next
  }

  const reload = async (): Promise<void> => {
    if (config.reload)
      return run(config.reload, {
        code: 'BIND_RELOAD',
        what: 'BIND was not told to reload',
        remedy: 'Run the command of reload as the user of the daemon.',
      })
    const remedy = 'Give reload: a command that it may run, such as [rndc, reload, ZONE].'
    hangUp(await bindProcess(config.pidFile!), 'named', 'BIND_RELOAD', remedy)
  }

  const loaded = async (wanted: number, call: Call): Promise<void> => {
    for (const end = clock() + LOADED_WITHIN; (await serialNow(call)) !== wanted; ) {
      if (clock() >= end)
        throw new Failure('BIND_NOT_LOADED', `BIND does not answer with serial ${wanted} of ${config.zone}`, {
          retry: 'backoff',
          remedy: `See its log. Does its zone statement name ${config.file}, and is server this BIND?`,
        })
      await sleep(LOOK_EVERY, undefined, { signal: call.signal })
    }
  }

  return {
    slack: config.minInterval,
    async sync(change, call) {
      if (change.kind === 'snapshot') list.replace(change)
      else list.change(change, clock())
      const wait = writtenAt + config.minInterval - clock()
      if (wait > 0) await sleep(wait, undefined, { signal: call.signal })
      writtenAt = clock()
      serial = await write(call)
      await reload()
      await loaded(serial, call)
    },
    held: ({ signal }) =>
      withStream(o.connect(signal), async (stream) => {
        const wanted = serial
        const before = left
        const now = await identityOf(config.file)
        // Whoever edits a file may leave its serial: BIND loads it all the same, now or when it starts again.
        if (before !== undefined && before === left && before !== now)
          o.doubt('its zone file was changed by other hands')
        const running = await askSerial(stream, asker)
        if (running === wanted) return list.values()
        const held = await transfer(stream, asker)
        // It was written anew while we asked.
        if (serial !== wanted) return list.values()
        o.doubt(`BIND has serial ${held.serial} of its zone instead of ${wanted}`)
        return list.compare(held.names, clock()).values
      }),
    async report() {
      return { 'files written': files, ...(serial === undefined ? {} : { serial }) }
    },
  }
}

/** Another one after every change of the file's content, by us or by others; undefined when there is none. */
const identityOf = async (path: string): Promise<string | undefined> => {
  const file = await stat(path, { bigint: true }).catch(() => undefined)
  return file && [file.ino, file.size, file.mtimeNs].join(' ')
}

const serialInFile = async (path: string): Promise<number | undefined> => {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return undefined
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return serialOfZoneText(buffer.toString('latin1', 0, bytesRead))
  } finally {
    await file.close()
  }
}
