import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import splunkSoar from './index.ts'

testActionConnector(splunkSoar, new URL('./fixtures/', import.meta.url))
