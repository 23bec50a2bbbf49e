import { z } from 'zod'
import { argv, domainName, duration, endpoint, path } from '../../kit/scalars.ts'
import { tsigKey } from '../../kit/tsig-key.ts'

export const settings = z
  .strictObject({
    mode: z
      .enum(['update', 'file'])
      .describe(
        '`update`: changes are sent to the server (RFC 2136). `file`: the zone file is written anew each time.',
      ),
    zone: domainName().describe('The zone. It holds the list and nothing else with names of this form.'),
    purpose: z
      .enum(['ban', 'throttle', 'watch'])
      .default('ban')
      .describe(
        'Whom it lists: whoever asks takes any answer as a hit, so each purpose has a zone and a point of its own.',
      ),
    server: endpoint()
      .prefault('127.0.0.1:53')
      .describe('Where BIND answers: it is asked what it holds, and in mode `update` told what to.'),
    key: tsigKey()
      .optional()
      .describe('The key that signs updates and transfers; without one only mode `file` is possible.'),
    ttl: duration()
      .prefault('60s')
      .describe('Longest time that resolvers keep a hit; never beyond the end of the ban.'),
    timeout: duration().prefault('5s').describe('How long BIND may take for one answer.'),
    file: path().optional().describe('Mode `file`: the zone file, as named.conf names it.'),
    nameServer: domainName()
      .prefault('localhost')
      .describe('Mode `file`: the NS and SOA name. It must lie outside of the zone, which holds no addresses.'),
    negativeTtl: duration()
      .prefault('5s')
      .describe('Mode `file`: how long resolvers keep that an address is not listed: so long a new ban can lag there.'),
    checkzone: path()
      .default('/usr/bin/named-checkzone')
      .describe('Mode `file`: the program that tests a new file; when it finds a fault, the old one stays.'),
    reload: argv()
      .optional()
      .describe(
        'Mode `file`: command that reloads the zone, such as `[rndc, reload, bl.example.net]`. There is no shell.',
      ),
    pidFile: path().optional().describe('Mode `file`: without `reload`, the process in this file is sent SIGHUP.'),
    minInterval: duration()
      .prefault('1s')
      .describe('Mode `file`: least time between two files. The first change after a quiet time goes out at once.'),
  })
  .superRefine((config, context) => {
    const fault = (key: string, message: string): void =>
      void context.addIssue({ code: 'custom', path: [key], message })
    if (config.mode === 'update') {
      if (!config.key) fault('key', 'updates must be signed: give the name and the secret of a TSIG key')
      return
    }
    if (config.file === undefined) fault('file', 'mode file needs the path of the zone file')
    if (config.reload === undefined && config.pidFile === undefined)
      fault('reload', 'mode file needs reload or pidFile: how BIND is told to read the zone again')
    if (`.${config.nameServer}`.endsWith(`.${config.zone}`))
      fault('nameServer', 'a name server within the zone would need an address there: name one outside')
  })

export type Settings = z.output<typeof settings>
