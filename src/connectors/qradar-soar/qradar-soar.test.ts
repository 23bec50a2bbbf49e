import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import qradarSoar from './index.ts'

testActionConnector(qradarSoar, new URL('./fixtures/', import.meta.url))
