/** Charts as SVG, drawn from numbers only: no text of a client is in them. */

const WIDTH = 720

export const barChart = (bars: readonly number[], label: string): string => {
  const height = 96
  const most = Math.max(1, ...bars)
  const step = WIDTH / bars.length
  const shapes = bars.map((value, i) => {
    const tall = Math.round((value / most) * (height - 8))
    return `<rect x="${(i * step + 1).toFixed(1)}" y="${height - tall}" width="${Math.max(1, step - 2).toFixed(1)}" height="${tall}" rx="1"/>`
  })
  return `<svg viewBox="0 0 ${WIDTH} ${height + 1}" role="img" aria-label="${label}"><g class="bars">${shapes.join('')}</g><line x1="0" x2="${WIDTH}" y1="${height}" y2="${height}" class="axis"/></svg>`
}

export interface Share {
  /** Our own word. */
  readonly name: string
  readonly count: number
}

export const shareChart = (shares: readonly Share[], label: string): string => {
  const most = Math.max(1, ...shares.map(({ count }) => count))
  const rows = shares.map(({ name, count }, i) => {
    const y = i * 26
    const wide = Math.max(2, Math.round((count / most) * (WIDTH - 260)))
    return `<text x="0" y="${y + 16}">${name}</text><rect x="190" y="${y + 4}" width="${wide}" height="16" rx="2"/><text x="${196 + wide}" y="${y + 16}">${count}</text>`
  })
  return `<svg viewBox="0 0 ${WIDTH} ${shares.length * 26}" role="img" aria-label="${label}"><g class="bars">${rows.join('')}</g></svg>`
}
