/** What is run a thousand times: three steps with an effect each, the second in two branches. */
export const THREE_STEPS = `
name: respond
summary: Three tickets.
on: [{ incident: opened }]
steps:
  - { id: one, action: desk.open, with: { about: '\${{ case.id }}', note: one } }
  - parallel:
      - [{ id: two, action: desk.open, with: { about: '\${{ case.id }}', note: two } }]
      - [{ id: look, action: desk.look, with: { about: '\${{ case.id }}' } }]
  - { id: three, action: desk.open, with: { about: '\${{ case.id }}', note: 'three of \${{ steps.one.ok && steps.two.ok }}' } }
`
