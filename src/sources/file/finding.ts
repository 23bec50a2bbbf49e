/** What the file source tells the operator. One code per weakness, one subject per file. */
import type { Finding } from '../../core/finding.ts'

const TEXTS = {
  'waf.writes_to_rotated_file': {
    level: 'warning',
    text: 'A process goes on writing to this log after it was rotated away from its name. Nothing is lost while Riposte runs, but the file must be neither compressed nor deleted.',
    remedy:
      'libmodsecurity3 does not reopen its audit log on USR1 or HUP. Rotate with copytruncate, as packaging/logrotate/riposte-modsec does, or restart the web server after the rotation.',
  },
  'waf.writes_to_deleted_file': {
    level: 'error',
    text: 'A process goes on writing to this log although it was deleted. Riposte reads it through its open descriptor; after a restart that may not be possible.',
    remedy:
      'Restart the web server, and rotate its audit log with copytruncate as packaging/logrotate/riposte-modsec does.',
  },
  'source.unreadable': {
    level: 'error',
    text: 'The log cannot be read.',
    remedy: 'Give the user that Riposte runs as read access to the file and to all folders above it.',
  },
  'source.missing': {
    level: 'warning',
    text: 'The log does not exist.',
    remedy:
      'Check the path in the configuration and that the WAF writes its audit log there; reading starts when it appears.',
  },
  'source.archive_broken': {
    level: 'error',
    text: 'A compressed log is damaged or incomplete; what could be decompressed was read.',
    remedy: 'Compress the log again from its original, or restore it from a backup.',
  },
  'source.lost': {
    level: 'error',
    text: 'A log was cut or removed before its end had been read, and no copy of it was found.',
    remedy:
      'Keep at least one uncompressed rotated generation (delaycompress, rotate 2) and let Riposte run while logs rotate.',
  },
} as const satisfies Record<string, Pick<Finding, 'level' | 'text' | 'remedy'>>

export type FindingCode = keyof typeof TEXTS

export const finding = (code: FindingCode, subject: string, at: number, detail = ''): Finding => {
  const { level, text, remedy } = TEXTS[code]
  return { code, level, subject, text: detail ? `${text} ${detail}` : text, remedy, at }
}

export const cleared = (code: FindingCode, subject: string, at: number): Finding => ({
  ...finding(code, subject, at),
  level: 'info',
  cleared: true,
})
