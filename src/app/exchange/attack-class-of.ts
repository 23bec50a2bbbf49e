/** What somebody did, from the name of the scenario, jail or list that others put it under. */
import { ATTACK_CLASSES, type AttackClass } from '../../core/event.ts'

/** The first that fits counts, so the precise ones come first. Names as on CrowdSec's hub and in fail2ban's jail.conf. */
const NAMES: readonly (readonly [name: RegExp, attackClass: AttackClass])[] = [
  [/sqli|sql[-_]injection/, 'sqli'],
  [/xss/, 'xss'],
  [/path[-_]traversal|\blfi\b/, 'lfi'],
  [/\brfi\b/, 'rfi'],
  [/log4j|log4shell|spring4shell|shellshock|backdoor|\brce\b/, 'rce'],
  [/ssrf/, 'ssrf'],
  [/honeypot/, 'honeypot'],
  [/ddos|\bdos\b|limit-req/, 'dos'],
  [/(?:^|[-_/])bf\b|bruteforce|brute[-_]force|slow[-_]bf|auth|sshd?\b|login|dovecot|postfix|vsftpd/, 'bruteforce'],
  [/probing|crawl|scan|botsearch|bad[-_]user[-_]agent|sensitive[-_]files|admin[-_]interface|noscript/, 'scanner'],
]

export const attackClassOf = (name: string): AttackClass | undefined => {
  const word = name.slice(0, 200).toLowerCase()
  return (ATTACK_CLASSES as readonly string[]).includes(word)
    ? (word as AttackClass)
    : NAMES.find(([pattern]) => pattern.test(word))?.[1]
}
