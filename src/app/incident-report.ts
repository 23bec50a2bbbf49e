/** Collects the facts of one incident's report, and prints it as PDF where a Chromium is installed. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Failure } from '../core/failure.ts'
import { iso, MINUTE } from '../core/time.ts'
import { replaceFile } from '../kit/atomic-file.ts'
import type { Store } from '../kit/store.ts'
import { reportHtml } from '../respond/report/html.ts'
import { reportMarkdown } from '../respond/report/markdown.ts'
import type { ReportFacts } from '../respond/report/report.ts'
import type { Config } from './config/schema.ts'
import { aboutByName, withRuns } from './respond-desk.ts'

export type ReportFormat = 'html' | 'markdown' | 'pdf'

const MOST_RUNS = 1000
const NOTE = 'incident.note'

export const reportFacts = async (id: string, store: Store, config: Config, now: number): Promise<ReportFacts> => {
  const { case: file } = await aboutByName(id, store, config, now)
  if (file?.kind !== 'incident')
    throw new Failure('NOT_FOUND', `there is no incident ${id}`, { remedy: 'See riposte incidents list.' })
  const proofs = (await Promise.all(file.decisions.map((decision) => store.proofs(decision.id)))).flat()
  const subjects = new Set([file.id, file.subject.value, ...file.decisions.map((decision) => decision.id)])
  const acts = (await store.acts(10_000))
    .filter(({ subject, actor }) => subjects.has(subject) && actor !== 'engine')
    .map(({ detail, ...act }) => ({ ...act, ...(act.verb === NOTE ? { text: String(detail['text']) } : {}) }))
  const runs = await withRuns(config, async (engine) => {
    const ours = (await engine.runs(MOST_RUNS)).filter(({ input }) => input.case?.id === file.id)
    return Promise.all(
      ours.map(async ({ id: run, input, state, startedAt }) => ({
        playbook: input.playbook,
        state,
        startedAt,
        steps: (await engine.steps(run)).flatMap(({ record }) =>
          record?.state === 'done' && record.called ? [record.called] : [],
        ),
      })),
    )
  })
  return { case: file, proofs, acts, runs, madeAt: now }
}

/** Text, or the bytes of a PDF. */
export const writtenReport = async (facts: ReportFacts, format: ReportFormat): Promise<string | Buffer> => {
  if (format === 'markdown') return reportMarkdown(facts)
  const html = reportHtml(facts)
  return format === 'html' ? html : printed(html)
}

/** For playbooks: the text, and the page in the folder for reports, if the configuration has one. */
export const filedReport = async (id: string, store: Store, config: Config, now: number) => {
  const facts = await reportFacts(id, store, config, now)
  const markdown = reportMarkdown(facts)
  const folder = config.playbooks.reports
  if (folder === undefined) return { markdown }
  const file = join(folder, `incident-${facts.case.id}.html`)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    await replaceFile(file, [reportHtml(facts)], { mode: 0o600 })
  } catch (cause) {
    throw new Failure('REPORT_FOLDER', `cannot write into ${folder} (${(cause as NodeJS.ErrnoException).code})`, {
      retry: 'backoff',
      remedy: 'Let the daemon write into playbooks.reports.',
      cause,
    })
  }
  return { markdown, file }
}

const CHROMIUMS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
]

const printed = async (html: string): Promise<Buffer> => {
  const browser = CHROMIUMS.find(existsSync)
  if (!browser)
    throw new Failure('REPORT_NO_CHROMIUM', 'a PDF needs Chromium, which is not on this machine', {
      remedy: 'Install the package chromium, or take --format html and print it from a browser.',
    })
  const folder = mkdtempSync(join(tmpdir(), 'riposte-report-'))
  try {
    const [page, pdf] = [join(folder, 'report.html'), join(folder, 'report.pdf')]
    writeFileSync(page, html)
    const args = [
      '--headless',
      '--disable-gpu',
      '--no-pdf-header-footer',
      `--user-data-dir=${join(folder, 'profile')}`,
      `--print-to-pdf=${pdf}`,
    ]
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    await new Promise<void>((resolve, reject) => {
      execFile(browser, [...args, ...asRoot, `file://${page}`], { timeout: MINUTE }, (error) =>
        error ? reject(error) : resolve(),
      )
    })
    return readFileSync(pdf)
  } catch (cause) {
    throw new Failure('REPORT_PRINT', 'Chromium could not print the report', { remedy: 'Take --format html.', cause })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const reportName = ({ case: file, madeAt }: ReportFacts, format: ReportFormat): string =>
  `incident-${file.id}-${iso(madeAt).slice(0, 10)}.${format === 'markdown' ? 'md' : format}`
