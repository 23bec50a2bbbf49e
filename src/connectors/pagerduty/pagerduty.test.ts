import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import pagerduty from './index.ts'

testActionConnector(pagerduty, new URL('./fixtures/', import.meta.url))
