/** The responding half as a process of its own, to be killed: `house-process.ts STATE DESK-URL`. Ends with 0 when all is done. */
import { openHouse } from './house.ts'
import { THREE_STEPS } from './three-steps.ts'

const [state, url] = process.argv.slice(2)
const house = await openHouse({ state: state!, desk: { url: url! }, playbooks: [THREE_STEPS] })
await house.settled()
await house.close()
