import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import splunkHec from './index.ts'

testActionConnector(splunkHec, new URL('./fixtures/', import.meta.url))
