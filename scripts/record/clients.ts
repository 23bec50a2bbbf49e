/** What clients say of themselves: the header lines that come with every request of one browser or tool. */
import type { Random } from './random.ts'

export interface Client {
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Loads styles and icons and keeps cookies. */
  readonly browser: boolean
}

const browser = (userAgent: string, accept: string, language: string): Client => ({
  browser: true,
  headers: [
    ['User-Agent', userAgent],
    ['Accept', accept],
    ['Accept-Language', language],
    ['Accept-Encoding', 'gzip, deflate, br'],
    ['Connection', 'keep-alive'],
  ],
})

const PAGE = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

const DESKTOPS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0',
]

const PHONES = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36',
]

const LANGUAGES = [
  'en-GB,en;q=0.9',
  'en-US,en;q=0.5',
  'de-DE,de;q=0.9,en;q=0.7',
  'fr-FR,fr;q=0.8,en;q=0.5',
  'ja,en;q=0.5',
  'pl,en;q=0.6',
]

export const desktop = (random: Random): Client => browser(random.pick(DESKTOPS), PAGE, random.pick(LANGUAGES))
export const phone = (random: Random): Client => browser(random.pick(PHONES), PAGE, random.pick(LANGUAGES))

/** A program: its name, and perhaps more lines. */
export const program = (userAgent: string, ...more: readonly (readonly [string, string])[]): Client => ({
  browser: false,
  headers: [['User-Agent', userAgent], ['Accept', '*/*'], ...more],
})

/** A program that does not say its name. */
export const nameless: Client = { browser: false, headers: [['Accept', '*/*']] }
